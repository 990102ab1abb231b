#include "store/steps.h"

#include "hook/event.h"
#include "hook/outcome.h"

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
}

static struct op *op_record(struct world *world, int64_t app_id, int64_t event_id,
                            int64_t hook, int status)
{
    struct op *from = op_accept(world, app_id, event_id, &hook, 1);
    struct op *op = op_new(OP_RECORD, 0, NULL);

    op->as.record.accept = from->as.accept.accept;
    from->as.accept.accept = (struct accept){0};
    op_free(from);
    op->as.record.accept.event->trigger = TRIGGER_TEST;
    op->as.record.was_received = status == 200;
    op->as.record.now_ms = world->now_ms + 5;
    op->as.record.attempt =
        (struct attempt_row){.number = 1,
                             .trigger = TRIGGER_TEST,
                             .started_ms = world->now_ms,
                             .duration_ms = 5,
                             .status = status,
                             .error = status == 200 ? OUTCOME_NONE : OUTCOME_STATUS,
                             .webhook_version = 1,
                             .detail = (const unsigned char *)"\1evidence",
                             .detail_len = 9};
    return op;
}

static enum op_result record(struct world *world, int64_t app_id, int64_t event_id,
                             int64_t hook, int status)
{
    struct op *op = op_record(world, app_id, event_id, hook, status);
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static void recorded_test_is_history(struct world *world)
{
    static const struct {
        int64_t event_id;
        int status;
        enum delivery_state state;
    } rows[] = {{1000, 200, DELIVERY_DELIVERED}, {1001, 500, DELIVERY_FAILED}};

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int trigger = -1;
        struct delivery_row row;
        assert_int_equal(record(world, APP, rows[i].event_id, HOOK, rows[i].status), OP_DONE);
        assert_int_equal(arrival_count(world), 0);
        assert_int_equal(world->news.due_count, 0);
        row = row_of(world, rows[i].event_id, 0);
        assert_int_equal(row.state, rows[i].state);
        assert_int_equal(row.webhook_id, HOOK);
        assert_int_equal(row.number, 1);
        assert_int_equal(row.last_status, rows[i].status);
        assert_int_equal(row.ended_ms, NOW + 5);
        assert_int_equal(attempts_of(world, rows[i].event_id, &trigger), 1);
        assert_int_equal(trigger, TRIGGER_TEST);
    }
}

static void recorded_event_says_so(struct world *world)
{
    struct op *op = op_new(OP_GET_EVENT, 0, NULL);

    start(world);
    assert_int_equal(record(world, APP, 1000, HOOK, 200), OP_DONE);
    op->as.event.app_id = APP;
    op->as.event.id = 1000;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.event.row.event->trigger, TRIGGER_TEST);
    assert_int_equal(op->as.event.row.fan, 1);
    op_free(op);
}

static void recorded_needs_an_app_and_its_webhook(struct world *world)
{
    start(world);
    make_app(world, APP + 1);
    assert_int_equal(record(world, APP + 1, 1000, HOOK, 200), OP_NOT_FOUND);
    assert_int_equal(record(world, APP, 1000, HOOK + 1, 200), OP_NOT_FOUND);
    assert_int_equal(record(world, APP + 2, 1000, HOOK, 200), OP_NOT_FOUND);
    assert_int_equal(record(world, APP, 1000, HOOK, 200), OP_DONE);
    assert_int_equal(record(world, APP, 1000, HOOK, 200), OP_STALE);
    assert_int_equal(attempts_of(world, 1000, NULL), 1);
}

// Disabling cancels what waits; a test waits for nothing, and may be of a disabled webhook.
static void recorded_of_a_disabled_webhook(struct world *world)
{
    start(world);
    assert_int_equal(change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED), OP_DONE);
    assert_int_equal(record(world, APP, 1000, HOOK, 200), OP_DONE);
    steps_all(world);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_DELIVERED);
}

const struct conformance_case record_cases[] = {
    {"recorded_test_is_history", recorded_test_is_history},
    {"recorded_event_says_so", recorded_event_says_so},
    {"recorded_needs_an_app_and_its_webhook", recorded_needs_an_app_and_its_webhook},
    {"recorded_of_a_disabled_webhook", recorded_of_a_disabled_webhook},
    {NULL, NULL},
};
