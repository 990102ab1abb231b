// What a lane keeps in hand, and what it asks the store for.

#include "engine/queue.h"
#include "engine_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct engine_limits tight = {.in_flight_max = 256,
                                           .lane_memory = 20,
                                           .blob_budget = 16 << 20,
                                           .park_ms = 60000,
                                           .time_scale = 1};

static void what_is_due_later_is_claimed_shortly_before(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_note(world, 7, 3600000);
    assert_int_equal(world->claim_count, 0);
    assert_int_equal(world->wake_at_ms, world->now.mono_ms + 3600000 - 1000);
    world_wait(world, 3600000 - 1000);
    assert_int_equal(world->claim_count, 1);
    assert_int_equal(world->claims[0].webhook_id, 7);
    assert_int_equal(world->claims[0].due_max_wall_ms, world->now.wall_ms + 60000);
    world_on_claimed(world, world_claimed(7, 1, 1, world->now.wall_ms + 1000, 3600000));
    world_card(world, 7, 3, "a.example", 64);
    world_wait(world, 999);
    assert_int_equal(world->send_count, 0);
    world_wait(world, 1);
    assert_int_equal(world->send_count, 1);
    world_free(world);
}

static void the_same_due_again_is_not_a_new_wait(void **state)
{
    struct world *world = world_new(NULL);
    int64_t due = world->now.wall_ms + 900;

    (void)state;
    world_note(world, 7, 900);
    world_on_claimed(world, world_claimed(7, 1, 1, due, 1000));
    world_card(world, 7, 3, "a.example", 64);
    world->now.wall_ms -= 3600000;
    for (int i = 0; i < 9; i++) {
        world_wait(world, 100);
        world_note(world, 7, 0);
        if (world->claim_count > 1 && i < 8)
            world_on_claimed(world, world_claimed(7, 1, 1, due, 1000));
    }
    assert_int_equal(world->send_count, 1);
    world_free(world);
}

static void a_clock_set_back_delays_nothing_that_was_waiting(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_note(world, 7, 60000);
    world->now.wall_ms -= 3600000;
    world_wait(world, 59000);
    assert_int_equal(world->claim_count, 1);
    assert_true(world->claims[0].due_max_wall_ms >= world->now.wall_ms + 3600000 + 1000);
    world_on_claimed(world,
                     world_claimed(7, 1, 1, world->now.wall_ms + 3600000 + 1000, 60000));
    world_card(world, 7, 3, "a.example", 64);
    world_wait(world, 999);
    assert_int_equal(world->send_count, 0);
    world_wait(world, 1);
    assert_int_equal(world->send_count, 1);
    world_free(world);
}

static void arrivals_beyond_the_memory_are_parked_and_claimed_later(void **state)
{
    struct world *world = world_new(&tight);

    (void)state;
    for (int i = 1; i <= 30; i++)
        world_arrive(world, world_parcel(i, 7, 3));
    assert_int_equal(engine_counts(world->engine).in_hand, 20);
    assert_int_equal(world->parked_count, 10);
    assert_int_equal(world->parked[0], 21);
    assert_int_equal(world->behind_count, 1);
    assert_int_equal(world->claim_count, 0);
    world_card(world, 7, 3, "a.example", 64);
    for (size_t i = 0; i < 8; i++) {
        world_answer(world, i, 200);
        world_settle(world, i, SETTLED);
    }
    assert_true(world->claim_count == 1);
    world_on_claimed(world, world_claimed(7, 21, 8, world->now.wall_ms, 0));
    assert_int_equal(engine_counts(world->engine).in_hand, 20);
    world_arrive(world, world_parcel(31, 7, 3));
    assert_int_equal(world->behind_count, 2); // the end was reached, so it is said anew
    world_free(world);
}

static void memory_is_shared_out_when_it_gets_short(void **state)
{
    struct engine_limits little = tight;
    struct world *world;

    (void)state;
    little.lane_memory = 1024;
    little.blob_budget = 2 * 400; // bodies of two bytes
    world = world_new(&little);
    for (int i = 1; i <= 200; i++)
        world_arrive(world, world_parcel(i, 7, 3));
    assert_int_equal(world->parked_count, 0);
    world_arrive(world, world_parcel(201, 7, 3));
    assert_int_equal(world->parked_count, 1); // over half, and over 16 × its window of 8
    for (int i = 1; i <= 600; i++)
        world_arrive(world, world_parcel(1000 + i, 100 + i, 3));
    assert_int_equal(world->parked_count, 1); // a lane's first is taken beyond the budget
    assert_int_equal(engine_counts(world->engine).bytes_in_hand, 1600);
    world_arrive(world, world_parcel(2000, 2000, 3));
    assert_int_equal(world->parked_count, 2); // up to twice of it
    world_note(world, 2001, 0);
    assert_int_equal(world->claim_count, 0);
    world_card(world, 7, 3, "a.example", 64);
    world_answer(world, 0, 200);
    world_settle(world, 0, SETTLED);
    assert_int_equal(world->claim_count, 2); // for 2000 and 2001
    assert_int_equal(world->claims[0].webhook_id, 2000);
    assert_int_equal(world->claims[0].limit, 1);
    world_free(world);
}

static void a_host_has_at_most_64_of_an_app(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    for (int i = 0; i < 100; i++) {
        world_arrive(world, world_parcel(1 + i, 100 + i, 3));
        world_card(world, 100 + i, 3, "a.example", 64);
    }
    assert_int_equal(world->send_count, 64);
    world_arrive(world, world_parcel(200, 300, 3));
    world_card(world, 300, 3, "b.example", 64);
    assert_int_equal(world->send_count, 65);
    for (size_t i = 0; i < 64; i++)
        world_answer(world, i, 500);
    assert_int_equal(world->send_count, 101);
    world_free(world);
}

static void a_sleeping_lane_is_forgotten_or_small(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    for (int i = 1; i <= 20000; i++)
        world_note(world, i, 7200000);
    assert_int_equal(engine_counts(world->engine).lanes, 20000);
    for (int i = 1; i <= 20; i++) {
        world_arrive(world, world_parcel(i, 100000 + i, 3));
        world_card(world, 100000 + i, 3, "a.example", 64);
        world_answer(world, (size_t)i - 1, 200);
        world_settle(world, (size_t)i - 1, SETTLED);
    }
    assert_int_equal(engine_counts(world->engine).lanes, 20020); // idle, with their cards
    assert_int_equal(engine_counts(world->engine).in_hand, 0);
    world_free(world);
}

// Ten a second, of a hundred that are due; another lane's are not delayed.
static void a_limit_per_second_delays_only_its_own(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world->per_second_max = 10;
    for (int i = 0; i < 100; i++)
        world_arrive(world, world_parcel(1000 + i, 7, 3));
    world_card(world, 7, 3, "a.example", 1024);
    world->per_second_max = 0;
    assert_int_equal(world->send_count, 1);
    assert_int_equal(world->wake_at_ms, world->now.mono_ms + 100);
    world_arrive(world, world_parcel(1, 8, 3));
    world_card(world, 8, 3, "b.example", 64);
    assert_int_equal(world->send_count, 2);
    for (int tenth = 1; tenth <= 20; tenth++) {
        world_answer(world, world->send_count - 1, 200);
        world_wait(world, 99);
        assert_int_equal(world->send_count, 1 + tenth);
        world_wait(world, 1);
        assert_int_equal(world->send_count, 2 + tenth);
    }
    world_free(world);
}

// While the store has older ones, every fourth place is for what is born now.
static void a_lane_that_is_behind_hears_of_what_is_new(void **state)
{
    struct world *world = world_new(NULL);
    struct claimed claimed;
    size_t young = 0;

    (void)state;
    world_note(world, 7, -60000);
    claimed = world_claimed(7, 1, 40, world->now.wall_ms - 60000, 0);
    claimed.reached_end = false;
    claimed.next_due_wall_ms = world->now.wall_ms - 50000;
    world_on_claimed(world, claimed);
    for (int i = 0; i < 10; i++)
        world_arrive(world, world_parcel(1000 + i, 7, 3));
    world_card(world, 7, 3, "a.example", 64);
    for (int i = 0; i < 40; i++) {
        assert_true((size_t)i < world->send_count);
        young += world->sends[i].event_id >= 1000;
        world_answer(world, (size_t)i, 200);
        world_settle(world, (size_t)i, SETTLED);
    }
    assert_int_equal(young, 10);
    world_free(world);
}

// So many births that each would wait for all before it: the rest stays with the store, whose
// newest comes in the next claim.
static void the_young_have_their_share_of_the_room(void **state)
{
    struct world *world = world_new(NULL);
    struct claimed claimed;
    int share = 1024 / QUEUE_YOUNG_TURN; // engine_world.c

    (void)state;
    world_note(world, 7, -60000);
    claimed = world_claimed(7, 1, 1, world->now.wall_ms - 60000, 0);
    claimed.reached_end = false;
    claimed.next_due_wall_ms = world->now.wall_ms - 50000;
    world_on_claimed(world, claimed);
    for (int i = 0; i < share; i++)
        world_arrive(world, world_parcel(1000 + i, 7, 3));
    assert_int_equal(world->behind_count, 0);
    world_arrive(world, world_parcel(1000 + share, 7, 3));
    assert_int_equal(world->behind_count, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_later_is_claimed_shortly_before),
        cmocka_unit_test(the_same_due_again_is_not_a_new_wait),
        cmocka_unit_test(a_clock_set_back_delays_nothing_that_was_waiting),
        cmocka_unit_test(arrivals_beyond_the_memory_are_parked_and_claimed_later),
        cmocka_unit_test(memory_is_shared_out_when_it_gets_short),
        cmocka_unit_test(a_host_has_at_most_64_of_an_app),
        cmocka_unit_test(a_sleeping_lane_is_forgotten_or_small),
        cmocka_unit_test(a_limit_per_second_delays_only_its_own),
        cmocka_unit_test(a_lane_that_is_behind_hears_of_what_is_new),
        cmocka_unit_test(the_young_have_their_share_of_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
