// Where a lane's claims begin, and how much they ask for.

#include "engine_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct engine_limits tight = {.in_flight_max = 256,
                                           .lane_memory = 20,
                                           .blob_budget = 16 << 20,
                                           .park_ms = 60000,
                                           .time_scale = 1};

static void one_claim_is_out_at_a_time(void **state)
{
    struct world *world = world_new(NULL);
    struct claimed more;

    (void)state;
    world_note(world, 7, 0);
    world_note(world, 7, 0);
    assert_int_equal(world->claim_count, 1);
    assert_int_equal(world->claims[0].limit, 64);
    more = world_claimed(7, 1, 64, world->now.wall_ms - 9, 0);
    more.reached_end = false;
    more.next_due_wall_ms = world->now.wall_ms - 5;
    world_on_claimed(world, more);
    assert_int_equal(world->claim_count, 1); // what is due first is in hand
    world_card(world, 7, 3, "a.example", 64);
    for (size_t i = 0; i < 48; i++) {
        world_answer(world, i, 200);
        world_settle(world, i, SETTLED);
    }
    assert_int_equal(world->claim_count, 2);
    assert_int_equal(world->claims[1].limit, 64);
    assert_int_equal(world->claims[1].after.due_wall_ms, more.last.due_wall_ms);
    assert_int_equal(world->claims[1].after.event_id, 64);
    world_free(world);
}

// A lane with 15 in hand that are due then, and a claim out that begins behind them.
static struct world *world_with_claimed(int64_t due_in_ms, const struct engine_limits *limits)
{
    struct world *world = world_new(limits);
    struct claimed claimed;

    world_note(world, 7, 0);
    claimed = world_claimed(7, 1, 15, world->now.wall_ms + due_in_ms, 60000);
    world_on_claimed(world, claimed);
    assert_int_equal(world->claim_count, 1);
    world_note(world, 7, 0);
    assert_int_equal(world->claim_count, 2);
    assert_int_equal(world->claims[1].after.due_wall_ms, world->now.wall_ms + due_in_ms);
    assert_int_equal(world->claims[1].after.event_id, 15);
    return world;
}

static void assert_begins_at(struct world *world, int64_t due_wall_ms)
{
    const struct claim *claim = &world->claims[world->claim_count - 1];

    assert_int_equal(claim->after.due_wall_ms, due_wall_ms);
    assert_int_equal(claim->after.event_id, 0);
}

// What a lane lets go of stands before the place where its next claim would begin.
static void a_claim_begins_before_what_was_let_go_of(void **state)
{
    struct world *world = world_with_claimed(9000, &tight);
    struct claimed nothing = world_claimed(7, 1, 0, 0, 0);

    (void)state;
    nothing.last = world->claims[1].after;
    for (int i = 0; i < 6; i++) // the last finds no room, while a claim is out
        world_arrive(world, world_parcel(100 + i, 7, 3));
    assert_int_equal(world->parked_count, 1);
    world_on_claimed(world, nothing);
    for (int64_t id = 1; id < 6; id++)
        engine_on_cancelled(world->engine, world->now, 7, id, 0); // makes room
    world_wait(world, 100);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, 0);
    world_free(world);
}

static void a_claim_begins_before_what_found_no_room(void **state)
{
    struct world *world = world_with_claimed(9000, &tight);
    int64_t due = world->now.wall_ms + 9100;

    (void)state;
    world_on_claimed(world, world_claimed(7, 101, 8, due, 60000));
    assert_int_equal(engine_counts(world->engine).in_hand, 20);
    world_card(world, 7, 3, "a.example", 64);
    world_wait(world, 9000);
    world_answer(world, 0, 200);
    world_settle(world, 0, SETTLED);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, due);
    world_free(world);
}

static void a_claim_begins_at_the_front_after_a_change(void **state)
{
    struct world *world = world_with_claimed(9000, NULL);
    struct claimed nothing = world_claimed(7, 1, 0, 0, 0);

    (void)state;
    nothing.last = world->claims[1].after;
    engine_on_changed(world->engine, world->now, 7);
    world_on_claimed(world, nothing);
    world_wait(world, 100);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, 0);
    world_free(world);
}

static void a_claim_begins_at_the_front_after_one_that_was_not_done(void **state)
{
    struct world *world = world_with_claimed(9000, NULL);
    struct claimed nothing = {.webhook_id = 7, .next_due_wall_ms = world->now.wall_ms};

    (void)state;
    world_on_claimed(world, nothing);
    world_wait(world, 100);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, 0);
    world_free(world);
}

// A retry asked by hand during the attempt: when its row is due only the store knows.
static void a_claim_begins_at_the_front_for_a_retry_by_hand(void **state)
{
    struct world *world = world_with_claimed(0, NULL);
    struct claimed nothing = world_claimed(7, 1, 0, 0, 0);

    (void)state;
    nothing.last = world->claims[1].after;
    world_on_claimed(world, nothing);
    world_card(world, 7, 3, "a.example", 64);
    world_answer(world, 0, 500);
    world_settle(world, 0, SETTLED_AGAIN);
    world_wait(world, 100);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, 0);
    world_free(world);
}

// The clock was set back: what the store takes for due is not, stands in nobody's way, and is
// brought again in time.
static void what_is_passed_over_is_claimed_in_time(void **state)
{
    struct world *world = world_new(NULL);
    int64_t due = world->now.wall_ms + 3600000 + 100;

    (void)state;
    world_note(world, 7, 0);
    world->now.wall_ms += 3600000;
    world_wait(world, 1);
    world->now.wall_ms -= 3600000;
    world_wait(world, 1);
    world_on_claimed(world, world_claimed(7, 1, 9, due, 3600000));
    assert_int_equal(engine_counts(world->engine).in_hand, 0);
    world_note(world, 7, 0);
    assert_int_equal(world->claim_count, 2);
    assert_int_equal(world->claims[1].after.event_id, 9);
    world_on_claimed(world, world_claimed(7, 1, 0, 0, 0));
    world_wait(world, 3600000 - 2000);
    assert_int_equal(world->claim_count, 2);
    world_wait(world, 1100);
    assert_int_equal(world->claim_count, 3);
    assert_begins_at(world, 0);
    world_free(world);
}

static void a_claim_that_brings_nothing_is_not_repeated_at_once(void **state)
{
    struct world *world = world_new(NULL);
    struct claimed nothing = world_claimed(7, 1, 0, 0, 0);

    (void)state;
    nothing.reached_end = false;
    nothing.next_due_wall_ms = world->now.wall_ms;
    world_note(world, 7, 0);
    world_on_claimed(world, nothing);
    assert_int_equal(world->claim_count, 1);
    world_wait(world, 99);
    assert_int_equal(world->claim_count, 1);
    world_wait(world, 1);
    assert_int_equal(world->claim_count, 2);
    world_free(world);
}

// A lane whose births are parked asks for the newest beside the oldest.
static void a_claim_asks_for_the_newest(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    for (int i = 0; i < 1030; i++)
        world_arrive(world, world_parcel(1000 + i, 7, 3));
    assert_int_equal(world->behind_count, 1);
    world_card(world, 7, 3, "a.example", 64);
    for (size_t i = 0; world->claim_count == 0; i++) {
        assert_true(i < world->send_count);
        world_answer(world, i, 200);
        world_settle(world, i, SETTLED);
    }
    assert_int_equal(world->claims[0].newest, 16);
    assert_int_equal(world->claims[0].limit, 48);
    assert_int_equal(world->claims[0].due_max_wall_ms, world->now.wall_ms); // it is behind
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_claim_is_out_at_a_time),
        cmocka_unit_test(a_claim_begins_before_what_was_let_go_of),
        cmocka_unit_test(a_claim_begins_before_what_found_no_room),
        cmocka_unit_test(a_claim_begins_at_the_front_after_a_change),
        cmocka_unit_test(a_claim_begins_at_the_front_after_one_that_was_not_done),
        cmocka_unit_test(a_claim_begins_at_the_front_for_a_retry_by_hand),
        cmocka_unit_test(what_is_passed_over_is_claimed_in_time),
        cmocka_unit_test(a_claim_that_brings_nothing_is_not_repeated_at_once),
        cmocka_unit_test(a_claim_asks_for_the_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
