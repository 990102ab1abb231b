// API keys as text: what is made is read again, and every single wrong letter is refused.

#include "api/key_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t make(const char *prefix, char separator, unsigned char seed,
                   char ret[KEY_TEXT_MAX], struct key_parts *parts)
{
    unsigned char dice[KEY_DICE];

    for (size_t i = 0; i < sizeof dice; i++) {
        dice[i] = (unsigned char)(seed + i * 37);
    }
    return key_text_make(prefix, separator, dice, ret, parts);
}

static const struct {
    const char *prefix;
    char separator;
} forms[] = {{"ph_live_", '_'}, {"ph_test_", '_'}, {"sk_live_", '_'},
             {"sk_test_", '_'}, {"ck_live_", '.'}, {"ck_test_", '.'}};

static void test_made_is_read_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char text[KEY_TEXT_MAX];
        struct key_parts made, read;
        size_t len = make(forms[i].prefix, forms[i].separator, (unsigned char)i, text, &made);
        assert_int_equal(len, 8 + 12 + 1 + 43 + 6);
        assert_int_equal(strlen(text), len);
        assert_int_equal(text[20], forms[i].separator);
        assert_true(key_text_parse(text, len, &read));
        assert_string_equal(read.lookup, made.lookup);
        assert_ptr_equal(read.secret, made.secret);
        assert_int_equal(strspn(text + 21, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "abcdefghijklmnopqrstuvwxyz"),
                         49);
    }
}

static void test_a_wrong_letter_is_refused(void **state)
{
    char text[KEY_TEXT_MAX];
    struct key_parts parts;
    size_t len = make("ph_live_", '_', 7, text, &parts);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        char right = text[i];
        for (const char *wrong = "0aZ_. \n%"; *wrong != '\0'; wrong++) {
            text[i] = *wrong;
            assert_int_equal(key_text_parse(text, len, &parts), *wrong == right);
        }
        text[i] = right;
    }
    assert_true(key_text_parse(text, len, &parts));
}

static void test_a_wrong_length_is_refused(void **state)
{
    char text[KEY_TEXT_MAX + 8];
    struct key_parts parts;
    size_t len = make("ph_test_", '_', 9, text, &parts);

    (void)state;
    memcpy(text + len, "aaaaaaaa", 8);
    for (size_t cut = 0; cut < len + 8; cut++) {
        assert_int_equal(key_text_parse(text, cut, &parts), cut == len);
    }
    assert_false(key_text_parse(text + 1, len - 1, &parts));
}

// All 256 bits of either half decide.
static void test_every_die_counts(void **state)
{
    unsigned char dice[KEY_DICE] = {0};
    char base[KEY_TEXT_MAX], other[KEY_TEXT_MAX];
    struct key_parts parts;
    size_t len = key_text_make("ph_live_", '_', dice, base, &parts);

    (void)state;
    assert_memory_equal(parts.secret, "0000000000000000000000000000000000000000000", 43);
    for (size_t i = 0; i < 8 * sizeof dice; i++) {
        dice[i / 8] ^= (unsigned char)(1 << i % 8);
        key_text_make("ph_live_", '_', dice, other, &parts);
        assert_true(memcmp(base + 8, other + 8, len - 8) != 0);
        dice[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    memset(dice, 0xff, sizeof dice); // 2^256 - 1 still fits 43 digits
    key_text_make("ph_live_", '_', dice, other, &parts);
    assert_true(parts.secret[0] > '0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_is_read_again),
        cmocka_unit_test(test_a_wrong_letter_is_refused),
        cmocka_unit_test(test_a_wrong_length_is_refused),
        cmocka_unit_test(test_every_die_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
