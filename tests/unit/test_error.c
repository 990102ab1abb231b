#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const enum error_code codes[] = {
#define X(name, status, exit, slug, title) ERR_##name,
    ERROR_CODES(X)
#undef X
};

static void every_code_has_its_row(void **state)
{
    (void)state;
    assert_int_equal(ERR_OK, 0);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        int status = error_http_status(codes[i]);
        int exit_code = error_exit_code(codes[i]);
        assert_true(strlen(error_slug(codes[i])) > 0);
        assert_true(strspn(error_slug(codes[i]), "abcdefghijklmnopqrstuvwxyz_") ==
                    strlen(error_slug(codes[i])));
        assert_true(strlen(error_title(codes[i])) > 0);
        assert_true(codes[i] == ERR_OK ? status == 200 : status >= 400 && status < 600);
        // sysexits.h: 64 to 78
        assert_true(codes[i] == ERR_OK ? exit_code == 0 : exit_code >= 64 && exit_code <= 78);
    }
    assert_string_equal(error_slug(ERR_NOT_FOUND), "not_found");
    assert_int_equal(error_http_status(ERR_RATE_LIMITED), 429);
    assert_int_equal(error_exit_code(ERR_CONFIG), 78);
}

static void set_fills_and_returns(void **state)
{
    (void)state;
    struct error error = {.code = ERR_IO, .field = "/old"};

    assert_int_equal(error_set(&error, ERR_CONFLICT, "the type %s is %d", "a.b", 7),
                     ERR_CONFLICT);
    assert_int_equal(error.code, ERR_CONFLICT);
    assert_string_equal(error.field, "");
    assert_string_equal(error.text, "the type a.b is 7");
    assert_int_equal(error_at(&error, ERR_INVALID_FIELD, "/url", "no"), ERR_INVALID_FIELD);
    assert_string_equal(error.field, "/url");
    assert_int_equal(error_set(NULL, ERR_IO, "x"), ERR_IO);
    assert_int_equal(error_at(NULL, ERR_IO, "f", "x"), ERR_IO);
}

static void control_bytes_do_not_pass(void **state)
{
    (void)state;
    struct error error;

    error_at(&error, ERR_IO, "a\nb", "x%cy\x1b[2J\x7f\r\n\xc3\xa9", '\t');
    assert_string_equal(error.field, "a?b");
    assert_string_equal(error.text, "x?y?[2J???\xc3\xa9");
}

static void an_error_can_wrap_itself(void **state)
{
    (void)state;
    struct error error;

    error_at(&error, ERR_IO, "wal", "no space");
    error_at(&error, ERR_DISK_FULL, error.field, "%s: %s", error.field, error.text);
    assert_string_equal(error.field, "wal");
    assert_string_equal(error.text, "wal: no space");
}

// A cut never leaves half a character: the text goes into JSON.
static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80"};

    for (size_t size = 1; size <= 4; size++)
        for (size_t shift = 0; shift < 4; shift++) {
            char text[1000] = "aaaa";
            struct error error;
            text[shift] = '\0';
            for (size_t i = 0; i < 200; i++)
                strncat(text, characters[size - 1], 4);
            error_at(&error, ERR_IO, text, "%s%s", text, text);
            size_t room = ERROR_TEXT_MAX - 1 - shift;
            if (2 * strlen(text) > ERROR_TEXT_MAX && strlen(text) >= ERROR_TEXT_MAX)
                assert_int_equal(strlen(error.text), shift + room / size * size);
            room = ERROR_FIELD_MAX - 1 - shift;
            assert_int_equal(strlen(error.field), shift + room / size * size);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_row),
        cmocka_unit_test(set_fills_and_returns),
        cmocka_unit_test(control_bytes_do_not_pass),
        cmocka_unit_test(an_error_can_wrap_itself),
        cmocka_unit_test(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
