#include "store/steps.h"

#include "hook/event.h"

#include <string.h>

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
}

// Accepts with one or two keys; answers the result and the event that it speaks of.
static enum op_result accept_keyed(struct world *world, int64_t event_id, struct dedupe first,
                                   struct dedupe second, int64_t *ret_event_id)
{
    int64_t hook = HOOK;
    struct op *op = op_accept(world, APP, event_id, &hook, 1);
    enum op_result result;

    op->as.accept.dedupe[0] = first;
    op->as.accept.dedupe[1] = second;
    result = apply_one(world, op);
    *ret_event_id = op->as.accept.event_id;
    op_free(op);
    return result;
}

static void accepted_is_fresh_and_told(struct world *world)
{
    const int64_t hooks[] = {HOOK, HOOK + 1, HOOK};
    struct op *op;

    start(world);
    make_hook(world, HOOK + 1);
    op = op_accept(world, APP, 1000, hooks, 3);
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(op->as.accept.event_id, 1000);
    assert_int_equal(arrival_count(world), 3);
    for (int n = 0; n < 3; n++) {
        struct delivery_row row = row_of(world, 1000, n);
        assert_int_equal(row.state, DELIVERY_FRESH);
        assert_int_equal(row.webhook_id, hooks[n]);
        assert_int_equal(row.due_ms, NOW);
    }
    assert_int_equal(world->news.arrivals->trigger, TRIGGER_SCHEDULED);
    assert_int_equal(world->news.arrivals->partition, partition_of(HOOK));
    assert_false(world->news.arrivals->is_parked);
    op_free(op);
}

static void event_without_webhooks(struct world *world)
{
    struct op *op;

    start(world);
    op = op_accept(world, APP, 1000, NULL, 0);
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(arrival_count(world), 0);
    op_free(op);
}

static void refusals_of_a_plan(struct world *world)
{
    const struct {
        int64_t app_id, event_id, hook;
        int version_off;
        enum op_result result;
    } rows[] = {
        {APP, 1000, HOOK, 0, OP_DONE},
        {APP, 1001, HOOK, -1, OP_STALE},
        {APP, 1001, HOOK, 1, OP_STALE},
        {APP, 1001, HOOK + 7, 0, OP_STALE}, // no such webhook
        {APP, 1000, HOOK, 0, OP_STALE},     // that id is taken
        {APP + 1, 1001, HOOK, 0, OP_NOT_FOUND},
        {APP, 1001, HOOK, 0, OP_DONE},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op;
        world->app_version += rows[i].version_off;
        op = op_accept(world, rows[i].app_id, rows[i].event_id, &rows[i].hook, 1);
        world->app_version -= rows[i].version_off;
        assert_int_equal(apply_one(world, op), rows[i].result);
        assert_int_equal(arrival_count(world), rows[i].result == OP_DONE);
        op_free(op);
    }
}

static void webhook_of_another_app(struct world *world)
{
    int64_t hook = HOOK;
    struct op *op;

    start(world);
    make_app(world, APP + 1);
    world->app_version = 1;
    op = op_accept(world, APP + 1, 1000, &hook, 1);
    assert_int_equal(apply_one(world, op), OP_STALE);
    op_free(op);
}

static void disabled_after_the_plan(struct world *world)
{
    int64_t hook = HOOK;
    struct op *op;

    start(world);
    assert_int_equal(accept_one(world, 5000, HOOK), OP_DONE);
    assert_int_equal(change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED), OP_DONE);
    op = op_accept(world, APP, 6000, &hook, 1); // the app's new version, but an old list
    assert_int_equal(apply_one(world, op), OP_STALE);
    op_free(op);
}

static void same_key_is_the_same_event(struct world *world)
{
    const struct dedupe none = {0};
    const struct {
        int64_t event_id;
        enum dedupe_kind kind;
        int key, body;
        enum op_result result;
        int64_t answered;
    } rows[] = {
        {1000, DEDUPE_HEADER, 1, 1, OP_DONE, 1000},
        {1001, DEDUPE_HEADER, 1, 1, OP_REPLAY, 1000},
        {1002, DEDUPE_HEADER, 1, 2, OP_OTHER_BODY, 1000},
        {1003, DEDUPE_UID, 1, 2, OP_DONE, 1003}, // of another kind
        {1004, DEDUPE_UID, 1, 2, OP_REPLAY, 1003},
        {1005, DEDUPE_HEADER, 2, 1, OP_DONE, 1005},
        {1006, DEDUPE_HEADER, 1, 1, OP_REPLAY, 1000},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t answered = 0;
        enum op_result result =
            accept_keyed(world, rows[i].event_id,
                         dedupe_of(rows[i].kind, rows[i].key, rows[i].body), none, &answered);
        assert_int_equal(result, rows[i].result);
        assert_int_equal(answered, rows[i].answered);
        assert_int_equal(arrival_count(world), rows[i].result == OP_DONE);
    }
}

static void replay_needs_no_current_plan(struct world *world)
{
    const struct dedupe none = {0};
    int64_t answered = 0;

    start(world);
    accept_keyed(world, 1000, dedupe_of(DEDUPE_HEADER, 1, 1), none, &answered);
    world->app_version = 77;
    assert_int_equal(
        accept_keyed(world, 1001, dedupe_of(DEDUPE_HEADER, 1, 1), none, &answered),
        OP_REPLAY);
    assert_int_equal(answered, 1000);
}

static void either_key_is_enough(struct world *world)
{
    int64_t answered = 0;

    start(world);
    assert_int_equal(accept_keyed(world, 1000, dedupe_of(DEDUPE_HEADER, 1, 1),
                                  dedupe_of(DEDUPE_UID, 9, 1), &answered),
                     OP_DONE);
    assert_int_equal(accept_keyed(world, 1001, dedupe_of(DEDUPE_HEADER, 2, 1),
                                  dedupe_of(DEDUPE_UID, 9, 1), &answered),
                     OP_REPLAY);
    assert_int_equal(answered, 1000);
}

static void same_key_in_one_group(struct world *world)
{
    enum { COUNT = 64 };
    struct op *ops[COUNT];
    int64_t hook = HOOK;

    start(world);
    for (int i = 0; i < COUNT; i++) {
        ops[i] = op_accept(world, APP, 1000 + i, &hook, 1);
        ops[i]->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, 1, 1);
    }
    assert_int_equal(apply(world, ops, COUNT), STORE_DONE);
    assert_int_equal(arrival_count(world), 1);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(ops[i]->result, i ? OP_REPLAY : OP_DONE);
        assert_int_equal(ops[i]->as.accept.event_id, 1000);
        op_free(ops[i]);
    }
}

static void keys_are_per_app(struct world *world)
{
    const struct dedupe none = {0};
    int64_t answered = 0;
    struct op *op;

    start(world);
    accept_keyed(world, 1000, dedupe_of(DEDUPE_HEADER, 1, 1), none, &answered);
    make_app(world, APP + 1);
    world->app_version = 1;
    op = op_accept(world, APP + 1, 1001, NULL, 0);
    op->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, 1, 1);
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

// Enough for several runs of seven, looked up while runs are written, from the runs, and
// after the store was closed in the middle of one.
static void keys_are_found_in_runs(struct world *world)
{
    enum { COUNT = 100 };
    const struct dedupe none = {0};
    int64_t answered = 0;

    start(world);
    for (int i = 0; i < COUNT; i++) {
        struct dedupe key = dedupe_of(DEDUPE_HEADER, i, i);
        assert_int_equal(accept_keyed(world, 1000 + i, key, none, &answered), OP_DONE);
        if (i % 10 == 3)
            steps_all(world);
        for (int seen = i % 5; seen <= i; seen += 5) {
            key = dedupe_of(DEDUPE_HEADER, seen, seen);
            assert_int_equal(accept_keyed(world, 5000 + i, key, none, &answered), OP_REPLAY);
            assert_int_equal(answered, 1000 + seen);
        }
        if (i % 25 == 16 && !world_reopen(world))
            return;
    }
}

static void behind_is_born_parked(struct world *world)
{
    start(world);
    behind(world, HOOK);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
    assert_int_equal(arrival_count(world), 0);
    assert_int_equal(world->news.due_count, 1);
    assert_int_equal(world->news.dues[0].webhook_id, HOOK);
    assert_int_equal(world->news.dues[0].app_id, APP);
    assert_int_equal(world->news.dues[0].due_wall_ms, NOW);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_PARKED);
}

// A plan that says when: the lane hears of that time, and has nothing in hand before.
static void later_is_born_parked(struct world *world)
{
    const struct {
        int64_t due_ms, row_due;
        enum delivery_state state;
        size_t arrivals, dues;
    } rows[] = {
        {NOW + MINUTE, NOW + MINUTE, DELIVERY_PARKED, 0, 1},
        {NOW + 1, NOW + 1, DELIVERY_PARKED, 0, 1},
        {NOW, NOW, DELIVERY_FRESH, 1, 0},
        {NOW - 1, NOW, DELIVERY_FRESH, 1, 0},
        {0, NOW, DELIVERY_FRESH, 1, 0},
    };
    int64_t hook = HOOK;

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_accept(world, APP, 1000 + (int64_t)i, &hook, 1);
        op->as.accept.accept.due_ms = rows[i].due_ms;
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
        assert_int_equal(arrival_count(world), rows[i].arrivals);
        assert_int_equal(world->news.due_count, rows[i].dues);
        if (rows[i].dues > 0)
            assert_int_equal(world->news.dues[0].due_wall_ms, rows[i].due_ms);
        struct delivery_row row = row_of(world, 1000 + (int64_t)i, 0);
        assert_int_equal(row.state, rows[i].state);
        assert_int_equal(row.due_ms, rows[i].row_due);
    }
}

// Its time is one of the wall clock: so much may be waited for it, if that is set back.
static void later_is_claimed_then(struct world *world)
{
    int64_t hook = HOOK;
    struct op *op;

    start(world);
    op = op_accept(world, APP, 1000, &hook, 1);
    op->as.accept.accept.due_ms = NOW + MINUTE;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    for (int64_t due_max = NOW; due_max <= NOW + MINUTE; due_max += MINUTE) {
        op = op_claim(HOOK, 10, due_max);
        assert_int_equal(apply_one(world, op), OP_DONE);
        const struct claimed *claimed = &op->as.claim.claimed;
        assert_int_equal(claimed->count, due_max == NOW ? 0 : 1);
        if (claimed->count > 0) {
            assert_int_equal(claimed->parcels->due_wall_ms, NOW + MINUTE);
            assert_int_equal(claimed->parcels->wait_ms, (int64_t)30 * 24 * 60 * MINUTE);
        } else {
            assert_int_equal(claimed->next_due_wall_ms, NOW + MINUTE);
        }
        op_free(op);
    }
}

const struct conformance_case accept_cases[] = {
    {"accepted_is_fresh_and_told", accepted_is_fresh_and_told},
    {"event_without_webhooks", event_without_webhooks},
    {"refusals_of_a_plan", refusals_of_a_plan},
    {"webhook_of_another_app", webhook_of_another_app},
    {"disabled_after_the_plan", disabled_after_the_plan},
    {"same_key_is_the_same_event", same_key_is_the_same_event},
    {"replay_needs_no_current_plan", replay_needs_no_current_plan},
    {"either_key_is_enough", either_key_is_enough},
    {"same_key_in_one_group", same_key_in_one_group},
    {"keys_are_per_app", keys_are_per_app},
    {"keys_are_found_in_runs", keys_are_found_in_runs},
    {"behind_is_born_parked", behind_is_born_parked},
    {"later_is_born_parked", later_is_born_parked},
    {"later_is_claimed_then", later_is_claimed_then},
    {NULL, NULL},
};
