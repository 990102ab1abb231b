#include "hook/id.h"

#include "hook_kit.h"

#include <stdint.h>

static const int64_t NOW = 1800000000000;

static void ids_rise_whatever_the_clock_does(void **state)
{
    (void)state;
    struct minter minter = {.number = 9};
    int64_t clock[] = {NOW, NOW, NOW + 1, NOW - 3600000, 0, -5, NOW, NOW + 2, NOW + 2};
    int64_t last = 0;
    for (size_t i = 0; i < sizeof clock / sizeof *clock; i++) {
        int64_t id = minter_next(&minter, clock[i]);
        assert_true(id > last);
        last = id;
    }
    for (int i = 0; i < 20000; i++) { // more than a millisecond holds
        int64_t id = minter_next(&minter, NOW);
        assert_true(id > last);
        assert_int_equal(id >> 12 & 1023, 9);
        last = id;
    }
    assert_true(id_wall_ms(last) >= NOW + 2);
    assert_int_equal(id_wall_ms(minter_next(&minter, NOW + 60000)), NOW + 60000);
}

static void ids_go_on_above_what_is_stored(void **state)
{
    enum { HOUR = 3600000 };
    (void)state;
    const struct {
        int64_t ahead_ms;
        bool goes_on;
    } rows[] = {{0, true}, {HOUR, true}, {23 * HOUR, true}, {25 * HOUR, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct minter before = {.number = 9}, minter = {.number = 3};
        int64_t stored = minter_next(&before, NOW + rows[i].ahead_ms);
        minter_go_on(&minter, stored, NOW);
        int64_t id = minter_next(&minter, NOW);
        assert_int_equal(id > stored, rows[i].goes_on);
        if (!rows[i].goes_on)
            assert_int_equal(id_wall_ms(id), NOW);
    }
    struct minter minter = {.number = 3, .last = id_first_at(NOW)};
    minter_go_on(&minter, 0, NOW); // an empty store
    assert_int_equal(minter.last, id_first_at(NOW));
}

static void two_minters_never_give_the_same_id(void **state)
{
    (void)state;
    struct minter a = {.number = 0}, b = {.number = 1};
    for (int i = 0; i < 5000; i++)
        assert_int_not_equal(minter_next(&a, NOW), minter_next(&b, NOW));
}

static void a_range_of_ids_is_a_range_of_time(void **state)
{
    (void)state;
    struct minter minter = {.number = 1023};
    int64_t id = minter_next(&minter, NOW);
    assert_true(id >= id_first_at(NOW));
    assert_true(id < id_first_at(NOW + 1));
    assert_int_equal(id_first_at(0), 0);
    assert_int_equal(id_first_at(1704067200000), 0);
}

static void every_spelling_comes_back(void **state)
{
    (void)state;
    struct id_cipher *cipher = id_cipher_new(kit_key);
    const int64_t ids[] = {0, 1, 4711, (int64_t)1 << 40, INT64_MAX};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[ID_TEXT_MAX];
        int64_t id = -1;
        uint16_t n = 0;
        size_t len = id_text(cipher, ID_DELIVERY, ids[i], 65535, text);
        assert_int_equal(len, strlen("dlv_") + 22);
        assert_true(id_parse(cipher, ID_DELIVERY, text, len, &id, &n));
        assert_true(id == ids[i] && n == 65535);
        len = id_text_padded(cipher, ID_EVENT, ids[i], "msg_", 27, text);
        assert_int_equal(len, 31);
        assert_null(strchr(text, '.'));
        assert_true(id_parse_padded(cipher, ID_EVENT, "msg_", 27, text, len, &id));
        assert_true(id == ids[i]);
        len = id_text_hex(cipher, ID_WEBHOOK, ids[i], "wh_", text);
        assert_int_equal(len, 35);
        assert_true(id_parse_hex(cipher, ID_WEBHOOK, "wh_", text, len, &id));
        assert_true(id == ids[i]);
        assert_true(id_parse_hex(cipher, ID_WEBHOOK, "", text + 3, len - 3, &id));
    }
    id_cipher_free(cipher);
}

static void what_is_forged_or_of_another_kind_is_refused(void **state)
{
    (void)state;
    struct id_cipher *cipher = id_cipher_new(kit_key);
    struct id_cipher *other = id_cipher_new((const unsigned char *)"another 16 bytes");
    char text[ID_TEXT_MAX], changed[ID_TEXT_MAX];
    int64_t id;
    uint16_t n;
    size_t len = id_text(cipher, ID_WEBHOOK, 4711, 0, text);
    assert_true(id_parse(cipher, ID_WEBHOOK, text, len, &id, &n));
    assert_false(id_parse(cipher, ID_EVENT, text, len, &id, &n));
    assert_false(id_parse(other, ID_WEBHOOK, text, len, &id, &n));
    assert_false(id_parse(cipher, ID_WEBHOOK, text, len - 1, &id, &n));
    assert_false(id_parse(cipher, ID_WEBHOOK, "", 0, &id, &n));
    for (size_t i = 0; i < len; i++) {
        memcpy(changed, text, sizeof changed);
        changed[i] = changed[i] == '1' ? '2' : '1';
        assert_false(id_parse(cipher, ID_WEBHOOK, changed, len, &id, &n));
    }
    // The same bits under another kind's prefix are still of the first kind.
    len = id_text_padded(cipher, ID_WEBHOOK, 4711, "evt_", 22, text);
    assert_false(id_parse(cipher, ID_EVENT, text, len, &id, &n));
    assert_false(id_parse(cipher, ID_EVENT, "evt_zzzzzzzzzzzzzzzzzzzzzz", 26, &id, &n));
    id_cipher_free(cipher);
    id_cipher_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_rise_whatever_the_clock_does),
        cmocka_unit_test(ids_go_on_above_what_is_stored),
        cmocka_unit_test(two_minters_never_give_the_same_id),
        cmocka_unit_test(a_range_of_ids_is_a_range_of_time),
        cmocka_unit_test(every_spelling_comes_back),
        cmocka_unit_test(what_is_forged_or_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
