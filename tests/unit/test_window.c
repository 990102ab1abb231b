#include "engine/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// What a window is after a run of 's'uccesses and 'f'ailures, a number before a letter
// repeating it.
static const struct {
    const char *run;
    int max, size;
} rows[] = {
    {"", 64, 8},     {"", 5, 5},       {"7s", 64, 8},     {"8s", 64, 16}, {"23s", 64, 16},
    {"24s", 64, 32}, {"56s", 64, 64},  {"999s", 64, 64},  {"8s", 10, 10}, {"f", 64, 4},
    {"fff", 64, 1},  {"9f", 64, 1},    {"7sf", 64, 4},    {"9fs", 64, 2}, {"9f3s", 64, 4},
    {"9f7s", 64, 8}, {"9f2sf", 64, 1}, {"999sf", 64, 32}, {"9s", 1, 1},
};

static int size_after(const char *run, int max)
{
    struct window window;
    int times = 0;

    window_init(&window);
    for (; *run; run++) {
        if (*run >= '0' && *run <= '9') {
            times = 10 * times + (*run - '0');
            continue;
        }
        for (int i = 0; i < (times ? times : 1); i++)
            if (*run == 's')
                window_succeeded(&window, max);
            else
                window_failed(&window);
        times = 0;
    }
    return window_size(&window, max);
}

static void a_window_grows_and_shrinks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (size_after(rows[i].run, rows[i].max) != rows[i].size)
            fail_msg("after \"%s\" of at most %d: %d, not %d", rows[i].run, rows[i].max,
                     size_after(rows[i].run, rows[i].max), rows[i].size);
}

static void a_lower_limit_counts_at_once_and_is_not_remembered(void **state)
{
    struct window window;

    (void)state;
    window_init(&window);
    for (int i = 0; i < 56; i++)
        window_succeeded(&window, 64);
    assert_int_equal(window_size(&window, 3), 3);
    assert_int_equal(window_size(&window, 64), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_grows_and_shrinks),
        cmocka_unit_test(a_lower_limit_counts_at_once_and_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
