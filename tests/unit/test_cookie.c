// The session's cookie, found among others, and written.

#include "api/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_find(void **state)
{
    static const struct {
        const char *header, *value; // NULL: none that counts
    } rows[] = {
        {"posthorn=abc", "abc"},
        {"a=1; posthorn=abc; b=2", "abc"},
        {"a=1;posthorn=abc;b=2", "abc"},
        {" \tposthorn=abc \t", "abc"},
        {"posthorn=", ""},
        {"posthorn=a=b", "a=b"},
        {"posthorn=\"abc\"", "\"abc\""},
        {"posthorn=abc;", "abc"},
        {";;posthorn=abc;;", "abc"},
        {"", NULL},
        {"posthorn", NULL},
        {"Posthorn=abc", NULL},
        {"xposthorn=abc", NULL},
        {"posthorn2=abc", NULL},
        {"posthorn =abc", NULL},
        {"__Host-posthorn=abc", NULL},
        {"posthorn=abc; posthorn=abc", NULL},
        {"posthorn=abc; a=1; posthorn=def", NULL},
        {"a=posthorn=abc", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text_span header = {rows[i].header, strlen(rows[i].header)};
        struct text_span found = cookie_find(header, "posthorn");
        assert_int_equal(found.at != NULL, rows[i].value != NULL);
        if (found.at != NULL) {
            assert_int_equal(found.len, strlen(rows[i].value));
            assert_memory_equal(found.at, rows[i].value, found.len);
        }
    }
    assert_null(cookie_find((struct text_span){0}, "posthorn").at);
}

static void test_write(void **state)
{
    char text[COOKIE_TEXT_MAX];

    (void)state;
    cookie_write(false, "abc", text);
    assert_string_equal(text,
                        "__Host-posthorn=abc; Path=/; Secure; HttpOnly; SameSite=Strict");
    cookie_write(true, "abc", text);
    assert_string_equal(text, "posthorn=abc; Path=/; HttpOnly; SameSite=Strict");
    cookie_write(false, "", text);
    assert_string_equal(
        text, "__Host-posthorn=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
