// Work behind everything else: recover, which tries anew what failed; and retention.

#include "store/steps.h"

#include "hook/id.h"

#include <string.h>

enum { JOB = 9000, NEVER = 100000 };

static struct op *op_job(enum verb verb, int64_t app_id, int64_t hook, int64_t first,
                         int64_t end)
{
    struct op *op = op_new(OP_JOB, 0, NULL);

    op->as.job.verb = verb;
    op->as.job.running_max = 3;
    op->as.job.now_ms = NOW;
    op->as.job.row = (struct job_row){.id = JOB + 100000 * hook + first,
                                      .app_id = app_id,
                                      .webhook_id = hook,
                                      .first_id = first,
                                      .end_id = end,
                                      .since_ms = 1,
                                      .created_ms = NOW};
    return op;
}

static enum op_result on_job(struct world *world, enum verb verb, int64_t app_id,
                             int64_t hook, int64_t first, int64_t end)
{
    struct op *op = op_job(verb, app_id, hook, first, end);
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static enum op_result recover(struct world *world, int64_t first, int64_t end)
{
    return on_job(world, VERB_CREATE, APP, HOOK, first, end);
}

static struct job_row job_at(struct world *world, int64_t first)
{
    struct op *op = op_new(OP_GET_JOB, 0, NULL);
    struct job_row row;

    op->as.get_job.app_id = APP;
    op->as.get_job.id = JOB + 100000 * HOOK + first;
    assert_int_equal(ask(world, op), OP_DONE);
    row = op->as.get_job.row;
    op_free(op);
    return row;
}

static int64_t count_in(struct world *world, int64_t first, int64_t end)
{
    struct op *op = op_new(OP_RECOVER_COUNT, 0, NULL);
    int64_t total;

    op->as.get_job.app_id = APP;
    op->as.get_job.row =
        (struct job_row){.webhook_id = HOOK, .first_id = first, .end_id = end};
    assert_int_equal(ask(world, op), OP_DONE);
    total = op->as.get_job.row.total;
    op_free(op);
    return total;
}

// Events from 1000 on, all of which have failed.
static void start(struct world *world, int count)
{
    make_events(world, count);
    for (int64_t id = 1000; id < 1000 + count; id++)
        assert_int_equal(settle_one(world, id, 1, SETTLE_FAILED), SETTLED);
}

static void recover_begins_the_schedule_anew(struct world *world)
{
    struct delivery_row row;

    start(world, 2);
    world->now_ms += 7;
    assert_int_equal(recover(world, 1000, NEVER), OP_DONE);
    assert_int_equal(job_at(world, 1000).state, JOB_RUNNING);
    assert_int_equal(job_at(world, 1000).total, JOB_TOTAL_UNKNOWN);
    steps_all(world);
    row = row_of(world, 1000, 0);
    assert_int_equal(row.state, DELIVERY_PARKED);
    assert_int_equal(row.due_ms, NOW + 7);
    assert_int_equal(row.step, 0);
    assert_int_equal(row.number, 1);
    assert_int_equal(row.ended_ms, 0);
    assert_false(row.is_retrying);
    assert_true(world->news.due_count > 0);
    assert_int_equal(world->news.dues[0].webhook_id, HOOK);
    assert_int_equal(job_at(world, 1000).state, JOB_DONE);
    assert_int_equal(job_at(world, 1000).done, 2);
    assert_int_equal(job_at(world, 1000).total, 2);
    assert_int_equal(job_at(world, 1000).ended_ms, NOW + 7);
    // The next attempt is the schedule's, and counts on.
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_WAIT), SETTLED);
    assert_int_equal(settle_one(world, 1001, 2, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(attempts_of(world, 1000, NULL), 2);
}

static enum trigger claimed_trigger(struct world *world)
{
    struct op *op = op_claim(HOOK, 1, world->now_ms);
    enum trigger trigger;

    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(op->as.claim.claimed.count, 1);
    trigger = op->as.claim.claimed.parcels->trigger;
    op_free(op);
    return trigger;
}

static int64_t cut_off_last(struct world *world, int number, int *ret_trigger)
{
    struct cut_off cut = {1000, 0, (uint16_t)number};

    news_done(&world->news);
    assert_int_equal(
        world->table->resume(world->backend, world->now_ms, &cut, 1, &world->news),
        STORE_DONE);
    return (int64_t)attempts_of(world, 1000, ret_trigger);
}

// The schedule that a job began says so to its end: past waits, retries by people, our own
// crashes and restarts.
static void recover_names_its_attempts(struct world *world)
{
    int trigger = -1;

    start(world, 1);
    assert_int_equal(recover(world, 1000, NEVER), OP_DONE);
    steps_all(world);
    assert_int_equal(claimed_trigger(world), TRIGGER_REPLAY);
    assert_int_equal(
        settle_as(world, 1000, 2, SETTLE_WAIT, TRIGGER_REPLAY, NOW + MINUTE, NULL), SETTLED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(claimed_trigger(world), TRIGGER_MANUAL);
    assert_int_equal(cut_off_last(world, 3, &trigger), 3);
    assert_int_equal(trigger, TRIGGER_MANUAL);
    assert_int_equal(settle_as(world, 1000, 4, SETTLE_RESTORE, TRIGGER_MANUAL, 0, NULL),
                     SETTLED);
    world->now_ms += MINUTE;
    assert_int_equal(claimed_trigger(world), TRIGGER_REPLAY);
    assert_int_equal(cut_off_last(world, 5, &trigger), 5);
    assert_int_equal(trigger, TRIGGER_REPLAY);
    if (strncmp(world->url, "model", 5) != 0)
        assert_true(world_reopen(world));
    assert_int_equal(claimed_trigger(world), TRIGGER_REPLAY);
    assert_int_equal(settle_as(world, 1000, 6, SETTLE_FAILED, TRIGGER_REPLAY, 0, NULL),
                     SETTLED);
    assert_int_equal(attempts_of(world, 1000, &trigger), 6);
    assert_int_equal(trigger, TRIGGER_REPLAY);
}

// What is tried anew and what is left alone.
static void recover_takes_what_failed(struct world *world)
{
    const struct {
        int64_t id;
        enum delivery_state before, after;
    } rows[] = {
        {1000, DELIVERY_DELIVERED, DELIVERY_DELIVERED},
        {1001, DELIVERY_FAILED, DELIVERY_FAILED},
        {1002, DELIVERY_FAILED, DELIVERY_PARKED},
        {1003, DELIVERY_PARKED, DELIVERY_PARKED},
        {1004, DELIVERY_CANCELLED, DELIVERY_CANCELLED},
        {1005, DELIVERY_FAILED, DELIVERY_PARKED},
        {1006, DELIVERY_FAILED, DELIVERY_FAILED},
    };

    make_events(world, 7);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum settle_next next = rows[i].before == DELIVERY_DELIVERED ? SETTLE_DELIVERED
                                : rows[i].before == DELIVERY_FAILED  ? SETTLE_FAILED
                                                                     : SETTLE_WAIT;
        settle_one(world, rows[i].id, 1, next);
        if (rows[i].before == DELIVERY_CANCELLED)
            assert_int_equal(on_delivery(world, OP_CANCEL, rows[i].id), OP_DONE);
        assert_int_equal(row_of(world, rows[i].id, 0).state, rows[i].before);
    }
    assert_int_equal(count_in(world, 1002, 1006), 2);
    assert_int_equal(recover(world, 1002, 1006), OP_DONE);
    steps_all(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(row_of(world, rows[i].id, 0).state, rows[i].after);
    assert_int_equal(row_of(world, 1003, 0).due_ms, NOW + MINUTE);
    assert_int_equal(job_at(world, 1002).done, 2);
    assert_int_equal(job_at(world, 1002).total, 2);
    assert_int_equal(count_in(world, 1002, 1006), 0);
}

// What was cancelled because its webhook was disabled comes back, once that is enabled.
static void recover_after_a_disable(struct world *world)
{
    make_events(world, 3);
    settle_one(world, 1000, 1, SETTLE_WAIT);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(recover(world, 1000, NEVER), OP_GONE);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    assert_int_equal(row_of(world, 1001, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(recover(world, 1000, NEVER), OP_DONE);
    steps_all(world);
    for (int64_t id = 1000; id < 1003; id++)
        assert_int_equal(row_of(world, id, 0).state, DELIVERY_PARKED);
    assert_int_equal(job_at(world, 1000).done, 3);
    assert_int_equal(claim_ids(world, HOOK, 9, NOW, NULL, NULL, NULL), 3);
}

static void recover_answers(struct world *world)
{
    start(world, 1);
    make_app(world, APP + 1);
    assert_int_equal(on_job(world, VERB_CREATE, APP, 777, 1, NEVER), OP_NOT_FOUND);
    assert_int_equal(on_job(world, VERB_CREATE, APP + 1, HOOK, 1, NEVER), OP_NOT_FOUND);
    assert_int_equal(recover(world, 1, NEVER), OP_DONE);
    assert_int_equal(recover(world, 2, NEVER), OP_CONFLICT);
    for (int64_t hook = HOOK + 1; hook <= HOOK + 3; hook++) {
        make_hook(world, hook);
        assert_int_equal(on_job(world, VERB_CREATE, APP, hook, 1, NEVER),
                         hook < HOOK + 3 ? OP_DONE : OP_LIMIT);
    }
    assert_int_equal(on_job(world, VERB_DELETE, APP + 1, HOOK, 1, 0), OP_NOT_FOUND);
    assert_int_equal(on_job(world, VERB_DELETE, APP, HOOK, 5, 0), OP_NOT_FOUND);
    assert_int_equal(on_job(world, VERB_DELETE, APP, HOOK, 1, 0), OP_DONE);
    assert_int_equal(on_job(world, VERB_DELETE, APP, HOOK, 1, 0), OP_GONE);
    assert_int_equal(job_at(world, 1).state, JOB_CANCELLED);
    steps_all(world);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_FAILED);
    assert_int_equal(recover(world, 2, NEVER), OP_DONE); // the other one has ended
}

static void step_once(struct world *world)
{
    enum store_verdict verdict;

    world->table->step(world->backend, world->now_ms, &verdict, &world->news);
    assert_int_equal(verdict, STORE_DONE);
}

static int count_state(struct world *world, int64_t first, int count,
                       enum delivery_state state)
{
    int found = 0;

    for (int64_t id = first; id < first + count; id++)
        found += row_of(world, id, 0).state == state;
    return found;
}

// In pieces of at most 500; a restart between two of them neither repeats nor skips; stopping
// leaves what was done.
static void recover_goes_on_where_it_was(struct world *world)
{
    enum { COUNT = 1300, PIECE_MAX = 500 };
    int piece;

    start(world, COUNT);
    assert_int_equal(recover(world, 1000, NEVER), OP_DONE);
    for (int steps = 0; job_at(world, 1000).done == 0; steps++) {
        step_once(world);
        assert_true(steps < 1000);
    }
    piece = (int)job_at(world, 1000).done;
    assert_in_range(piece, 1, PIECE_MAX);
    assert_int_equal(job_at(world, 1000).total, COUNT);
    assert_int_equal(count_state(world, 1000, COUNT, DELIVERY_PARKED), piece);
    if (strncmp(world->url, "model", 5) != 0)
        assert_true(world_reopen(world));
    settle_one(world, 1000, 2, SETTLE_FAILED); // behind the place: not taken twice
    steps_all(world);
    assert_int_equal(job_at(world, 1000).done, COUNT);
    assert_int_equal(count_state(world, 1000, COUNT, DELIVERY_PARKED), COUNT - 1);
}

static void recover_ends_with_its_webhook(struct world *world)
{
    start(world, 600);
    assert_int_equal(recover(world, 1000, NEVER), OP_DONE);
    while (job_at(world, 1000).done == 0)
        step_once(world);
    change_hook(world, HOOK, VERB_DELETE, WEBHOOK_DELETED);
    steps_all(world);
    assert_int_equal(job_at(world, 1000).state, JOB_CANCELLED);
    assert_int_equal(count_state(world, 1000, 600, DELIVERY_PARKED), 0);
}

// What has ended longer ago than the retention goes, whole; what is open stays.
static void old_history_goes(struct world *world)
{
    const int64_t day = 86400 * INT64_C(1000);
    const int64_t then = 1900000000000;
    const struct {
        enum settle_next next;
        int64_t accepted_day, settled_day; // days after then
        bool is_kept;
    } rows[] = {
        {SETTLE_DELIVERED, 0, 0, false},  {SETTLE_FAILED, 0, 1, false},
        {SETTLE_WAIT, 1, 1, true},        {SETTLE_FAILED, 1, 20, true},
        {SETTLE_CANCELLED, 2, 2, false},  {SETTLE_DELIVERED, 9, 9, false},
        {SETTLE_DELIVERED, 11, 11, true}, {SETTLE_FAILED, 12, 12, true},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    int64_t ids[COUNT];

    make_app(world, APP);
    make_hook(world, HOOK);
    for (int i = 0; i < COUNT; i++) {
        ids[i] = id_first_at(then + rows[i].accepted_day * day) + i;
        assert_int_equal(accept_one(world, ids[i], HOOK), OP_DONE);
    }
    for (int i = 0; i < COUNT; i++) {
        world->now_ms = then + rows[i].settled_day * day;
        settle_one(world, ids[i], 1, rows[i].next);
    }
    world->now_ms = then + 40 * day + 1;
    steps_all(world);
    for (int i = 0; i < COUNT; i++) {
        struct op *op = op_new(OP_GET_DELIVERY, 0, NULL);
        op->as.get_delivery.app_id = APP;
        op->as.get_delivery.event_id = ids[i];
        if (ask(world, op) != (rows[i].is_kept ? OP_DONE : OP_NOT_FOUND))
            fail_msg("row %d", i);
        op_free(op);
    }
    assert_int_equal(settle_one(world, ids[0], 2, SETTLE_DELIVERED), SETTLED_GONE);
    assert_int_equal(settle_one(world, ids[2], 2, SETTLE_DELIVERED), SETTLED);
}

const struct conformance_case job_cases[] = {
    {"recover_begins_the_schedule_anew", recover_begins_the_schedule_anew},
    {"recover_names_its_attempts", recover_names_its_attempts},
    {"recover_takes_what_failed", recover_takes_what_failed},
    {"recover_after_a_disable", recover_after_a_disable},
    {"recover_answers", recover_answers},
    {"recover_goes_on_where_it_was", recover_goes_on_where_it_was},
    {"recover_ends_with_its_webhook", recover_ends_with_its_webhook},
    {"old_history_goes", old_history_goes},
    {NULL, NULL},
};
