// A wall clock that was ahead, and is set back while the server is down: nothing waits longer
// than its own wait, and what is made from then on is as good as what was made before.

#include "store/steps.h"

#include "base/memory.h"
#include "hook/delivery.h"

enum { HOUR = 60 * MINUTE };
#define DAY ((int64_t)24 * HOUR)

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    make_hook(world, HOOK + 1);
}

// The server ends, and starts again by that clock.
static void start_again(struct world *world, int64_t now_ms)
{
    world->now_ms = now_ms;
    news_done(&world->news);
    assert_int_equal(world->table->resume(world->backend, now_ms, NULL, 0, &world->news),
                     STORE_DONE);
    steps_all(world);
}

static void accept_with(struct world *world, int64_t event_id, int64_t due_ms,
                        const char *key)
{
    int64_t hook = HOOK;
    struct op *op = op_accept(world, APP, event_id, &hook, 1);

    op->as.accept.accept.due_ms = due_ms;
    if (key)
        op->as.accept.accept.event->order_key = memory_copy(key, 1);
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

static void park(struct world *world, int64_t event_id, int64_t hook, int64_t wait_ms)
{
    assert_int_equal(accept_one(world, event_id, hook), OP_DONE);
    assert_int_equal(settle_as(world, event_id, 1, SETTLE_WAIT, TRIGGER_SCHEDULED,
                               world->now_ms + wait_ms, NULL),
                     SETTLED);
}

static void expect_due(struct world *world, int64_t event_id, int64_t due_ms)
{
    assert_int_equal(row_of(world, event_id, 0).due_ms, due_ms);
}

static bool was_told(const struct world *world, int64_t hook, int64_t due_ms)
{
    for (size_t i = 0; i < world->news.due_count; i++)
        if (world->news.dues[i].webhook_id == hook &&
            world->news.dues[i].due_wall_ms == due_ms)
            return true;
    return false;
}

static void waits_are_cut(struct world *world)
{
    start(world);
    world->now_ms = NOW + HOUR;
    park(world, 1000, HOOK, MINUTE);
    park(world, 1001, HOOK, 10 * HOUR);
    park(world, 1002, HOOK + 1, 2 * MINUTE);
    accept_one(world, 1003, HOOK + 1); // fresh
    behind(world, HOOK);
    accept_one(world, 1004, HOOK); // born parked
    start_again(world, NOW);
    expect_due(world, 1000, NOW + MINUTE);
    expect_due(world, 1001, NOW + 10 * HOUR);
    expect_due(world, 1002, NOW + 2 * MINUTE);
    expect_due(world, 1003, NOW);
    expect_due(world, 1004, NOW);
    assert_true(was_told(world, HOOK, NOW));
    assert_true(was_told(world, HOOK + 1, NOW + 2 * MINUTE));
    assert_int_equal(world->news.arrivals->event_id, 1003);
    assert_int_equal(world->news.arrivals->due_wall_ms, NOW);
    assert_int_equal(claim_ids(world, HOOK, 9, NOW + MINUTE, NULL, NULL, NULL), 2);
}

static void a_clock_that_goes_on_changes_nothing(struct world *world)
{
    start(world);
    park(world, 1000, HOOK, MINUTE);
    park(world, 1001, HOOK, HOUR);
    start_again(world, NOW + 2);
    expect_due(world, 1000, NOW + MINUTE);
    expect_due(world, 1001, NOW + HOUR);
    start_again(world, NOW + 2 * MINUTE);
    expect_due(world, 1000, NOW + MINUTE);
}

// Ahead and back, twice, and the second time by less.
static void every_time(struct world *world)
{
    start(world);
    start_again(world, NOW + 3 * HOUR);
    park(world, 1000, HOOK, HOUR);
    start_again(world, NOW);
    expect_due(world, 1000, NOW + HOUR);
    start_again(world, NOW + 2 * HOUR);
    park(world, 1001, HOOK, 5 * MINUTE);
    start_again(world, NOW + HOUR);
    expect_due(world, 1000, NOW + HOUR);
    expect_due(world, 1001, NOW + HOUR + 5 * MINUTE);
}

// What has a time of its own keeps it.
static void deliver_at_is_by_the_wall(struct world *world)
{
    start(world);
    world->now_ms = NOW + HOUR;
    accept_with(world, 1000, NOW + 2 * HOUR, NULL);
    start_again(world, NOW);
    expect_due(world, 1000, NOW + 2 * HOUR);
    start_again(world, NOW - 100 * DAY); // nobody may have asked for that
    expect_due(world, 1000, NOW - 70 * DAY);
}

static void manual_retry_is_due_at_once(struct world *world)
{
    int64_t due;

    start(world);
    world->now_ms = NOW + HOUR;
    park(world, 1000, HOOK, 10 * MINUTE);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    start_again(world, NOW);
    expect_due(world, 1000, NOW);
    settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, &due);
    assert_int_equal(due, NOW + 10 * MINUTE); // what its failure brings back
    expect_due(world, 1000, NOW + 10 * MINUTE);
}

// A crash's own wait does not shorten the one that a manual retry's failure brings back.
static void crashes_of_a_manual_retry_keep_its_wait(struct world *world)
{
    start(world);
    park(world, 1000, HOOK, HOUR);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    for (int crash = 2; crash <= 4; crash++) {
        struct cut_off cut = {1000, 0, (uint16_t)crash};
        news_done(&world->news);
        assert_int_equal(
            world->table->resume(world->backend, world->now_ms, &cut, 1, &world->news),
            STORE_DONE);
    }
    settle_as(world, 1000, 5, SETTLE_RESTORE, TRIGGER_MANUAL, 0, NULL);
    expect_due(world, 1000, NOW + HOUR);
}

static void held_ones_come_when_it_is_their_turn(struct world *world)
{
    start(world);
    world->now_ms = NOW + HOUR;
    accept_with(world, 1000, 0, "k");
    accept_with(world, 1001, 0, "k");
    start_again(world, NOW);
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(row_of(world, 1001, 0).state, DELIVERY_PARKED);
    expect_due(world, 1001, NOW);
}

// More rows than one step looks at, of many webhooks.
static void a_large_backlog(struct world *world)
{
    enum { ROWS = 1200, HOOKS = 40 };

    start(world);
    for (int64_t hook = HOOK + 2; hook < HOOK + HOOKS; hook++)
        make_hook(world, hook);
    world->now_ms = NOW + HOUR;
    for (int i = 0; i < ROWS; i++)
        park(world, 2000 + i, i < ROWS / 2 ? HOOK : HOOK + 1 + i % (HOOKS - 1),
             i % 3 ? 5 * MINUTE : 3 * HOUR);
    start_again(world, NOW);
    for (int i = 0; i < ROWS; i++)
        expect_due(world, 2000 + i, NOW + (i % 3 ? 5 * MINUTE : 3 * HOUR));
}

// Ids made by the clock that was set back are less than those of before it was disabled.
static void enabled_again_it_takes_what_comes(struct world *world)
{
    start(world);
    accept_one(world, 5000, HOOK);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    steps_all(world);
    assert_int_equal(accept_one(world, 4000, HOOK), OP_DONE);
    assert_int_equal(arrival_count(world), 1);
    assert_int_equal(row_of(world, 4000, 0).state, DELIVERY_FRESH);
    assert_int_equal(row_of(world, 5000, 0).state, DELIVERY_CANCELLED);
    start_again(world, NOW);
    assert_int_equal(row_of(world, 4000, 0).state, DELIVERY_FRESH);
    assert_int_equal(settle_one(world, 4000, 1, SETTLE_WAIT), SETTLED);
    assert_int_equal(claim_ids(world, HOOK, 9, NOW + HOUR, NULL, NULL, NULL), 1);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED); // it counts as any other
    assert_int_equal(row_of(world, 4000, 0).state, DELIVERY_CANCELLED);
    steps_all(world);
    assert_int_equal(row_of(world, 4000, 0).state, DELIVERY_CANCELLED);
}

static void newest_event_is_known(struct world *world)
{
    start(world);
    assert_int_equal(world->table->newest_event(world->backend), 0);
    accept_one(world, 5000, HOOK);
    accept_one(world, 4000, HOOK);
    assert_int_equal(world->table->newest_event(world->backend), 5000);
}

const struct conformance_case clock_cases[] = {
    {"waits_are_cut", waits_are_cut},
    {"a_clock_that_goes_on_changes_nothing", a_clock_that_goes_on_changes_nothing},
    {"every_time", every_time},
    {"deliver_at_is_by_the_wall", deliver_at_is_by_the_wall},
    {"manual_retry_is_due_at_once", manual_retry_is_due_at_once},
    {"crashes_of_a_manual_retry_keep_its_wait", crashes_of_a_manual_retry_keep_its_wait},
    {"held_ones_come_when_it_is_their_turn", held_ones_come_when_it_is_their_turn},
    {"a_large_backlog", a_large_backlog},
    {"enabled_again_it_takes_what_comes", enabled_again_it_takes_what_comes},
    {"newest_event_is_known", newest_event_is_known},
    {NULL, NULL},
};
