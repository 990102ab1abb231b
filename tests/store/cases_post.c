#include "store/steps.h"

#include <string.h>

enum { OPERATOR_HOOK = 9000, GATHER = 10000, QUARTER_HOUR = 900000 };

// An app with an address for alerts, a webhook and an event to it.
static void start(struct world *world)
{
    struct op *op = op_app(VERB_CREATE, APP, NULL);

    op->as.app.row.alert_email = "alerts@merchant.example";
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    world->app_version = 1;
    make_hook(world, HOOK);
    accept_one(world, 1000, HOOK);
}

static void start_operator(struct world *world)
{
    struct op *op = op_hook(VERB_CREATE, OPERATOR_APP_ID, OPERATOR_HOOK);

    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

static void fail_for_good(struct world *world, int64_t event_id, bool mails)
{
    struct op *op = op_settle(event_id, 0, 1, SETTLE_FAILED);

    op->as.settle.settle->mails = mails;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

// The first of what is to be told; how many there are.
static size_t take(struct world *world, bool wants_mail, struct post_row *ret)
{
    struct op *op = op_new(OP_POST_TAKE, 0, NULL);
    size_t count;

    op->as.post_take.wants_mail = wants_mail;
    op->as.post_take.limit = 10;
    op->as.post_take.now_ms = world->now_ms;
    assert_int_equal(ask(world, op), OP_DONE);
    count = op->as.post_take.count;
    if (count && ret) {
        *ret = op->as.post_take.rows[0];
        ret->note = NULL; // goes with the op
    }
    op_free(op);
    return count;
}

static void done(struct world *world, struct post_row row, enum mail_state state, int64_t due)
{
    struct op *op = op_new(OP_POST_DONE, 0, NULL);

    op->as.post_done.row = row;
    op->as.post_done.state = state;
    op->as.post_done.due_ms = due;
    op->as.post_done.now_ms = world->now_ms;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

static void one_mail_per_delivery(struct world *world)
{
    struct post_row mail = {0};

    start(world);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_NONE);
    fail_for_good(world, 1000, true);
    fail_for_good(world, 1000, true); // told twice
    assert_int_equal(take(world, true, &mail), 1);
    assert_int_equal(mail.kind, POST_MAIL);
    assert_int_equal(mail.app_id, APP);
    assert_int_equal(mail.webhook_id, HOOK);
    assert_int_equal(mail.event_id, 1000);
    assert_int_equal(mail.at_ms, NOW);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_WAITING);
    done(world, mail, MAIL_SENT, 0);
    assert_int_equal(take(world, true, NULL), 0);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_SENT);
    // A manual retry that fails sends none, and a success keeps what was said.
    on_delivery(world, OP_RETRY, 1000);
    settle_as(world, 1000, 2, SETTLE_RESTORE, TRIGGER_MANUAL, 0, NULL);
    assert_int_equal(take(world, true, NULL), 0);
    on_delivery(world, OP_RETRY, 1000);
    settle_as(world, 1000, 3, SETTLE_DELIVERED, TRIGGER_MANUAL, 0, NULL);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_SENT);
}

// The schedule that a recover job began ends as the first one did.
static void a_replay_that_fails_is_told(struct world *world)
{
    struct op *op = op_settle(1000, 0, 1, SETTLE_FAILED);
    struct post_row mail = {0};

    start(world);
    op->as.settle.settle->attempt.trigger = TRIGGER_REPLAY;
    op->as.settle.settle->mails = true;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    assert_int_equal(take(world, true, &mail), 1);
    assert_int_equal(mail.kind, POST_MAIL);
}

static void mail_is_tried_again_when_due(struct world *world)
{
    struct post_row mail = {0};

    start(world);
    fail_for_good(world, 1000, true);
    for (int tries = 0; tries < 3; tries++) {
        assert_int_equal(take(world, true, &mail), 1);
        assert_int_equal(mail.tries, tries);
        done(world, mail, MAIL_WAITING, world->now_ms + MINUTE);
        world->now_ms += MINUTE - 1;
        assert_int_equal(take(world, true, NULL), 0);
        world->now_ms += 1;
    }
    done(world, mail, MAIL_FAILED, 0);
    assert_int_equal(take(world, true, NULL), 0);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_FAILED);
}

static void no_mail_without_a_contract(struct world *world)
{
    start(world);
    fail_for_good(world, 1000, false);
    world->now_ms += GATHER - 1;
    assert_int_equal(take(world, true, NULL), 0);
    assert_int_equal(row_of(world, 1000, 0).mail, MAIL_NONE);
}

static void other_endings_tell_nobody(struct world *world)
{
    const enum settle_next ends[] = {SETTLE_WAIT, SETTLE_DELIVERED, SETTLE_CANCELLED};

    start(world);
    start_operator(world);
    for (int i = 0; i < 3; i++) {
        struct op *op = op_settle(2000 + i, 0, 1, ends[i]);
        op->as.settle.settle->mails = true;
        accept_one(world, 2000 + i, HOOK);
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
    }
    // Nor a failure after it was cancelled.
    on_delivery(world, OP_CANCEL, 1000);
    fail_for_good(world, 1000, true);
    world->now_ms += QUARTER_HOUR;
    assert_int_equal(take(world, true, NULL), 0);
    assert_int_equal(take(world, false, NULL), 0);
}

static void alerts_are_gathered(struct world *world)
{
    struct post_row alert = {0};

    start(world);
    for (int64_t id = 2000; id < 2007; id++) {
        accept_one(world, id, HOOK);
        fail_for_good(world, id, false);
    }
    assert_int_equal(take(world, true, NULL), 0);
    world->now_ms += GATHER;
    assert_int_equal(take(world, true, &alert), 1);
    assert_int_equal(alert.kind, POST_ALERT);
    assert_int_equal(alert.app_id, APP);
    assert_int_equal(alert.failed, 7);
    assert_int_equal(alert.disabled, 0);
    fail_for_good(world, 1000, false); // while it is being told
    done(world, alert, MAIL_SENT, 0);
    world->now_ms += QUARTER_HOUR - 1;
    assert_int_equal(take(world, true, NULL), 0);
    world->now_ms += 1;
    assert_int_equal(take(world, true, &alert), 1);
    assert_int_equal(alert.failed, 1);
    done(world, alert, MAIL_SENT, 0);
}

static void a_quiet_app_is_told_soon(struct world *world)
{
    struct post_row alert = {0};

    start(world);
    fail_for_good(world, 1000, false);
    world->now_ms += GATHER;
    assert_int_equal(take(world, true, &alert), 1);
    done(world, alert, MAIL_SENT, 0);
    world->now_ms += 10 * QUARTER_HOUR;
    accept_one(world, 3000, HOOK);
    fail_for_good(world, 3000, false);
    assert_int_equal(take(world, true, NULL), 0);
    world->now_ms += GATHER;
    assert_int_equal(take(world, true, &alert), 1);
    assert_int_equal(alert.failed, 1);
    assert_int_equal(alert.tries, 0);
    done(world, alert, MAIL_WAITING, world->now_ms + MINUTE);
    assert_int_equal(take(world, true, NULL), 0);
    world->now_ms += MINUTE;
    assert_int_equal(take(world, true, &alert), 1);
    assert_int_equal(alert.tries, 1);
}

static void an_app_without_an_address_gathers_none(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    accept_one(world, 1000, HOOK);
    fail_for_good(world, 1000, false);
    world->now_ms += QUARTER_HOUR;
    assert_int_equal(take(world, true, NULL), 0);
}

static void a_gone_endpoint_is_told(struct world *world)
{
    struct op *op = op_settle(1000, 0, 1, SETTLE_WAIT);
    struct post_row row = {0};

    start(world);
    start_operator(world);
    op->as.settle.settle->disable_webhook = true;
    op->as.settle.settle->attempt.webhook_version = 1;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    world->now_ms += GATHER;
    assert_int_equal(take(world, true, &row), 1);
    assert_int_equal(row.disabled, 1);
    assert_int_equal(take(world, false, &row), 1);
    assert_int_equal(row.kind, POST_WEBHOOK_DISABLED);
}

// Failed, disabled, disabled once more (which is nothing new), enabled, another secret.
static void make_four_changes(struct world *world)
{
    struct op *rotate = op_hook(VERB_UPDATE, APP, HOOK);

    fail_for_good(world, 1000, false);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    rotate->as.webhook.secrets[0] = (struct secret_row){.id = 77, .sealed = "v1.sealed"};
    rotate->as.webhook.secret_count = 1;
    assert_int_equal(apply_one(world, rotate), OP_DONE);
    op_free(rotate);
}

static void operational_events_in_order(struct world *world)
{
    const enum post_kind kinds[] = {POST_DELIVERY_FAILED, POST_WEBHOOK_DISABLED,
                                    POST_WEBHOOK_ENABLED, POST_SECRET_ROTATED};
    struct post_row row = {0};
    int64_t last = 0;

    start(world);
    start_operator(world);
    make_four_changes(world);
    assert_int_equal(take(world, false, &row), 4);
    assert_int_equal(row.number, 1);
    assert_int_equal(row.status, 500);
    assert_int_equal(row.event_id, 1000);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(take(world, false, &row), 4 - i);
        assert_int_equal(row.kind, kinds[i]);
        assert_int_equal(row.app_id, APP);
        assert_int_equal(row.webhook_id, HOOK);
        assert_true(row.id > last);
        last = row.id;
        done(world, row, MAIL_SENT, 0);
    }
    // Their numbers are not used again.
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(take(world, false, &row), 1);
    assert_true(row.id > last);
}

static void nobody_listens_nothing_is_kept(struct world *world)
{
    start(world);
    fail_for_good(world, 1000, false);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    assert_int_equal(take(world, false, NULL), 0);
}

// Or the telling of it would never end.
static void the_operators_own_is_told_to_nobody(struct world *world)
{
    struct op *op;

    start(world);
    start_operator(world);
    op = op_settle(1000, 0, 1, SETTLE_FAILED);
    op->as.settle.settle->app_id = OPERATOR_APP_ID;
    op->as.settle.settle->mails = true;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    world->now_ms += GATHER;
    assert_int_equal(take(world, false, NULL), 0);
    assert_int_equal(take(world, true, NULL), 0);
}

static void the_operators_app_is_in_no_list(struct world *world)
{
    struct op *list = op_new(OP_LIST, 0, NULL);
    struct op *get = op_new(OP_GET_APP, 0, NULL);

    make_app(world, APP);
    list->as.list.query.kind = LIST_APPS;
    assert_int_equal(ask(world, list), OP_DONE);
    assert_int_equal(list->as.list.count, 1);
    assert_int_equal(list->as.list.rows.apps[0].id, APP);
    get->as.app_card.uid = "operator";
    assert_int_equal(ask(world, get), OP_DONE);
    assert_int_equal(get->as.app_card.row.id, OPERATOR_APP_ID);
    assert_string_equal(get->as.app_card.row.profile, "standard");
    op_free(list);
    op_free(get);
}

static void erased_with_its_app(struct world *world)
{
    struct op *op = op_app(VERB_DELETE, APP, NULL);

    start(world);
    fail_for_good(world, 1000, true);
    accept_one(world, 1001, HOOK);
    fail_for_good(world, 1001, false);
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    steps_all(world);
    world->now_ms += GATHER;
    assert_int_equal(take(world, true, NULL), 0);
}

const struct conformance_case post_cases[] = {
    {"one_mail_per_delivery", one_mail_per_delivery},
    {"a_replay_that_fails_is_told", a_replay_that_fails_is_told},
    {"mail_is_tried_again_when_due", mail_is_tried_again_when_due},
    {"no_mail_without_a_contract", no_mail_without_a_contract},
    {"other_endings_tell_nobody", other_endings_tell_nobody},
    {"alerts_are_gathered", alerts_are_gathered},
    {"a_quiet_app_is_told_soon", a_quiet_app_is_told_soon},
    {"an_app_without_an_address_gathers_none", an_app_without_an_address_gathers_none},
    {"a_gone_endpoint_is_told", a_gone_endpoint_is_told},
    {"operational_events_in_order", operational_events_in_order},
    {"nobody_listens_nothing_is_kept", nobody_listens_nothing_is_kept},
    {"the_operators_own_is_told_to_nobody", the_operators_own_is_told_to_nobody},
    {"the_operators_app_is_in_no_list", the_operators_app_is_in_no_list},
    {"erased_with_its_app", erased_with_its_app},
    {NULL, NULL},
};
