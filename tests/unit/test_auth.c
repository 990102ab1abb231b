// Who asks: keys are held to their hash, the allowance of a key, and strangers by address.

#include "api/auth.h"

#include "api/door.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "thread/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The first key's text opens with its own row, and with nothing else.
static void test_a_key_holds(void **state)
{
    static const unsigned char dice[64] =
        "some dice, thrown by a hand that knows no fairness";
    static const unsigned char key[PEPPER_KEY_LEN] = "one", other[PEPPER_KEY_LEN] = "other";
    struct pepper *pepper = pepper_new(key), *another = pepper_new(other);
    char text[128], lookup[16], hint[8];
    struct key_row row;
    struct key_parts parts;

    (void)state;
    door_make_key(key, "ph_live_", dice, text, &row, lookup, hint);
    assert_true(key_text_parse(text, strlen(text), &parts));
    assert_string_equal(parts.lookup, row.lookup);
    assert_memory_equal(row.hint, parts.secret + KEY_SECRET_LEN - KEY_HINT_LEN, KEY_HINT_LEN);

    struct known_key known = {.id = 1};
    memcpy(known.hash, row.hash, sizeof known.hash);
    assert_true(auth_holds(pepper, &parts, &known, 1000));
    assert_true(auth_holds(pepper, &parts, &known, 1000)); // the context is used again
    assert_false(auth_holds(another, &parts, &known, 1000));
    assert_false(auth_holds(pepper, &parts, NULL, 1000));
    known.expires_ms = 1001;
    assert_true(auth_holds(pepper, &parts, &known, 1000));
    assert_false(auth_holds(pepper, &parts, &known, 1001));
    known.expires_ms = 0;
    known.revoked_ms = 1;
    assert_false(auth_holds(pepper, &parts, &known, 1000));
    known.revoked_ms = 0;
    for (size_t i = 0; i < sizeof known.hash; i++) {
        known.hash[i] ^= 1;
        assert_false(auth_holds(pepper, &parts, &known, 1000));
        known.hash[i] ^= 1;
    }
    pepper_free(pepper);
    pepper_free(another);
}

static void test_allowance(void **state)
{
    static const struct {
        struct known_key key;
        int64_t ms;
        int tries, allowed;
    } rows[] = {
        {{.id = 1, .rate_per_s = 1000, .burst = 2000}, 5000, 3000, 2000},
        {{.id = 1, .rate_per_s = 1000, .burst = 2000}, 5100, 3000, 100},
        {{.id = 2, .rate_per_s = 3, .burst = 5}, 5000, 10, 5},
        {{.id = 2, .rate_per_s = 3, .burst = 5}, 6000, 10, 3},
        {{.id = 3}, 5000, 10000, 10000}, // no limit
    };
    struct limit_table *keys = limit_table_new(16, 1);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct taken taken = {.burst = 9};
        int allowed = 0;
        for (int n = 0; n < rows[i].tries; n++) {
            allowed += auth_allow(keys, &rows[i].key, rows[i].ms, &taken);
        }
        assert_int_equal(allowed, rows[i].allowed);
        assert_int_equal(taken.burst, rows[i].key.burst);
    }
    limit_table_free(keys);
}

static void test_strangers(void **state)
{
    static const struct {
        const char *address;
        int64_t ms;
        bool is_allowed;
    } rows[] = {
        {"192.0.2.1:2000", 2999, false}, // another port is the same one
        {"192.0.2.1:2000", 3000, true},  {"192.0.2.1:2000", 3000, false},
        {"192.0.2.2:1000", 0, true},     {"[2001:db8::1]:1000", 0, true},
    };
    struct limit_table *strangers = limit_table_new(16, 1);
    struct address address;
    struct taken taken;

    (void)state;
    assert_true(address_parse("192.0.2.1:1000", &address));
    for (int i = 0; i < 30; i++) {
        assert_int_equal(auth_allow_stranger(strangers, &address, 0, &taken), i < 20);
    }
    assert_int_equal(taken.wait_s, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(address_parse(rows[i].address, &address));
        assert_int_equal(auth_allow_stranger(strangers, &address, rows[i].ms, &taken),
                         rows[i].is_allowed);
    }
    assert_true(address_parse("[2001:db8::2]:1000", &address)); // of the same network
    auth_allow_stranger(strangers, &address, 0, &taken);
    assert_int_equal(taken.left, 18);
    limit_table_free(strangers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_holds),
        cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
