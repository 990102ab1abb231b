#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void clocks_tell_the_time(void **state)
{
    (void)state;
    struct moment before = clock_now();
    int64_t before_us = clock_mono_us();
    struct timespec pause = {.tv_nsec = 20000000};
    time_t wall = time(NULL);
    struct moment after;
    int64_t us;

    nanosleep(&pause, NULL);
    after = clock_now();
    us = clock_mono_us() - before_us;
    assert_true(after.mono_ms - before.mono_ms >= 19);
    assert_true(us >= 19000 && us < 60000000);
    assert_true(before.wall_ms / 1000 - wall <= 1 && wall - before.wall_ms / 1000 <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clocks_tell_the_time)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
