// Problem documents: their members, their size, and that they stay JSON whatever they quote.

#include "api/problem.h"

#include "base/buf.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *document(const struct error *error, size_t *ret_len)
{
    struct buf text;
    json_t *json;

    buf_init(&text, 65536);
    problem_write(error, "req_0123456789abcdef", &text);
    assert_true(buf_ok(&text));
    *ret_len = text.len;
    json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    buf_done(&text);
    assert_non_null(json);
    return json;
}

static const char *text_of(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void test_members(void **state)
{
    struct error error = {0};
    size_t len;

    (void)state;
    error_set(&error, ERR_CONFLICT, "the type %s already has a webhook", "payment");
    json_t *json = document(&error, &len);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 409);
    assert_string_equal(text_of(json, "type"), "about:blank");
    assert_string_equal(text_of(json, "code"), "conflict");
    assert_string_equal(text_of(json, "title"), error_title(ERR_CONFLICT));
    assert_string_equal(text_of(json, "detail"), "the type payment already has a webhook");
    assert_string_equal(text_of(json, "instance"), "req_0123456789abcdef");
    assert_null(json_object_get(json, "errors"));
    json_decref(json);
}

static void test_places(void **state)
{
    static const struct {
        const char *field, *member, *value;
    } rows[] = {
        {"url", "pointer", "/url"},
        {"/payload/uuid", "pointer", "/payload/uuid"},
        {"?limit", "parameter", "limit"},
        {"If-Match:", "header", "If-Match"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        size_t len;
        error_at(&error, ERR_INVALID_FIELD, rows[i].field, "is wrong");
        json_t *json = document(&error, &len);
        json_t *place = json_array_get(json_object_get(json, "errors"), 0);
        assert_string_equal(text_of(place, rows[i].member), rows[i].value);
        assert_string_equal(text_of(place, "detail"), "is wrong");
        json_decref(json);
    }
}

static void test_without_words_the_title_speaks(void **state)
{
    struct error error = {.code = ERR_NOT_FOUND};
    size_t len;

    (void)state;
    json_t *json = document(&error, &len);
    assert_string_equal(text_of(json, "detail"), error_title(ERR_NOT_FOUND));
    json_decref(json);
}

// Texts that grow when they are escaped, or that end within a character when cut.
static void test_never_over_the_limit(void **state)
{
    static const char *const pieces[] = {"\"", "\\", "é", "😀", "a", "\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char text[ERROR_TEXT_MAX] = "", field[ERROR_FIELD_MAX] = "";
        struct error error = {0};
        size_t len;
        while (strlen(text) + strlen(pieces[i]) < sizeof text) {
            strncat(text, pieces[i], 5);
        }
        while (strlen(field) + strlen(pieces[i]) < sizeof field) {
            strncat(field, pieces[i], 5);
        }
        error_at(&error, ERR_INVALID_FIELD, field, "%s", text);
        json_decref(document(&error, &len));
        assert_true(len <= PROBLEM_MAX);
        assert_true(len > 300);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_without_words_the_title_speaks),
        cmocka_unit_test(test_never_over_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
