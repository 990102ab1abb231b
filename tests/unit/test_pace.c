#include "engine/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Starts whatever may start, looking every step_ms; answers the most in any second and, by
// out-parameter, how many in all.
static int most_in_a_second(int per_second, int64_t step_ms, int64_t length_ms, int *ret_all)
{
    enum { NOTES = 20000 };
    static int64_t starts[NOTES];
    struct pace pace = {0};
    int count = 0;
    int most = 0;

    for (int64_t now = 5000; now < 5000 + length_ms; now += step_ms)
        while (count < NOTES && pace_at_ms(&pace, per_second) <= now) {
            pace_take(&pace, per_second, now);
            starts[count++] = now;
        }
    for (int first = 0, last = 0; last < count; last++) {
        while (starts[last] - starts[first] >= 1000)
            first++;
        most = last - first + 1 > most ? last - first + 1 : most;
    }
    *ret_all = count;
    return most;
}

static void no_second_holds_more(void **state)
{
    const struct {
        int per_second;
        int64_t step_ms;
        int most, least_in_all; // over four seconds
    } rows[] = {
        {1, 1, 1, 4},           {1, 700, 1, 3},        {3, 1, 3, 12},
        {50, 1, 50, 200},       {50, 7, 50, 180},      {100, 1, 100, 400},
        {101, 1, 103, 400},     {1000, 1, 1010, 3990}, {1000, 5, 1015, 3980},
        {4000, 1, 4040, 15900}, {50, 5000, 50, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int all;
        int most = most_in_a_second(rows[i].per_second, rows[i].step_ms, 4000, &all);
        if (most > rows[i].most || all < rows[i].least_in_all)
            fail_msg("%d/s, looked every %d ms: %d in a second, %d in all",
                     rows[i].per_second, (int)rows[i].step_ms, most, all);
    }
}

static void without_a_limit_nothing_waits(void **state)
{
    struct pace pace = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(pace_at_ms(&pace, 0), 0);
        pace_take(&pace, 0, 5000);
    }
    // One that is set later holds from then on.
    assert_true(pace_at_ms(&pace, 10) <= 5000);
    pace_take(&pace, 10, 5000);
    assert_int_equal(pace_at_ms(&pace, 10), 5100);
}

static void what_was_not_used_is_not_saved_up(void **state)
{
    struct pace pace = {0};

    (void)state;
    pace_take(&pace, 2, 1000);
    assert_int_equal(pace_at_ms(&pace, 2), 1500);
    pace_take(&pace, 2, 60000);
    assert_int_equal(pace_at_ms(&pace, 2), 60500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_second_holds_more),
        cmocka_unit_test(without_a_limit_nothing_waits),
        cmocka_unit_test(what_was_not_used_is_not_saved_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
