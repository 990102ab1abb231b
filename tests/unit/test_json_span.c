#include "base/json_span.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static enum error_code check(const char *text, struct json_span *ret)
{
    return json_check(text, strlen(text), ret, NULL);
}

static void a_value_is_found_between_white_space(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value;
        enum json_kind kind;
    } rows[] = {
        {"null", "null", JSON_NULL_VALUE},
        {" false\n", "false", JSON_FALSE_VALUE},
        {"\t\r\n true \t", "true", JSON_TRUE_VALUE},
        {"-0.10e+5", "-0.10e+5", JSON_NUMBER},
        {" 12345678901234567890 ", "12345678901234567890", JSON_NUMBER},
        {"1e400", "1e400", JSON_NUMBER},
        {"\"a b\"", "\"a b\"", JSON_TEXT},
        {"\"\\u0000\"", "\"\\u0000\"", JSON_TEXT},
        {" [ 1 , 2 ] ", "[ 1 , 2 ]", JSON_LIST},
        {"{\"a\" : 1}", "{\"a\" : 1}", JSON_MAP},
        {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", JSON_MAP},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_span span;
        assert_int_equal(check(rows[i].text, &span), ERR_OK);
        assert_int_equal(span.kind, rows[i].kind);
        assert_int_equal(span.len, strlen(rows[i].value));
        assert_memory_equal(span.at, rows[i].value, span.len);
    }
}

static void an_error_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error;
    } rows[] = {
        {"", "not JSON at byte 0"},
        {"  ", "not JSON at byte 2"},
        {"{\"a\":1,}", "not JSON at byte 7"},
        {"[1 2]", "not JSON at byte 3"},
        {"[1,]", "not JSON at byte 3"},
        {"[1}", "not JSON at byte 2"},
        {"{]", "not JSON at byte 1"},
        {"[,1]", "not JSON at byte 1"},
        {"{,}", "not JSON at byte 1"},
        {"{1:2}", "not JSON at byte 1"},
        {"{\"a\"}", "not JSON at byte 4"},
        {"true false", "not JSON at byte 5"},
        {"\"abcdefgh\x01\"", "not JSON at byte 9"},
        {"\"abcdefghijk\xff\"", "not JSON at byte 12"},
        {"\"open", "not JSON at byte 5"},
        {"\"a\\", "not JSON at byte 3"},
        {"01", "not JSON at byte 1"},
        {"\xef\xbb\xbf{}", "not JSON at byte 0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_span span = {.kind = JSON_NONE};
        struct error error;
        assert_int_equal(json_check(rows[i].text, strlen(rows[i].text), &span, &error),
                         ERR_BAD_JSON);
        assert_string_equal(error.text, rows[i].error);
        assert_int_equal(span.kind, JSON_NONE);
    }
}

// A byte that may not stand in a string is found wherever it stands among the eight bytes
// that are looked at together, and no good one is taken for it.
static void every_byte_is_judged_at_every_place(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        for (size_t place = 0; place < 20; place++) {
            char text[] = "\"01234567890123456789\"";
            struct json_span span;
            bool good = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            text[1 + place] = (char)c;
            if ((json_check(text, sizeof text - 1, &span, NULL) == ERR_OK) != good)
                fail_msg("byte %d at %zu", c, place);
        }
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    const size_t max = (size_t)limit(LIMIT_JSON_DEPTH);

    for (size_t depth = max - 1; depth <= max + 1; depth++) {
        char lists[200];
        char maps[1000] = "";
        struct json_span span;
        enum error_code expected = depth <= max ? ERR_OK : ERR_JSON_TOO_DEEP;
        memset(lists, '[', depth);
        memset(lists + depth, ']', depth);
        for (size_t i = 0; i < depth; i++)
            strcat(maps, "{\"a\":");
        maps[strlen(maps)] = '1';
        memset(maps + strlen(maps), '}', depth);
        assert_int_equal(json_check(lists, 2 * depth, &span, NULL), expected);
        assert_int_equal(json_check(maps, strlen(maps), &span, NULL), expected);
    }
}

static void a_deep_hole_is_no_trap(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH);
    struct json_span span;
    struct error error;

    assert_non_null(text);
    memset(text, '[', DEPTH);
    assert_int_equal(json_check(text, DEPTH, &span, &error), ERR_JSON_TOO_DEEP);
    assert_string_equal(error.text, "nested deeper than 64 levels at byte 64");
    free(text);
}

// Many containers one after the other are not deep.
static void closed_levels_do_not_count(void **state)
{
    (void)state;
    char text[1000] = "[";
    struct json_span span;

    for (int i = 0; i < 100; i++)
        strcat(text, "[{}],");
    strcat(text, "{\"a\":[]}]");
    assert_int_equal(check(text, &span), ERR_OK);
}

static void members_are_walked_in_order(void **state)
{
    (void)state;
    static const char text[] =
        " { \"a\" : 1.10 ,\n\"b}\" : [ 1 , {\"a\":\"]\"} ] , \"\" : \"x,y\" , \"c\":{} } ";
    static const struct {
        const char *name;
        const char *value;
    } rows[] = {
        {"\"a\"", "1.10"},
        {"\"b}\"", "[ 1 , {\"a\":\"]\"} ]"},
        {"\"\"", "\"x,y\""},
        {"\"c\"", "{}"},
    };
    struct json_span span;
    struct json_walk walk;
    struct json_member member;

    assert_int_equal(check(text, &span), ERR_OK);
    json_walk_init(&walk, &span);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(json_next_member(&walk, &member));
        assert_int_equal(member.name.kind, JSON_TEXT);
        assert_int_equal(member.name.len, strlen(rows[i].name));
        assert_memory_equal(member.name.at, rows[i].name, member.name.len);
        assert_int_equal(member.value.len, strlen(rows[i].value));
        assert_memory_equal(member.value.at, rows[i].value, member.value.len);
    }
    assert_false(json_next_member(&walk, &member));
    assert_false(json_next_member(&walk, &member));
}

static void items_are_walked_in_order(void **state)
{
    (void)state;
    static const char *const items[] = {"0", "\"a\"", "[]", "[[1]]", "{\"a\":[1]}", "null"};
    struct json_span span;
    struct json_span item;
    struct json_walk walk;

    assert_int_equal(check("[ 0,\"a\" ,[] , [[1]], {\"a\":[1]},null\t]", &span), ERR_OK);
    json_walk_init(&walk, &span);
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_true(json_next_item(&walk, &item));
        assert_int_equal(item.len, strlen(items[i]));
        assert_memory_equal(item.at, items[i], item.len);
    }
    assert_false(json_next_item(&walk, &item));
    assert_int_equal(check("[ \n ]", &span), ERR_OK);
    json_walk_init(&walk, &span);
    assert_false(json_next_item(&walk, &item));
    assert_int_equal(check("{ }", &span), ERR_OK);
    json_walk_init(&walk, &span);
    assert_false(json_next_item(&walk, &item));
}

static void the_deepest_value_can_be_walked(void **state)
{
    (void)state;
    char text[200] = "";
    struct json_span span;
    struct json_walk walk;
    int levels = 0;

    memset(text, '[', 64);
    text[64] = '7';
    memset(text + 65, ']', 64);
    assert_int_equal(check(text, &span), ERR_OK);
    for (; span.kind == JSON_LIST; levels++) {
        json_walk_init(&walk, &span);
        assert_true(json_next_item(&walk, &span));
    }
    assert_int_equal(levels, 64);
    assert_int_equal(*span.at, '7');
}

static void names_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count;
        const char *value;
    } rows[] = {
        {"type", 2, "1"},     {"data", 1, "{\"id\":5}"}, {"id", 0, NULL}, // inside data only
        {"\xc3\xa9", 1, "3"}, {"a\"b", 1, "4"},          {"typ", 0, NULL}, {"types", 0, NULL},
        {"", 0, NULL},
    };
    struct json_span map;

    assert_int_equal(check("{\"type\":1,\"data\":{\"id\":5},\"t\\u0079pe\":2,\"\\u00E9\":3,"
                           "\"a\\\"b\":4,\"nul\\u0000\":6}",
                           &map),
                     ERR_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_span value;
        assert_int_equal(json_find(&map, rows[i].name, &value), rows[i].count);
        if (rows[i].value) {
            assert_int_equal(value.len, strlen(rows[i].value));
            assert_memory_equal(value.at, rows[i].value, value.len);
        } else {
            assert_int_equal(value.kind, JSON_NONE);
        }
    }
}

static void escapes_are_resolved(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *text; // NULL: refused
    } rows[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\uD83d\\uDe00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
         "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
        {"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\"\xe2\x82\xac\"", "\xe2\x82\xac"},
        {"\"a\\u0000b\"", NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_span span;
        char text[40];
        size_t len = 999;
        assert_int_equal(check(rows[i].json, &span), ERR_OK);
        assert_int_equal(json_text(&span, text, sizeof text, &len), rows[i].text != NULL);
        if (!rows[i].text)
            continue;
        assert_string_equal(text, rows[i].text);
        assert_int_equal(len, strlen(text));
        assert_true(json_text_equal(&span, rows[i].text));
        assert_false(json_text_equal(&span, "other"));
        for (size_t room = 0; room <= len + 1; room++)
            assert_int_equal(json_text(&span, text, room, &len), room == len + 1);
    }
}

static void surrogates_come_in_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum error_code code;
    } rows[] = {
        {"\"\\ud7ff\"", ERR_OK},
        {"\"\\ue000\"", ERR_OK},
        {"\"\\ud800\\udc00\"", ERR_OK},
        {"\"\\udbff\\udfff\"", ERR_OK},
        {"\"\\ud800\"", ERR_BAD_JSON},
        {"\"\\ud800x\"", ERR_BAD_JSON},
        {"\"\\ud800\\n\"", ERR_BAD_JSON},
        {"\"\\udc00\"", ERR_BAD_JSON},
        {"\"\\udfff\"", ERR_BAD_JSON},
        {"\"\\udc00\\udc00\"", ERR_BAD_JSON},
        {"\"\\ud800\\udbff\"", ERR_BAD_JSON},
        {"\"\\ud800\\ue000\"", ERR_BAD_JSON},
        {"\"\\ud800\\ud800\\udc00\"", ERR_BAD_JSON},
        {"\"\\ud800\\udc0\"", ERR_BAD_JSON},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_span span;
        assert_int_equal(check(rows[i].json, &span), rows[i].code);
    }
}

static void a_nul_equals_nothing(void **state)
{
    (void)state;
    struct json_span span;

    assert_int_equal(check("\"a\\u0000\"", &span), ERR_OK);
    assert_false(json_text_equal(&span, "a"));
    assert_int_equal(check("\"ab\"", &span), ERR_OK);
    assert_false(json_text_equal(&span, "a"));
    assert_false(json_text_equal(&span, "abc"));
    assert_false(json_text_equal(&span, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_between_white_space),
        cmocka_unit_test(an_error_says_where),
        cmocka_unit_test(every_byte_is_judged_at_every_place),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(a_deep_hole_is_no_trap),
        cmocka_unit_test(closed_levels_do_not_count),
        cmocka_unit_test(members_are_walked_in_order),
        cmocka_unit_test(items_are_walked_in_order),
        cmocka_unit_test(the_deepest_value_can_be_walked),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(surrogates_come_in_pairs),
        cmocka_unit_test(a_nul_equals_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
