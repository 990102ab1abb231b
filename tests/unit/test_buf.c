#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void appends_follow_each_other(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, 1000);
    assert_null(buf.data);
    buf_add(&buf, "ab", 2);
    buf_add_str(&buf, "cd");
    buf_add_char(&buf, '-');
    buf_add_int(&buf, -42);
    buf_add_format(&buf, "/%s%03d", "x", 7);
    assert_true(buf_ok(&buf));
    assert_string_equal(buf.data, "abcd--42/x007");
    assert_int_equal(buf.len, 13);
    buf_done(&buf);
    assert_null(buf.data);
}

static void numbers_are_decimal(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {-1, "-1"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf buf;
        buf_init(&buf, 20);
        buf_add_int(&buf, rows[i].number);
        assert_string_equal(buf.data, rows[i].text);
        buf_done(&buf);
    }
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    struct buf buf;

    for (size_t len = 99; len <= 101; len++) {
        buf_init(&buf, 100);
        for (size_t i = 0; i < len; i++)
            buf_add_char(&buf, 'x');
        assert_int_equal(buf_ok(&buf), len <= 100);
        assert_int_equal(buf.len, len <= 100 ? len : 100);
        assert_true(buf.cap <= 101);
        buf_done(&buf);
    }
}

static void an_overflow_stays_until_cleared(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, 4);
    buf_add_str(&buf, "abc");
    buf_add_str(&buf, "de");
    assert_false(buf_ok(&buf));
    buf_add_char(&buf, 'd'); // would fit, but comes after the failure
    buf_add_format(&buf, "%d", 1);
    assert_null(buf_room(&buf, 0));
    assert_string_equal(buf.data, "abc");
    buf_clear(&buf);
    assert_string_equal(buf.data, "");
    buf_add_str(&buf, "wxyz");
    assert_true(buf_ok(&buf));
    assert_string_equal(buf.data, "wxyz");
    buf_done(&buf);
}

static void a_buf_without_room_holds_nothing(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, 0);
    buf_add(&buf, NULL, 0);
    assert_true(buf_ok(&buf));
    assert_int_equal(buf.len, 0);
    buf_add_char(&buf, 'x');
    assert_false(buf_ok(&buf));
    buf_done(&buf);

    buf_init(&buf, SIZE_MAX);
    buf_add_str(&buf, "no ceiling");
    assert_null(buf_room(&buf, SIZE_MAX));
    assert_false(buf_ok(&buf));
    buf_done(&buf);
}

static void room_counts_when_filled(void **state)
{
    (void)state;
    struct buf buf;
    char *room;

    buf_init(&buf, 10);
    room = buf_room(&buf, 10);
    assert_non_null(room);
    assert_int_equal(buf.len, 0);
    memcpy(room, "0123456789", 10);
    buf_added(&buf, 3);
    assert_string_equal(buf.data, "012");
    assert_null(buf_room(&buf, 8));
    buf_done(&buf);
}

static void drop_moves_the_rest_to_the_front(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, 10);
    buf_drop(&buf, 0);
    buf_add_str(&buf, "0123456789");
    buf_drop(&buf, 4);
    assert_string_equal(buf.data, "456789");
    buf_add_str(&buf, "abcd");
    assert_string_equal(buf.data, "456789abcd");
    buf_drop(&buf, 10);
    assert_string_equal(buf.data, "");
    assert_true(buf_ok(&buf));
    buf_done(&buf);
}

static void strings_become_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *json;
    } rows[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"\"\\/", 3, "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
        {"a\0b\x01\x1f\x7f", 6, "\"a\\u0000b\\u0001\\u001f\\u007f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\x80", 1, "\"\xef\xbf\xbd\""},
        {"a\xffz", 3, "\"a\xef\xbf\xbdz\""},
        {"\xc3", 1, "\"\xef\xbf\xbd\""},                                 // cut
        {"\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 // overlong
        {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, // surrogate
        {"</script>", 9, "\"</script>\""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf buf;
        buf_init(&buf, 100);
        buf_add_json(&buf, rows[i].text, rows[i].len);
        assert_string_equal(buf.data, rows[i].json);
        buf_done(&buf);
    }
}

static void json_stops_at_the_ceiling(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, 7);
    buf_add_json(&buf, "\x01\x02", 2);
    assert_false(buf_ok(&buf));
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_follow_each_other),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(an_overflow_stays_until_cleared),
        cmocka_unit_test(a_buf_without_room_holds_nothing),
        cmocka_unit_test(room_counts_when_filled),
        cmocka_unit_test(drop_moves_the_rest_to_the_front),
        cmocka_unit_test(strings_become_json),
        cmocka_unit_test(json_stops_at_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
