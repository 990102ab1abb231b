#include "store/steps.h"

#include "hook/event.h"

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    make_hook(world, HOOK + 1);
}

// One that waits until then.
static void park(struct world *world, int64_t event_id, int64_t hook, int64_t due)
{
    assert_int_equal(accept_one(world, event_id, hook), OP_DONE);
    assert_int_equal(settle_as(world, event_id, 1, SETTLE_WAIT, TRIGGER_SCHEDULED, due, NULL),
                     SETTLED);
}

static void order_and_bounds(struct world *world)
{
    const struct {
        size_t limit;
        int64_t due_max;
        size_t count;
        bool reached_end;
        int64_t next_due;
    } rows[] = {
        {10, NOW + 100, 5, true, INT64_MAX}, {5, NOW + 100, 5, true, INT64_MAX},
        {4, NOW + 100, 4, false, NOW + 30},  {2, NOW + 100, 2, false, NOW + 20},
        {10, NOW + 20, 4, true, NOW + 30},   {3, NOW + 15, 2, true, NOW + 20},
        {10, NOW + 9, 0, true, NOW + 10},    {2, NOW + 10, 2, true, NOW + 20},
    };
    const int64_t order[] = {1004, 1005, 1001, 1003, 1002};
    int64_t ids[10];
    bool reached_end;
    int64_t next_due;

    start(world);
    park(world, 1001, HOOK, NOW + 20);
    park(world, 1002, HOOK, NOW + 30);
    park(world, 1003, HOOK, NOW + 20);
    park(world, 1004, HOOK, NOW + 10);
    park(world, 1005, HOOK, NOW + 10);
    park(world, 1006, HOOK + 1, NOW + 1);
    accept_one(world, 1007, HOOK); // fresh: its lane has it
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = claim_ids(world, HOOK, rows[i].limit, rows[i].due_max, ids,
                                 &reached_end, &next_due);
        assert_int_equal(count, rows[i].count);
        assert_int_equal(reached_end, rows[i].reached_end);
        assert_int_equal(next_due, rows[i].next_due);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(ids[k], order[k]);
    }
}

static void parcels_carry_all(struct world *world)
{
    struct op *op = op_claim(HOOK, 10, NOW + MINUTE);
    const struct parcel *parcel;

    start(world);
    park(world, 1000, HOOK, NOW + 10);
    assert_int_equal(apply_one(world, op), OP_DONE);
    parcel = op->as.claim.claimed.parcels;
    assert_int_equal(parcel->number, 1);
    assert_int_equal(parcel->step, 1);
    assert_int_equal(parcel->due_wall_ms, NOW + 10);
    assert_int_equal(parcel->wait_ms, 10);
    assert_int_equal(parcel->app_id, APP);
    assert_int_equal(parcel->trigger, TRIGGER_SCHEDULED);
    assert_int_equal(parcel->partition, partition_of(HOOK));
    assert_string_equal(parcel->event->type, "payment.completed");
    assert_string_equal(parcel->event->body, "{\"payload\":{\"amount\":1.10}}");
    assert_int_equal(parcel->event->payload_at, 11);
    assert_int_equal(parcel->event->payload_len, 15);
    op_free(op);
}

static void retry_is_claimed_as_manual(struct world *world)
{
    struct op *op = op_claim(HOOK, 10, NOW);

    start(world);
    park(world, 1000, HOOK, NOW + MINUTE);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(op->as.claim.claimed.count, 1);
    assert_int_equal(op->as.claim.claimed.parcels->trigger, TRIGGER_MANUAL);
    op_free(op);
}

static void bytes_bound_a_claim(struct world *world)
{
    const struct {
        size_t bytes;
        size_t count;
    } rows[] = {{0, 1}, {1, 1}, {27, 1}, {28, 2}, {54, 2}, {55, 3}, {1000, 3}};

    start(world);
    for (int64_t id = 1000; id < 1003; id++)
        park(world, id, HOOK, NOW);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_claim(HOOK, 10, NOW);
        op->as.claim.claim.bytes_max = rows[i].bytes;
        assert_int_equal(apply_one(world, op), OP_DONE);
        assert_int_equal(op->as.claim.claimed.count, rows[i].count);
        op_free(op);
    }
}

static void end_clears_behind(struct world *world)
{
    bool reached_end;

    start(world);
    behind(world, HOOK);
    for (int64_t id = 1000; id < 1004; id++)
        accept_one(world, id, HOOK);
    assert_int_equal(claim_ids(world, HOOK, 2, NOW, NULL, &reached_end, NULL), 2);
    assert_false(reached_end);
    accept_one(world, 1004, HOOK); // still behind
    assert_int_equal(arrival_count(world), 0);
    assert_int_equal(claim_ids(world, HOOK, 9, NOW, NULL, &reached_end, NULL), 5);
    assert_true(reached_end);
    accept_one(world, 1005, HOOK);
    assert_int_equal(arrival_count(world), 1);
    assert_int_equal(row_of(world, 1005, 0).state, DELIVERY_FRESH);
}

// No birth falls between the claim's sight and the clearing, whatever the group.
static void births_in_the_group_of_the_claim(struct world *world)
{
    int64_t hook = HOOK;
    struct op *ops[3];
    bool saw_birth = false;

    start(world);
    behind(world, HOOK);
    accept_one(world, 1000, HOOK);
    ops[0] = op_accept(world, APP, 1001, &hook, 1);
    ops[1] = op_claim(HOOK, 10, NOW);
    assert_int_equal(apply(world, ops, 2), STORE_DONE);
    for (const struct parcel *parcel = ops[1]->as.claim.claimed.parcels; parcel;
         parcel = parcel->next)
        saw_birth |= parcel->event_id == 1001;
    assert_int_equal(saw_birth + arrival_count(world), 1);
    op_free(ops[0]);
    op_free(ops[1]);
}

static void parked_by_its_lane(struct world *world)
{
    struct op *op = op_new(OP_PARK, 0, NULL);

    start(world);
    accept_one(world, 1000, HOOK);
    op->as.park.parcels = world->news.arrivals;
    world->news.arrivals = NULL;
    world->news.arrivals_tail = &world->news.arrivals;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_PARKED);
    assert_int_equal(claim_ids(world, HOOK, 10, NOW, NULL, NULL, NULL), 1);
}

// A late PARK of what was settled meanwhile changes nothing.
static void parked_too_late(struct world *world)
{
    struct op *op = op_new(OP_PARK, 0, NULL);

    start(world);
    accept_one(world, 1000, HOOK);
    op->as.park.parcels = world->news.arrivals;
    world->news.arrivals = NULL;
    world->news.arrivals_tail = &world->news.arrivals;
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_DELIVERED);
}

static void cancelled_rows_are_not_claimed(struct world *world)
{
    start(world);
    park(world, 1000, HOOK, NOW);
    park(world, 1001, HOOK, NOW);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(claim_ids(world, HOOK, 10, NOW, NULL, NULL, NULL), 0);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    assert_int_equal(claim_ids(world, HOOK, 10, NOW, NULL, NULL, NULL), 0);
    park(world, 2000, HOOK, NOW);
    assert_int_equal(claim_ids(world, HOOK, 10, NOW, NULL, NULL, NULL), 1);
    // A person may retry one past the cut; disabling again cancels that, too.
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    steps_all(world);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_PARKED);
    assert_int_equal(row_of(world, 1001, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(claim_ids(world, HOOK, 10, NOW, NULL, NULL, NULL), 2);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
}

// Nothing is accepted between the two: what was retried past the first cut is before the
// second.
static void disabled_twice(struct world *world)
{
    start(world);
    park(world, 1000, HOOK, NOW);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_PARKED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
    steps_all(world);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
}

static void resumed_after_a_crash(struct world *world)
{
    struct cut_off cuts[] = {
        {1000, 0, 1}, {1001, 0, 2}, {1002, 0, 1}, {1003, 0, 1}, {9999, 0, 1}};
    size_t due_count = 0;

    start(world);
    accept_one(world, 1000, HOOK);
    park(world, 1001, HOOK, NOW + 10 * MINUTE);
    accept_one(world, 1002, HOOK);
    settle_one(world, 1002, 1, SETTLE_DELIVERED); // recorded before the crash
    accept_one(world, 1003, HOOK);
    on_delivery(world, OP_CANCEL, 1003);
    accept_one(world, 1004, HOOK + 1);
    world->now_ms = NOW + MINUTE;
    news_done(&world->news);
    assert_int_equal(
        world->table->resume(world->backend, world->now_ms, cuts, 5, &world->news),
        STORE_DONE);
    assert_int_equal(arrival_count(world), 2); // 1000 and 1004
    assert_int_equal(world->news.arrivals->event_id, 1000);
    assert_int_equal(world->news.arrivals->number, 1);
    assert_int_equal(world->news.arrivals->step, 0);
    assert_int_equal(world->news.arrivals->crashes, 1);
    for (size_t i = 0; i < world->news.due_count; i++) {
        assert_int_equal(world->news.dues[i].webhook_id, HOOK);
        assert_int_equal(world->news.dues[i].due_wall_ms, NOW + MINUTE);
        due_count++;
    }
    assert_int_equal(due_count, 1);
    assert_int_equal(row_of(world, 1001, 0).due_ms, NOW + MINUTE); // due at once
    assert_int_equal(row_of(world, 1001, 0).step, 1);
    assert_int_equal(row_of(world, 1002, 0).state, DELIVERY_DELIVERED);
    assert_int_equal(row_of(world, 1003, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(attempts_of(world, 1001, NULL), 2);
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_DELIVERED), SETTLED);
}

static void poison_waits(struct world *world)
{
    start(world);
    accept_one(world, 1000, HOOK);
    for (int crash = 1; crash <= 4; crash++) {
        struct cut_off cut = {1000, 0, (uint16_t)crash};
        struct delivery_row row;
        news_done(&world->news);
        assert_int_equal(
            world->table->resume(world->backend, world->now_ms, &cut, 1, &world->news),
            STORE_DONE);
        row = row_of(world, 1000, 0);
        assert_int_equal(row.crashes, crash);
        assert_int_equal(row.number, crash);
        assert_int_equal(row.due_ms, crash < 3 ? NOW : NOW + MINUTE);
        assert_int_equal(row.state, crash < 3 ? DELIVERY_FRESH : DELIVERY_PARKED);
        assert_int_equal(arrival_count(world), crash < 3);
    }
}

static void reopened_store_knows_all(struct world *world)
{
    start(world);
    accept_one(world, 1000, HOOK);
    park(world, 1001, HOOK, NOW + 20);
    park(world, 1002, HOOK + 1, NOW + 5);
    change_hook(world, HOOK + 1, VERB_UPDATE, WEBHOOK_DISABLED);
    if (!world_reopen(world))
        return;
    assert_int_equal(world->table->resume(world->backend, NOW, NULL, 0, &world->news),
                     STORE_DONE);
    assert_int_equal(arrival_count(world), 1);
    assert_int_equal(world->news.arrivals->event_id, 1000);
    assert_int_equal(world->news.due_count, 1);
    assert_int_equal(world->news.dues[0].due_wall_ms, NOW + 20);
    assert_int_equal(row_of(world, 1002, 0).state, DELIVERY_CANCELLED);
    steps_all(world);
    assert_int_equal(row_of(world, 1002, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(accept_one(world, 1003, HOOK), OP_DONE); // versions hold
    assert_int_equal(settle_one(world, 1001, 2, SETTLE_DELIVERED), SETTLED);
}

// More rows than one step rewrites.
static void sweep_of_a_backlog(struct world *world)
{
    enum { COUNT = 1203 };

    start(world);
    behind(world, HOOK);
    for (int64_t id = 1000; id < 1000 + COUNT; id++)
        accept_one(world, id, HOOK);
    change_hook(world, HOOK, VERB_DELETE, WEBHOOK_DELETED);
    assert_int_equal(row_of(world, 1000 + COUNT - 1, 0).state, DELIVERY_CANCELLED);
    steps_all(world);
    for (int64_t id = 1000; id < 1000 + COUNT; id += 100)
        assert_int_equal(row_of(world, id, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_GONE);
}

static void erased_app(struct world *world)
{
    struct op *op;

    make_app(world, APP);
    make_hook(world, HOOK);
    make_hook(world, HOOK + 1);
    for (int64_t id = 1000; id < 1700; id++)
        accept_one(world, id, HOOK);
    settle_one(world, 1000, 1, SETTLE_WAIT);
    settle_one(world, 1000, 2, SETTLE_WAIT);
    op = op_app(VERB_DELETE, APP, NULL);
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(world->news.change_count, 3); // both webhooks and the app
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(world->news.changes[i].op, op);
    op_free(op);
    assert_int_equal(accept_one(world, 2000, HOOK), OP_NOT_FOUND);
    assert_int_equal(settle_one(world, 1000, 3, SETTLE_WAIT), SETTLED_GONE);
    steps_all(world);
    assert_int_equal(settle_one(world, 1000, 4, SETTLE_DELIVERED), SETTLED_GONE);
    op = op_new(OP_GET_EVENT, 0, NULL);
    op->as.event.app_id = APP;
    op->as.event.id = 1001;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    op_free(op);
    op = op_new(OP_HOOK_CARD, 0, NULL);
    op->as.hook_card.app_id = APP;
    op->as.hook_card.id = HOOK;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    op_free(op);
}

// Behind the head stand the newest that are due and not yet tried; the head's are not told
// twice, and where the head is all there is, there are none.
static void newest_behind_the_head(struct world *world)
{
    const struct {
        size_t limit, newest;
        int64_t ids[5];
        size_t count;
    } rows[] = {
        {2, 2, {1000, 1001, 1008, 1006}, 4},
        {2, 1, {1000, 1001, 1008}, 3},
        {2, 0, {1000, 1001}, 2},
        {1, 9, {1000, 1008, 1006, 1005, 1004}, 8},
        {20, 2, {1000, 1001, 1002, 1003, 1004}, 9},
    };

    make_app(world, APP);
    make_hook(world, HOOK);
    behind(world, HOOK);
    for (int64_t id = 1000; id < 1010; id++) {
        world->now_ms = NOW + id - 1000;
        assert_int_equal(accept_one(world, id, HOOK), OP_DONE);
    }
    settle_as(world, 1007, 1, SETTLE_WAIT, TRIGGER_SCHEDULED, NOW + 7, NULL); // tried
    settle_as(world, 1009, 1, SETTLE_WAIT, TRIGGER_SCHEDULED, NOW + MINUTE, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_claim(HOOK, rows[i].limit, NOW + 30);
        struct claimed *claimed = &op->as.claim.claimed;
        size_t at = 0;
        op->as.claim.claim.newest = rows[i].newest;
        assert_int_equal(apply_one(world, op), OP_DONE);
        for (struct parcel *parcel = claimed->parcels; parcel; parcel = parcel->next, at++) {
            if (at < sizeof rows->ids / sizeof *rows->ids && rows[i].ids[at])
                assert_int_equal(parcel->event_id, rows[i].ids[at]);
            assert_int_equal(parcel->is_newest, at >= rows[i].limit);
        }
        assert_int_equal(at, claimed->count);
        assert_int_equal(at, rows[i].count);
        op_free(op);
    }
}

const struct conformance_case claim_cases[] = {
    {"order_and_bounds", order_and_bounds},
    {"parcels_carry_all", parcels_carry_all},
    {"retry_is_claimed_as_manual", retry_is_claimed_as_manual},
    {"bytes_bound_a_claim", bytes_bound_a_claim},
    {"end_clears_behind", end_clears_behind},
    {"births_in_the_group_of_the_claim", births_in_the_group_of_the_claim},
    {"parked_by_its_lane", parked_by_its_lane},
    {"parked_too_late", parked_too_late},
    {"cancelled_rows_are_not_claimed", cancelled_rows_are_not_claimed},
    {"disabled_twice", disabled_twice},
    {"resumed_after_a_crash", resumed_after_a_crash},
    {"poison_waits", poison_waits},
    {"reopened_store_knows_all", reopened_store_knows_all},
    {"sweep_of_a_backlog", sweep_of_a_backlog},
    {"erased_app", erased_app},
    {"newest_behind_the_head", newest_behind_the_head},
    {NULL, NULL},
};
