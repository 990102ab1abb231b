#include "hook/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_scope_has_a_text_that_finds_it(void **state)
{
    (void)state;
    int count = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *text = scope_text((enum scope)(1u << bit));
        uint32_t found = 0;
        if (!text)
            continue;
        assert_true(scope_find(text, &found));
        assert_true(found == 1u << bit);
        count++;
    }
    assert_int_equal(count, 18);
    uint32_t none = 0;
    assert_false(scope_find("", &none));
    assert_false(scope_find("event", &none));
}

static void a_key_may_do_what_it_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t scopes, needed;
        bool allows;
    } rows[] = {
        {SCOPE_EVENT_READ, SCOPE_EVENT_READ, true},
        {SCOPE_EVENT_READ, SCOPE_EVENT_CREATE, false},
        {SCOPE_EVENT_READ, SCOPE_EVENT_READ | SCOPE_EVENT_CREATE, false},
        {SCOPE_EVENT_READ | SCOPE_EVENT_CREATE, SCOPE_EVENT_READ | SCOPE_EVENT_CREATE, true},
        {SCOPE_OPERATOR, SCOPE_SOURCE_DELETE, true},
        {0, SCOPE_EVENT_READ, false},
        {SCOPE_KEY_CREATE, SCOPE_OPERATOR, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(scope_allows(rows[i].scopes, rows[i].needed), rows[i].allows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scope_has_a_text_that_finds_it),
        cmocka_unit_test(a_key_may_do_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
