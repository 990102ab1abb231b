#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void texts_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        size_t a_len;
        const char *b;
        bool equal;
        bool equal_nocase;
    } rows[] = {
        {"", 0, "", true, true},
        {NULL, 0, "", true, true},
        {"host", 4, "host", true, true},
        {"Host", 4, "host", false, true},
        {"host:", 4, "HOST", false, true},
        {"host", 3, "host", false, false},
        {"host", 4, "hos", false, false},
        {"a@z", 3, "a`z", false, false}, // @ and ` differ as A and a do, but are no letters
        {"[", 1, "{", false, false},
        {"a\0b", 3, "a", false, false},
        {"\xc3\x84", 2, "\xc3\xa4", false, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(text_equal(rows[i].a, rows[i].a_len, rows[i].b), rows[i].equal);
        assert_int_equal(text_equal_nocase(rows[i].a, rows[i].a_len, rows[i].b),
                         rows[i].equal_nocase);
    }
}

static void allowed_sets_have_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *allowed;
        bool is;
    } rows[] = {
        {"", 0, "a-z", true},
        {"order.paid", 10, "a-z.", true},
        {"order_paid2", 11, "a-z0-9_", true},
        {"order paid", 10, "a-z", false},
        {"a", 1, "", false},
        {"a-b", 3, "a-z-", true},
        {"a-b", 3, "a-z", false},
        {"+,-./", 5, "+-/", true},
        {"m", 1, "a-cx-z", false},
        {"a\0", 2, "a-z", false},
        {"\xff", 1, "\x80-\xff", true},
        {"\x7f", 1, "\x80-\xff", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_is(rows[i].text, rows[i].len, rows[i].allowed), rows[i].is);
}

static void utf8_is_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count; // 0: malformed
    } rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 1},
        {"\xdf\xbf", 1},
        {"\xe0\xa0\x80", 1},
        {"\xed\x9f\xbf", 1},
        {"\xee\x80\x80", 1},
        {"\xef\xbf\xbf", 1},
        {"\xf0\x90\x80\x80", 1},
        {"\xf4\x8f\xbf\xbf", 1},
        {"abcdefgh\xc3\xa9ijklmnop\xe2\x82\xac", 18},
        {"\x80", 0}, // a tail without a head
        {"\xc3", 0}, // cut
        {"\xc3x", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82x", 0},
        {"\xf0\x9f\x98", 0},
        {"\xf0\x9f\x98x", 0},
        {"\xc0\xaf", 0}, // overlong
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xed\xa0\x80", 0}, // surrogates
        {"\xed\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0}, // over U+10FFFF
        {"\xf5\x80\x80\x80", 0},
        {"\xfe", 0},
        {"\xff", 0},
        {"abcdefg\xff", 0},
        {"abcdefgh\xff", 0},
    };

    assert_true(text_is_utf8("", 0));
    assert_int_equal(text_utf8_step("", 0), 0);
    assert_int_equal(text_utf8_count("", 0), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        assert_int_equal(text_is_utf8(rows[i].text, len), rows[i].count > 0);
        if (rows[i].count)
            assert_int_equal(text_utf8_count(rows[i].text, len), rows[i].count);
        if (rows[i].count != 1)
            continue;
        assert_int_equal(text_utf8_step(rows[i].text, len), len);
        for (size_t cut = 1; cut < len; cut++) // what lies behind the end does not count
            assert_false(text_is_utf8(rows[i].text, cut));
    }
}

// Every code point, written by arithmetic, is well formed unless it is a surrogate.
static void utf8_knows_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0x800; c < 0x110000; c++) {
        const bool is_short = c < 0x10000;
        char text[4] = {
            (char)(is_short ? 0xe0 | c >> 12 : 0xf0 | c >> 18),
            (char)(0x80 | (c >> (is_short ? 6 : 12) & 63)),
            (char)(0x80 | (c >> (is_short ? 0 : 6) & 63)),
            (char)(0x80 | (c & 63)),
        };
        size_t len = is_short ? 3 : 4;
        if (text_is_utf8(text, len) != (c < 0xd800 || c > 0xdfff))
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void numbers_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t number;
    } rows[] = {
        {"0", 0, true, 0},
        {"7", 9, true, 7},
        {"10", 10, true, 10},
        {"11", 10, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"184467440737095516150", UINT64_MAX, false, 0},
        {"99999999999999999999999999", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"00", 10, false, 0},
        {"01", 10, false, 0},
        {"+1", 10, false, 0},
        {"-1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"1a", 100, false, 0},
        {"0x1", 100, false, 0},
        {"\xd9\xa1", 10, false, 0}, // an Arabic digit
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t number = 12345;
        bool good = text_to_uint(rows[i].text, strlen(rows[i].text), rows[i].max, &number);
        assert_int_equal(good, rows[i].good);
        assert_true(number == (good ? rows[i].number : 12345));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_compared),  cmocka_unit_test(allowed_sets_have_ranges),
        cmocka_unit_test(utf8_is_well_formed), cmocka_unit_test(utf8_knows_every_code_point),
        cmocka_unit_test(numbers_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
