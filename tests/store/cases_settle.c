#include "store/steps.h"

#include "hook/outcome.h"

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
}

static void every_end_of_an_attempt(struct world *world)
{
    const struct {
        int64_t event_id;
        enum settle_next next;
        enum delivery_state state;
        bool is_ended;
    } rows[] = {
        {1000, SETTLE_DELIVERED, DELIVERY_DELIVERED, true},
        {1001, SETTLE_WAIT, DELIVERY_PARKED, false},
        {1002, SETTLE_FAILED, DELIVERY_FAILED, true},
        {1003, SETTLE_CANCELLED, DELIVERY_CANCELLED, true},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct delivery_row row;
        if (i)
            accept_one(world, rows[i].event_id, HOOK);
        assert_int_equal(settle_one(world, rows[i].event_id, 1, rows[i].next), SETTLED);
        row = row_of(world, rows[i].event_id, 0);
        assert_int_equal(row.state, rows[i].state);
        assert_int_equal(row.number, 1);
        assert_int_equal(row.ended_ms, rows[i].is_ended ? NOW : 0);
        assert_int_equal(row.last_status, rows[i].next == SETTLE_DELIVERED ? 200 : 500);
        assert_int_equal(attempts_of(world, rows[i].event_id, NULL), 1);
    }
}

static void wait_remembers_its_place(struct world *world)
{
    struct delivery_row row;

    start(world);
    for (int number = 1; number <= 5; number++) {
        int64_t due = NOW + number * MINUTE;
        assert_int_equal(
            settle_as(world, 1000, number, SETTLE_WAIT, TRIGGER_SCHEDULED, due, NULL),
            SETTLED);
        row = row_of(world, 1000, 0);
        assert_int_equal(row.step, number);
        assert_int_equal(row.due_ms, due);
    }
    assert_int_equal(settle_one(world, 1000, 6, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(attempts_of(world, 1000, NULL), 6);
}

static void evidence_comes_back(struct world *world)
{
    struct op *op = op_new(OP_GET_DELIVERY, 0, NULL);
    const struct attempt_row *attempt;

    start(world);
    settle_one(world, 1000, 1, SETTLE_FAILED);
    op->as.get_delivery.app_id = APP;
    op->as.get_delivery.event_id = 1000;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.get_delivery.attempt_count, 1);
    attempt = &op->as.get_delivery.attempts[0];
    assert_int_equal(attempt->detail_len, 9);
    assert_memory_equal(attempt->detail, "\1evidence", 9);
    assert_int_equal(attempt->error, OUTCOME_STATUS);
    assert_int_equal(attempt->started_ms, NOW);
    op_free(op);
}

static void told_twice_is_told_once(struct world *world)
{
    const enum settle_next ends[] = {SETTLE_WAIT, SETTLE_DELIVERED, SETTLE_FAILED,
                                     SETTLE_CANCELLED};

    start(world);
    for (int i = 0; i < 4; i++) {
        int64_t id = 2000 + i;
        accept_one(world, id, HOOK);
        for (int again = 0; again < 3; again++)
            assert_int_equal(settle_one(world, id, 1, ends[i]), SETTLED);
        assert_int_equal(attempts_of(world, id, NULL), 1);
    }
}

static void stale_numbers(struct world *world)
{
    start(world);
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_DELIVERED), SETTLED_STALE);
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_WAIT), SETTLED);
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_DELIVERED), SETTLED_STALE);
    assert_int_equal(settle_one(world, 1000, 3, SETTLE_DELIVERED), SETTLED_STALE);
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_WAIT), SETTLED_STALE);
    assert_int_equal(settle_one(world, 7777, 1, SETTLE_DELIVERED), SETTLED_GONE);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_DELIVERED);
    assert_int_equal(attempts_of(world, 1000, NULL), 2);
}

static void retry_of_an_ended_one(struct world *world)
{
    int64_t due = 0;
    int trigger = -1;
    struct delivery_row row;

    start(world);
    settle_one(world, 1000, 1, SETTLE_FAILED);
    world->now_ms += 5;
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(world->news.due_count, 1);
    assert_int_equal(world->news.dues[0].due_wall_ms, NOW + 5);
    row = row_of(world, 1000, 0);
    assert_int_equal(row.state, DELIVERY_PARKED);
    assert_true(row.is_retrying);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_BUSY);
    // It fails: everything but its attempts is as before.
    assert_int_equal(settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, &due),
                     SETTLED);
    assert_int_equal(due, INT64_MAX);
    assert_int_equal(settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, &due),
                     SETTLED); // told twice
    assert_int_equal(due, INT64_MAX);
    row = row_of(world, 1000, 0);
    assert_int_equal(row.state, DELIVERY_FAILED);
    assert_int_equal(row.ended_ms, NOW);
    assert_int_equal(row.step, 1);
    assert_false(row.is_retrying);
    // Another succeeds.
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(settle_as(world, 1000, 3, SETTLE_DELIVERED, TRIGGER_MANUAL, 0, NULL),
                     SETTLED);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_DELIVERED);
    assert_int_equal(attempts_of(world, 1000, &trigger), 3);
    assert_int_equal(trigger, TRIGGER_MANUAL);
}

static void retry_of_a_waiting_one(struct world *world)
{
    int64_t due = 0;
    struct delivery_row row;

    start(world);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_BUSY); // fresh: due
    settle_one(world, 1000, 1, SETTLE_WAIT);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(row_of(world, 1000, 0).due_ms, NOW);
    assert_int_equal(settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, &due),
                     SETTLED);
    assert_int_equal(due, NOW + MINUTE);
    row = row_of(world, 1000, 0);
    assert_int_equal(row.state, DELIVERY_PARKED);
    assert_int_equal(row.due_ms, NOW + MINUTE);
    assert_int_equal(row.step, 1);
    assert_int_equal(row.number, 2);
}

static void retry_answers(struct world *world)
{
    const struct {
        int64_t app_id, event_id;
        int n;
    } rows[] = {{APP, 999, 0}, {APP, 1000, 1}, {APP + 1, 1000, 0}};

    start(world);
    make_app(world, APP + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int kind = OP_RETRY; kind <= OP_CANCEL; kind++) {
            struct op *op = op_delivery((enum op_kind)kind, rows[i].app_id, rows[i].event_id,
                                        rows[i].n, NOW);
            assert_int_equal(apply_one(world, op), OP_NOT_FOUND);
            op_free(op);
        }
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    assert_int_equal(on_delivery(world, OP_CANCEL, 1000), OP_GONE);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_GONE);
}

// The scheduled attempt was going out when a retry was asked: the retry is still made, and
// its failure brings back what the schedule says.
static void retry_during_a_scheduled_attempt(struct world *world)
{
    const struct {
        int64_t event_id;
        enum settle_next next;
        enum settle_result result;
        enum delivery_state in_between, restored;
        int64_t due;
    } rows[] = {
        {2000, SETTLE_WAIT, SETTLED_AGAIN, DELIVERY_PARKED, DELIVERY_PARKED,
         NOW + 9 * MINUTE},
        {2001, SETTLE_FAILED, SETTLED_AGAIN, DELIVERY_PARKED, DELIVERY_FAILED, INT64_MAX},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t id = rows[i].event_id;
        int64_t due = 0;
        accept_one(world, id, HOOK);
        settle_one(world, id, 1, SETTLE_WAIT);
        assert_int_equal(on_delivery(world, OP_RETRY, id), OP_DONE);
        for (int again = 0; again < 2; again++)
            assert_int_equal(settle_as(world, id, 2, rows[i].next, TRIGGER_SCHEDULED,
                                       NOW + 9 * MINUTE, NULL),
                             rows[i].result);
        assert_int_equal(row_of(world, id, 0).state, rows[i].in_between);
        assert_int_equal(row_of(world, id, 0).due_ms, NOW);
        assert_int_equal(settle_as(world, id, 3, SETTLE_RESTORE, TRIGGER_MANUAL, 0, &due),
                         SETTLED);
        assert_int_equal(due, rows[i].due);
        assert_int_equal(row_of(world, id, 0).state, rows[i].restored);
        assert_int_equal(row_of(world, id, 0).step, 2);
    }
    // A success ends it; the retry has nothing left to do.
    settle_one(world, 1000, 1, SETTLE_WAIT);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_DELIVERED);
    assert_false(row_of(world, 1000, 0).is_retrying);
}

static void cancelled_by_a_person(struct world *world)
{
    start(world);
    assert_int_equal(on_delivery(world, OP_CANCEL, 1000), OP_DONE);
    assert_int_equal(world->news.cancelled_count, 1);
    assert_int_equal(world->news.cancelled[0].event_id, 1000);
    assert_int_equal(world->news.cancelled[0].webhook_id, HOOK);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
    // What was going out fails: recorded, and nothing waits again.
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_WAIT), SETTLED_GONE);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
    assert_int_equal(attempts_of(world, 1000, NULL), 1);
    // Or succeeds: that counts.
    accept_one(world, 1001, HOOK);
    assert_int_equal(on_delivery(world, OP_CANCEL, 1001), OP_DONE);
    assert_int_equal(settle_one(world, 1001, 1, SETTLE_DELIVERED), SETTLED);
    assert_int_equal(row_of(world, 1001, 0).state, DELIVERY_DELIVERED);
}

// Each ending of an attempt that was going out when its webhook went; before and after the
// background work came by.
static void webhook_gone_meanwhile(struct world *world)
{
    const struct {
        enum verb verb;
        enum settle_next next;
        enum settle_result result;
        enum delivery_state state;
        bool is_swept;
    } rows[] = {
        {VERB_UPDATE, SETTLE_WAIT, SETTLED_GONE, DELIVERY_CANCELLED, false},
        {VERB_UPDATE, SETTLE_FAILED, SETTLED_GONE, DELIVERY_CANCELLED, true},
        {VERB_UPDATE, SETTLE_DELIVERED, SETTLED, DELIVERY_DELIVERED, false},
        {VERB_DELETE, SETTLE_WAIT, SETTLED_GONE, DELIVERY_CANCELLED, true},
        {VERB_DELETE, SETTLE_DELIVERED, SETTLED, DELIVERY_DELIVERED, true},
        {VERB_DELETE, SETTLE_DELIVERED, SETTLED, DELIVERY_DELIVERED, false},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t hook = HOOK + 10 + (int64_t)i;
        int64_t id = 2000 + (int64_t)i;
        make_hook(world, hook);
        accept_one(world, id, hook);
        settle_one(world, id, 1, SETTLE_WAIT);
        assert_int_equal(change_hook(world, hook, rows[i].verb, WEBHOOK_DISABLED), OP_DONE);
        assert_int_equal(row_of(world, id, 0).state, DELIVERY_CANCELLED);
        if (rows[i].is_swept)
            steps_all(world);
        assert_int_equal(row_of(world, id, 0).state, DELIVERY_CANCELLED);
        assert_int_equal(settle_one(world, id, 2, rows[i].next), rows[i].result);
        assert_int_equal(row_of(world, id, 0).state, rows[i].state);
        assert_int_equal(attempts_of(world, id, NULL), 2);
    }
}

static void gone_endpoint_disables_its_webhook(struct world *world)
{
    const struct {
        int version;
        enum webhook_state state;
    } rows[] = {{7, WEBHOOK_ENABLED}, {1, WEBHOOK_DISABLED}};

    start(world);
    for (int i = 0; i < 2; i++) {
        struct op *op = op_settle(1000, 0, i + 1, SETTLE_WAIT);
        struct op *card = op_new(OP_HOOK_CARD, 0, NULL);
        op->as.settle.settle->disable_webhook = true;
        op->as.settle.settle->attempt.webhook_version = rows[i].version;
        assert_int_equal(apply_one(world, op), OP_DONE);
        assert_int_equal(world->news.change_count, rows[i].state == WEBHOOK_DISABLED);
        card->as.hook_card.app_id = APP;
        card->as.hook_card.id = HOOK;
        assert_int_equal(ask(world, card), OP_DONE);
        assert_int_equal(card->as.hook_card.row.state, rows[i].state);
        op_free(card);
        op_free(op);
    }
    assert_int_equal(accept_one(world, 3000, HOOK), OP_STALE); // the app's version moved
}

// A manual attempt that this server cut off is made again.
static void interrupted_retry_is_made_again(struct world *world)
{
    int64_t due = 0;

    start(world);
    settle_one(world, 1000, 1, SETTLE_FAILED);
    on_delivery(world, OP_RETRY, 1000);
    assert_int_equal(settle_as(world, 1000, 2, SETTLE_WAIT, TRIGGER_MANUAL, NOW, NULL),
                     SETTLED);
    assert_true(row_of(world, 1000, 0).is_retrying);
    assert_int_equal(settle_as(world, 1000, 3, SETTLE_RESTORE, TRIGGER_MANUAL, NOW, &due),
                     SETTLED);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_FAILED);
}

// So many attempts as nobody makes: 1000 and 1001 wait after 65,534 each.
static void attempt_all_but_one(struct world *world)
{
    enum { GROUP = 4000 };
    struct op *ops[GROUP];
    size_t count = 0;

    start(world);
    accept_one(world, 1001, HOOK);
    for (int number = 1; number < DELIVERY_ATTEMPTS_MAX; number++) {
        for (int64_t id = 1000; id < 1002; id++)
            ops[count++] = op_settle(id, 0, number, SETTLE_WAIT);
        if (count < GROUP && number < DELIVERY_ATTEMPTS_MAX - 1)
            continue;
        assert_int_equal(apply(world, ops, count), STORE_DONE);
        while (count)
            op_free(ops[--count]);
    }
    assert_int_equal(row_of(world, 1000, 0).number, DELIVERY_ATTEMPTS_MAX - 1);
}

// There is no number for another attempt: what is open then has failed, however it came
// there, and nothing opens it again.
static void attempts_are_counted_so_far(struct world *world)
{
    const struct cut_off cut = {1001, 0, DELIVERY_ATTEMPTS_MAX};
    int64_t due = 0;

    attempt_all_but_one(world);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_int_equal(settle_as(world, 1000, DELIVERY_ATTEMPTS_MAX, SETTLE_RESTORE,
                               TRIGGER_MANUAL, 0, &due),
                     SETTLED);
    assert_int_equal(due, INT64_MAX);
    news_done(&world->news);
    assert_int_equal(
        world->table->resume(world->backend, world->now_ms, &cut, 1, &world->news),
        STORE_DONE);
    assert_int_equal(world->news.due_count, 0);
    for (int64_t id = 1000; id < 1002; id++) {
        assert_int_equal(row_of(world, id, 0).number, DELIVERY_ATTEMPTS_MAX);
        assert_int_equal(row_of(world, id, 0).state, DELIVERY_FAILED);
        assert_int_equal(on_delivery(world, OP_RETRY, id), OP_SPENT);
    }
}

const struct conformance_case settle_cases[] = {
    {"every_end_of_an_attempt", every_end_of_an_attempt},
    {"wait_remembers_its_place", wait_remembers_its_place},
    {"evidence_comes_back", evidence_comes_back},
    {"told_twice_is_told_once", told_twice_is_told_once},
    {"stale_numbers", stale_numbers},
    {"retry_of_an_ended_one", retry_of_an_ended_one},
    {"retry_of_a_waiting_one", retry_of_a_waiting_one},
    {"retry_answers", retry_answers},
    {"retry_during_a_scheduled_attempt", retry_during_a_scheduled_attempt},
    {"cancelled_by_a_person", cancelled_by_a_person},
    {"webhook_gone_meanwhile", webhook_gone_meanwhile},
    {"gone_endpoint_disables_its_webhook", gone_endpoint_disables_its_webhook},
    {"interrupted_retry_is_made_again", interrupted_retry_is_made_again},
    {"attempts_are_counted_so_far", attempts_are_counted_so_far},
    {NULL, NULL},
};
