// Limits: a burst, then evenly; exact whoever asks from whatever thread; no clock that stands
// still or runs back gives anything away.

#include "thread/limit.h"

#include "seeded.h"
#include "thread/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct rate thousand = {.interval_ns = 1000000, .burst = 2000};
static const struct rate twenty_a_minute = {.interval_ns = INT64_C(3000000000), .burst = 20};
static const struct rate third = {.interval_ns = 333333333, .burst = 1};

static int take_many(struct limit_table *table, uint64_t who, const struct rate *rate,
                     int64_t ms, int tries)
{
    int taken = 0;
    struct taken left;

    for (int i = 0; i < tries; i++)
        taken += limit_take(table, who, rate, ms, &left);
    return taken;
}

static void a_burst_then_evenly(void **state)
{
    static const struct {
        uint64_t who;
        const struct rate *rate;
        int64_t at_ms;
        int tries, taken;
    } rows[] = {
        {1, &thousand, 5000, 3000, 2000},
        {1, &thousand, 5100, 3000, 100},
        {1, &thousand, 4000, 3000, 0},       // a clock that runs back gives nothing …
        {1, &thousand, 5101, 3000, 1},       // … and takes nothing
        {1, &thousand, 1000000, 3000, 2000}, // long silence: one burst, no more
        {2, &twenty_a_minute, 0, 100, 20},
        {2, &twenty_a_minute, 2999, 100, 0},
        {2, &twenty_a_minute, 3000, 100, 1},
        {2, &twenty_a_minute, 60000, 100, 19},
        {3, &third, 1, 5, 1},
        {3, &third, 334, 5, 0},
        {3, &third, 335, 5, 1},
    };
    struct limit_table *table = limit_table_new(16, 1);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int taken = take_many(table, rows[i].who, rows[i].rate, rows[i].at_ms, rows[i].tries);
        if (taken != rows[i].taken)
            fail_msg("row %zu: %d", i, taken);
    }
    limit_table_free(table);
    limit_table_free(NULL);
}

static void what_is_left_is_said(void **state)
{
    struct limit_table *table = limit_table_new(16, 1);
    struct taken taken;

    (void)state;
    assert_true(limit_take(table, 1, &thousand, 1000, &taken));
    assert_int_equal(taken.burst, 2000);
    assert_int_equal(taken.window_s, 2);
    assert_int_equal(taken.left, 1999);
    assert_int_equal(taken.wait_s, 1);
    take_many(table, 1, &thousand, 1000, 1998);
    assert_true(limit_take(table, 1, &thousand, 1000, &taken));
    assert_int_equal(taken.left, 0);
    assert_int_equal(taken.wait_s, 2);
    assert_false(limit_take(table, 1, &thousand, 1000, &taken));
    assert_int_equal(taken.left, 0);
    assert_int_equal(taken.wait_s, 1); // rounded up: whoever comes then is served
    take_many(table, 2, &twenty_a_minute, 1000, 20);
    assert_false(limit_take(table, 2, &twenty_a_minute, 1000, &taken));
    assert_int_equal(taken.wait_s, 3);
    assert_int_equal(taken.window_s, 60);
    limit_table_free(table);
}

// Far more owners than places, one after the other: each finds a whole allowance.
static void places_are_used_again(void **state)
{
    struct limit_table *table = limit_table_new(16, 7);

    (void)state;
    for (uint64_t who = 1; who <= 10000; who++)
        assert_int_equal(take_many(table, who, &thousand, (int64_t)who * 5000, 2001), 2000);
    limit_table_free(table);
}

// More owners at once than there are places: some share, and none is allowed more.
static void a_full_table_gives_nothing_away(void **state)
{
    struct limit_table *table = limit_table_new(8, 7);
    int all = 0;

    (void)state;
    for (int round = 0; round < 30; round++)
        for (uint64_t who = 1; who <= 100; who++)
            all += take_many(table, who, &twenty_a_minute, 1000, 1);
    assert_int_equal(all, 8 * 20);
    limit_table_free(table);
}

// --- threads ---

enum { THREADS = 4, OWNERS = 40, TRIES = 60000 };

struct crowd {
    struct limit_table *table;
    atomic_int turn;
    int64_t at_ms;
    uint64_t first_owner;
    atomic_int taken[OWNERS];
};

static void ask(void *argument)
{
    struct crowd *crowd = argument;
    uint64_t dice = (uint64_t)atomic_fetch_add(&crowd->turn, 1);
    struct taken left;

    for (int i = 0; i < TRIES; i++) {
        uint64_t who = seeded_below(&dice, OWNERS);
        if (limit_take(crowd->table, crowd->first_owner + who, &thousand, crowd->at_ms,
                       &left))
            atomic_fetch_add(&crowd->taken[who], 1);
    }
}

static void ask_together(struct crowd *crowd)
{
    struct thread *threads[THREADS];

    for (int i = 0; i < OWNERS; i++)
        atomic_store(&crowd->taken[i], 0);
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start("asker", ask, crowd);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
}

// Every owner gets exactly its burst, however many threads ask for it, and also where places
// change hands under them.
static void threads_share_exactly(void **state)
{
    struct crowd crowd = {.table = limit_table_new(256, 3), .at_ms = 1000, .first_owner = 1};

    (void)state;
    for (int round = 0; round < 10; round++) {
        ask_together(&crowd);
        for (int i = 0; i < OWNERS; i++)
            assert_int_equal(atomic_load(&crowd.taken[i]), thousand.burst);
        crowd.at_ms += 100000; // all allowances are whole again
        crowd.first_owner += OWNERS / 2;
    }
    limit_table_free(crowd.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_evenly),
        cmocka_unit_test(what_is_left_is_said),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(a_full_table_gives_nothing_away),
        cmocka_unit_test(threads_share_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
