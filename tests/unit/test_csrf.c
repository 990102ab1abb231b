// Whose page asks, by what browsers say and by the token that only our own page can read.

#include "api/csrf.h"

#include "api/door_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char one_key[CSRF_KEY_LEN] = "a key", other_key[CSRF_KEY_LEN] = "b key";
static const unsigned char dice[2][CSRF_DICE] = {"some dice", "other dice"};

static void test_token(void **state)
{
    char text[CSRF_TEXT_LEN + 1], again[CSRF_TEXT_LEN + 1];

    (void)state;
    csrf_make(one_key, 7, dice[0], text);
    csrf_make(one_key, 7, dice[1], again);
    assert_string_not_equal(text, again);
    assert_true(csrf_holds(one_key, 7, text, CSRF_TEXT_LEN));
    assert_true(csrf_holds(one_key, 7, again, CSRF_TEXT_LEN));
    assert_false(csrf_holds(one_key, 8, text, CSRF_TEXT_LEN));
    assert_false(csrf_holds(other_key, 7, text, CSRF_TEXT_LEN));
    assert_false(csrf_holds(one_key, 7, text, CSRF_TEXT_LEN - 1));
    assert_false(csrf_holds(one_key, 7, "", 0));
    for (size_t i = 0; i < CSRF_TEXT_LEN; i++) {
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        assert_false(csrf_holds(one_key, 7, text, CSRF_TEXT_LEN));
        text[i] = was;
    }
}

static struct text_span span(const char *text)
{
    return (struct text_span){text, text != NULL ? strlen(text) : 0};
}

static void test_place(void **state)
{
    static const struct {
        const char *site, *origin;
        enum csrf_place place;
    } rows[] = {
        {"same-origin", NULL, CSRF_OURS},
        {"same-origin", "https://evil.example", CSRF_OURS},
        {"same-site", NULL, CSRF_OTHER},
        {"cross-site", NULL, CSRF_OTHER},
        {"none", NULL, CSRF_OTHER},
        {"", NULL, CSRF_OTHER},
        {"cross-site", "https://hooks.example", CSRF_OTHER},
        {NULL, "https://hooks.example", CSRF_OURS},
        {NULL, "https://hooks.example:443", CSRF_OTHER},
        {NULL, "http://hooks.example", CSRF_OTHER},
        {NULL, "https://hooks.example.evil.example", CSRF_OTHER},
        {NULL, "https://hooks.exampl", CSRF_OTHER},
        {NULL, "null", CSRF_OTHER},
        {NULL, "", CSRF_OTHER},
        {NULL, NULL, CSRF_UNSAID},
    };
    struct door door = {.options.base_url = "https://hooks.example"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request request = {.door = &door,
                                  .fetch_site = span(rows[i].site),
                                  .fetch_site_count = rows[i].site != NULL,
                                  .origin = span(rows[i].origin),
                                  .origin_count = rows[i].origin != NULL};
        assert_int_equal(csrf_place(&request), rows[i].place);
        request.fetch_site_count *= 2; // whoever says it twice is believed in neither
        request.origin_count *= 2;
        assert_int_not_equal(csrf_place(&request), CSRF_OURS);
    }
    door.options.base_url = NULL; // not known: no Origin can be ours
    struct request request = {.door = &door, .origin = span("https://x"), .origin_count = 1};
    assert_int_equal(csrf_place(&request), CSRF_OTHER);
}

static void test_methods(void **state)
{
    static const struct {
        const char *method;
        bool concerns;
    } rows[] = {{"GET", false},  {"HEAD", false},  {"POST", true},   {"PUT", true},
                {"PATCH", true}, {"DELETE", true}, {"OPTIONS", true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(csrf_concerns(span(rows[i].method)), rows[i].concerns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
