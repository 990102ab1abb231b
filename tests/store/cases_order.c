// Order keys: of each webhook and key one delivery goes out at a time, in the order in which
// the events were accepted.

#include "store/steps.h"

#include "base/memory.h"

#include <string.h>

static void accept_keyed(struct world *world, int64_t event_id, const char *key)
{
    int64_t hook = HOOK;
    struct op *op = op_accept(world, APP, event_id, &hook, 1);

    if (key)
        op->as.accept.accept.event->order_key = memory_copy(key, strlen(key));
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

// Events 1000, 1001 … with the keys, one letter each; '-': none.
static void start(struct world *world, const char *keys)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    for (int64_t i = 0; keys[i]; i++) {
        char key[2] = {keys[i]};
        accept_keyed(world, 1000 + i, keys[i] == '-' ? NULL : key);
    }
}

// The states, one letter each.
static void expect(struct world *world, const char *states)
{
    for (int64_t i = 0; states[i]; i++) {
        char state = "FPHDXC"[row_of(world, 1000 + i, 0).state];
        if (state != states[i])
            fail_msg("%d is %c, not %c, of %s", (int)(1000 + i), state, states[i], states);
    }
}

static void one_of_a_key_at_a_time(struct world *world)
{
    start(world, "aab-ab");
    expect(world, "FHFFHH");
    assert_int_equal(settle_one(world, 1000, 1, SETTLE_WAIT), SETTLED);
    expect(world, "PHFFHH"); // its retries hold its own key only
    assert_int_equal(settle_one(world, 1002, 1, SETTLE_DELIVERED), SETTLED);
    expect(world, "PHDFHP");
    assert_int_equal(world->news.due_count, 1);
    assert_int_equal(world->news.dues[0].webhook_id, HOOK);
    assert_int_equal(settle_one(world, 1000, 2, SETTLE_DELIVERED), SETTLED);
    expect(world, "DPDFHP");
    assert_int_equal(settle_one(world, 1001, 1, SETTLE_DELIVERED), SETTLED);
    expect(world, "DDDFPP");
}

// However the first one ends.
static void every_end_frees_the_next(struct world *world)
{
    const enum settle_next ends[] = {SETTLE_DELIVERED, SETTLE_FAILED, SETTLE_CANCELLED};

    start(world, "");
    for (int64_t i = 0; i < 3; i++) {
        char key[2] = {(char)('a' + i)};
        accept_keyed(world, 1000 + 2 * i, key);
        accept_keyed(world, 1001 + 2 * i, key);
        assert_int_equal(settle_one(world, 1000 + 2 * i, 1, ends[i]), SETTLED);
        assert_int_equal(row_of(world, 1001 + 2 * i, 0).state, DELIVERY_PARKED);
    }
    accept_keyed(world, 2000, "d");
    accept_keyed(world, 2001, "d");
    accept_keyed(world, 2002, "d");
    assert_int_equal(on_delivery(world, OP_CANCEL, 2001), OP_DONE); // from the middle
    assert_int_equal(row_of(world, 2002, 0).state, DELIVERY_HELD);
    assert_int_equal(on_delivery(world, OP_CANCEL, 2000), OP_DONE);
    assert_int_equal(row_of(world, 2002, 0).state, DELIVERY_PARKED);
    assert_true(world->news.due_count > 0);
}

static void numbers_are_dense_and_outlive_a_restart(struct world *world)
{
    start(world, "a-ab");
    for (int64_t i = 0; i < 4; i++)
        assert_int_equal(row_of(world, 1000 + i, 0).sequence, i == 1 ? 0 : i ? i : 1);
    if (strncmp(world->url, "model", 5) != 0)
        assert_true(world_reopen(world));
    accept_keyed(world, 1004, "a");
    assert_int_equal(row_of(world, 1004, 0).sequence, 4);
    expect(world, "FFHFH");
    settle_one(world, 1000, 1, SETTLE_FAILED);
    settle_one(world, 1002, 1, SETTLE_FAILED);
    expect(world, "XFXFP");
}

// A manual attempt of one that has ended is out of line; one of a held one is refused.
static void manual_attempts_stand_in_no_line(struct world *world)
{
    start(world, "aaa");
    assert_int_equal(on_delivery(world, OP_RETRY, 1001), OP_BUSY);
    settle_one(world, 1000, 1, SETTLE_FAILED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    expect(world, "PPH");
    assert_int_equal(settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, NULL),
                     SETTLED);
    expect(world, "XPH");
    settle_one(world, 1001, 1, SETTLE_WAIT);
    assert_int_equal(on_delivery(world, OP_RETRY, 1001), OP_DONE);
    assert_int_equal(settle_as(world, 1001, 2, SETTLE_DELIVERED, TRIGGER_MANUAL, 0, NULL),
                     SETTLED);
    expect(world, "XDP");
}

static void a_disable_clears_the_line(struct world *world)
{
    start(world, "aab");
    settle_one(world, 1000, 1, SETTLE_WAIT);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    accept_keyed(world, 1003, "a");
    accept_keyed(world, 1004, "a");
    steps_all(world); // now at the latest the new ones stand before nobody
    assert_int_not_equal(row_of(world, 1003, 0).state, DELIVERY_HELD);
    assert_int_equal(row_of(world, 1004, 0).state, DELIVERY_HELD);
    settle_one(world, 1003, 1, SETTLE_DELIVERED);
    expect(world, "CCCDP");
}

// What is tried anew goes back to its place in line.
static void recovered_ones_stand_in_line_again(struct world *world)
{
    struct op *op = op_new(OP_JOB, 0, NULL);

    start(world, "aaa");
    settle_one(world, 1000, 1, SETTLE_FAILED);
    settle_one(world, 1001, 1, SETTLE_FAILED);
    op->as.job.verb = VERB_CREATE;
    op->as.job.running_max = 1;
    op->as.job.row = (struct job_row){
        .id = 9000, .app_id = APP, .webhook_id = HOOK, .first_id = 1, .end_id = 9000};
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    steps_all(world);
    expect(world, "PHP"); // the third was on its way already
    settle_one(world, 1002, 1, SETTLE_DELIVERED);
    expect(world, "PHD");
    settle_one(world, 1000, 2, SETTLE_DELIVERED);
    expect(world, "DPD");
}

static void keys_are_read_again(struct world *world)
{
    struct op *event = op_new(OP_GET_EVENT, 0, NULL);
    struct op *delivery = op_new(OP_GET_DELIVERY, 0, NULL);
    struct op *list = op_new(OP_LIST, 0, NULL);

    start(world, "a-");
    event->as.event.app_id = delivery->as.get_delivery.app_id = APP;
    event->as.event.id = delivery->as.get_delivery.event_id = 1000;
    list->as.list.query = (struct list_query){.kind = LIST_EVENTS,
                                              .app_id = APP,
                                              .limit = 10,
                                              .state = LIST_ANY,
                                              .due_now = LIST_ANY,
                                              .mode = LIST_ANY};
    assert_int_equal(ask(world, event), OP_DONE);
    assert_string_equal(event->as.event.row.event->order_key, "a");
    assert_int_equal(ask(world, delivery), OP_DONE);
    assert_string_equal(delivery->as.get_delivery.event->order_key, "a");
    assert_int_equal(ask(world, list), OP_DONE);
    assert_int_equal(list->as.list.count, 2);
    assert_null(list->as.list.rows.events[0].event->order_key);
    assert_string_equal(list->as.list.rows.events[1].event->order_key, "a");
    op_free(event);
    op_free(delivery);
    op_free(list);
}

const struct conformance_case order_cases[] = {
    {"one_of_a_key_at_a_time", one_of_a_key_at_a_time},
    {"every_end_frees_the_next", every_end_frees_the_next},
    {"numbers_are_dense_and_outlive_a_restart", numbers_are_dense_and_outlive_a_restart},
    {"manual_attempts_stand_in_no_line", manual_attempts_stand_in_no_line},
    {"a_disable_clears_the_line", a_disable_clears_the_line},
    {"recovered_ones_stand_in_line_again", recovered_ones_stand_in_line_again},
    {"keys_are_read_again", keys_are_read_again},
    {NULL, NULL},
};
