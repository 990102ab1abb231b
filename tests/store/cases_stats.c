#include "store/steps.h"

#include "hook/event.h"
#include "hook/outcome.h"

enum { HOUR = STATS_HOUR_MS, LATER_MS = 1000 };

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    make_hook(world, HOOK + 1);
}

// Figures follow within a second.
static void catch_up(struct world *world)
{
    world->now_ms += LATER_MS;
    steps_all(world);
}

static struct webhook_stats stats_of(struct world *world, int64_t app_id, int64_t hook)
{
    const int64_t ids[] = {HOOK + 77, hook};
    struct op *op = op_new(OP_WEBHOOK_STATS, 0, NULL);
    struct webhook_stats stats;

    op->as.webhook_stats.app_id = app_id;
    op->as.webhook_stats.now_ms = world->now_ms;
    op->as.webhook_stats.webhook_ids = ids;
    op->as.webhook_stats.count = 2;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.webhook_stats.rows[0].accepted, 0);
    stats = op->as.webhook_stats.rows[1];
    op_free(op);
    return stats;
}

static struct stats_point point_of(struct world *world, int64_t hook, int64_t since_ms)
{
    struct op *op = op_new(OP_STATS, 0, NULL);
    struct stats_point point;

    op->as.stats.app_id = APP;
    op->as.stats.webhook_id = hook;
    op->as.stats.since_ms = since_ms - since_ms % HOUR;
    op->as.stats.until_ms = op->as.stats.since_ms + 2 * HOUR;
    op->as.stats.step_ms = HOUR;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.stats.count, 2);
    assert_int_equal(op->as.stats.points[1].at_ms, op->as.stats.since_ms + HOUR);
    point = op->as.stats.points[0];
    op_free(op);
    return point;
}

static void counted_by_what_came_of_it(struct world *world)
{
    struct webhook_stats stats;

    start(world);
    for (int64_t id = 1000; id < 1004; id++)
        assert_int_equal(accept_one(world, id, HOOK), OP_DONE);
    assert_int_equal(accept_one(world, 1004, HOOK + 1), OP_DONE);
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    settle_one(world, 1001, 1, SETTLE_WAIT);
    settle_one(world, 1001, 2, SETTLE_DELIVERED);
    settle_one(world, 1002, 1, SETTLE_WAIT);
    settle_one(world, 1002, 2, SETTLE_FAILED);
    catch_up(world);
    stats = stats_of(world, APP, HOOK);
    assert_int_equal(stats.accepted, 4);
    assert_int_equal(stats.delivered, 2);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(stats.attempts, 5);
    assert_int_equal(stats.failed_attempts, 3);
    assert_int_equal(stats.last_attempt_ms, NOW);
    assert_int_equal(stats.day_accepted, 4);
    assert_int_equal(stats.day_delivered, 2);
    assert_int_equal(stats.day_failed, 1);
    assert_int_equal(stats_of(world, APP, HOOK + 1).accepted, 1);
    assert_int_equal(stats_of(world, APP + 1, HOOK).accepted, 0);
}

// An attempt of a person brings home what had failed, or had arrived already.
static void manual_retries_count_once(struct world *world)
{
    struct webhook_stats stats;

    start(world);
    for (int64_t id = 1000; id < 1002; id++)
        assert_int_equal(accept_one(world, id, HOOK), OP_DONE);
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    settle_one(world, 1001, 1, SETTLE_FAILED);
    for (int64_t id = 1000; id < 1002; id++) {
        assert_int_equal(on_delivery(world, OP_RETRY, id), OP_DONE);
        settle_as(world, id, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, NULL);
        assert_int_equal(on_delivery(world, OP_RETRY, id), OP_DONE);
        settle_as(world, id, 3, SETTLE_DELIVERED, TRIGGER_MANUAL, 0, NULL);
    }
    catch_up(world);
    stats = stats_of(world, APP, HOOK);
    assert_int_equal(stats.delivered, 2);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(stats.attempts, 6);
    assert_int_equal(stats.failed_attempts, 3);
}

static void counted_once_across_steps_and_starts(struct world *world)
{
    start(world);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(accept_one(world, 1000 + i, HOOK), OP_DONE);
        settle_one(world, 1000 + i, 1, SETTLE_DELIVERED);
        if (i % 2)
            catch_up(world);
        if (i == 3 && !world_reopen(world))
            return;
    }
    catch_up(world);
    assert_int_equal(stats_of(world, APP, HOOK).accepted, 6);
    assert_int_equal(stats_of(world, APP, HOOK).delivered, 6);
}

// Another worker's id, minted a little before one that was counted already.
static void late_ids_count(struct world *world)
{
    start(world);
    assert_int_equal(accept_one(world, 2000, HOOK), OP_DONE);
    catch_up(world);
    assert_int_equal(accept_one(world, 1999, HOOK), OP_DONE);
    assert_int_equal(accept_one(world, 2001, HOOK), OP_DONE);
    catch_up(world);
    assert_int_equal(stats_of(world, APP, HOOK).accepted, 3);
    if (world_reopen(world)) {
        catch_up(world);
        assert_int_equal(stats_of(world, APP, HOOK).accepted, 3);
    }
}

static void what_was_interrupted_says_nothing(struct world *world)
{
    struct op *op;

    start(world);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
    op = op_settle(1000, 0, 1, SETTLE_WAIT);
    op->as.settle.settle->attempt.error = OUTCOME_INTERRUPTED;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    catch_up(world);
    assert_int_equal(stats_of(world, APP, HOOK).attempts, 0);
}

static void series_by_the_hour(struct world *world)
{
    struct stats_point point;

    start(world);
    for (int64_t i = 0; i < 100; i++) {
        struct op *op = op_settle(1000 + i, 0, 1, SETTLE_DELIVERED);
        assert_int_equal(accept_one(world, 1000 + i, HOOK), OP_DONE);
        op->as.settle.settle->attempt.duration_ms = i < 90 ? 4 : 1000;
        op->as.settle.settle->attempt.started_wall_ms = i < 50 ? NOW : NOW + 5 * HOUR;
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
    }
    catch_up(world);
    point = point_of(world, HOOK, NOW);
    assert_int_equal(point.accepted, 100);
    assert_int_equal(point.attempts, 50);
    assert_int_equal(point.p99_ms, 4);
    point = point_of(world, HOOK, NOW + 5 * HOUR);
    assert_int_equal(point.accepted, 0);
    assert_int_equal(point.attempts, 50);
    assert_int_equal(point.p50_ms, 4);
    assert_in_range(point.p95_ms, 938, 1062);
    assert_int_equal(point_of(world, 0, NOW).attempts, 50);
    assert_int_equal(point_of(world, HOOK + 1, NOW).attempts, 0);
}

static void series_of_nobody(struct world *world)
{
    struct op *op = op_new(OP_STATS, 0, NULL);

    start(world);
    make_app(world, APP + 1);
    op->as.stats.app_id = APP + 1;
    op->as.stats.webhook_id = HOOK;
    op->as.stats.until_ms = op->as.stats.step_ms = HOUR;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    op_free(op);
}

static int64_t oldest_of(struct world *world, int64_t hook)
{
    struct op *op = op_new(OP_STATS, 0, NULL);
    int64_t oldest_ms;

    op->as.stats.app_id = APP;
    op->as.stats.webhook_id = hook;
    op->as.stats.until_ms = op->as.stats.step_ms = HOUR;
    assert_int_equal(ask(world, op), OP_DONE);
    oldest_ms = op->as.stats.oldest_waiting_ms;
    op_free(op);
    return oldest_ms;
}

static void what_waits_longest(struct world *world)
{
    start(world);
    assert_int_equal(oldest_of(world, 0), 0);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
    world->now_ms += 5;
    assert_int_equal(accept_one(world, 1001, HOOK + 1), OP_DONE);
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_WAIT), SETTLED);
    assert_int_equal(oldest_of(world, HOOK), NOW);
    assert_int_equal(oldest_of(world, HOOK + 1), 0);
    assert_int_equal(oldest_of(world, 0), NOW);
}

const struct conformance_case stats_cases[] = {
    {"counted_by_what_came_of_it", counted_by_what_came_of_it},
    {"manual_retries_count_once", manual_retries_count_once},
    {"counted_once_across_steps_and_starts", counted_once_across_steps_and_starts},
    {"late_ids_count", late_ids_count},
    {"what_was_interrupted_says_nothing", what_was_interrupted_says_nothing},
    {"series_by_the_hour", series_by_the_hour},
    {"series_of_nobody", series_of_nobody},
    {"what_waits_longest", what_waits_longest},
    {NULL, NULL},
};
