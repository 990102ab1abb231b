#include "store/steps.h"

#include "base/limits.h"
#include "hook/event.h"

#include <string.h>

static struct op *op_list(enum list_kind kind, int64_t app_id, int limit_rows)
{
    struct op *op = op_new(OP_LIST, 0, NULL);

    op->as.list.query = (struct list_query){.kind = kind,
                                            .app_id = app_id,
                                            .limit = limit_rows,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY,
                                            .now_ms = NOW};
    return op;
}

// Walks a list page by page; each row once, newest first. Answers how many there are.
static size_t walk(struct world *world, const struct list_query *query)
{
    struct list_query next = *query;
    int64_t last_id = INT64_MAX;
    int last_n = 0;
    size_t count = 0;

    do {
        struct op *op = op_list(query->kind, 0, 0);
        op->as.list.query = next;
        assert_int_equal(ask(world, op), OP_DONE);
        assert_true(op->as.list.count <= (size_t)query->limit);
        for (size_t i = 0; i < op->as.list.count; i++) {
            bool has_n = query->kind == LIST_DELIVERIES;
            int64_t id = query->kind == LIST_EVENTS ? op->as.list.rows.events[i].event->id
                         : has_n                    ? op->as.list.rows.deliveries[i].event_id
                                                    : op->as.list.rows.webhooks[i].id;
            int n = has_n ? op->as.list.rows.deliveries[i].n : 0;
            assert_true(id < last_id || (id == last_id && n < last_n));
            last_id = id;
            last_n = n;
            count++;
        }
        next.before_id = op->as.list.next_id;
        next.before_n = op->as.list.next_n;
        op_free(op);
    } while (next.before_id);
    return count;
}

static void start(struct world *world)
{
    const int64_t hooks[] = {HOOK, HOOK + 1};

    make_app(world, APP);
    make_hook(world, HOOK);
    make_hook(world, HOOK + 1);
    for (int64_t id = 1000; id < 1010; id++) {
        struct op *op = op_accept(world, APP, id, hooks, 2);
        op->as.accept.accept.event->mode = id % 2 ? EVENT_TEST : EVENT_LIVE;
        if (id == 1004)
            memcpy(op->as.accept.accept.event->type, "refund", sizeof "refund");
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
    }
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    settle_one(world, 1001, 1, SETTLE_FAILED);
    settle_one(world, 1002, 1, SETTLE_WAIT); // due in a minute
    on_delivery(world, OP_CANCEL, 1003);
}

static void lists_by_page(struct world *world)
{
    start(world);
    for (int page = 1; page < 25; page += 3) {
        struct op *op = op_list(LIST_DELIVERIES, APP, page);
        assert_int_equal(walk(world, &op->as.list.query), 20);
        op->as.list.query.kind = LIST_EVENTS;
        assert_int_equal(walk(world, &op->as.list.query), 10);
        op->as.list.query.kind = LIST_WEBHOOKS;
        assert_int_equal(walk(world, &op->as.list.query), 2);
        op->as.list.query.app_id = APP + 1;
        assert_int_equal(walk(world, &op->as.list.query), 0);
        op_free(op);
    }
}

static void deliveries_by_filter(struct world *world)
{
    const struct {
        int64_t app_id, webhook_id, event_id;
        int state, due_now, mode, status_class;
        const char *type;
        size_t count;
    } rows[] = {
        {APP, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 0, NULL, 20},
        {APP + 1, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 0, NULL, 0},
        {0, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 0, NULL, 20},
        {APP, HOOK, 0, LIST_ANY, LIST_ANY, LIST_ANY, 0, NULL, 10},
        {APP, HOOK, 0, DELIVERY_FAILED, LIST_ANY, LIST_ANY, 0, NULL, 1},
        {APP, HOOK + 1, 0, DELIVERY_FAILED, LIST_ANY, LIST_ANY, 0, NULL, 0},
        {APP, 0, 0, DELIVERY_FAILED, LIST_ANY, LIST_ANY, 0, NULL, 1},
        {APP, 0, 0, DELIVERY_CANCELLED, LIST_ANY, LIST_ANY, 0, NULL, 1},
        {APP, 0, 0, DELIVERY_DELIVERED, LIST_ANY, LIST_ANY, 0, NULL, 1},
        {APP, 0, 0, LIST_STATES_OPEN, LIST_ANY, LIST_ANY, 0, NULL, 17},
        {APP, 0, 0, LIST_ANY, 1, LIST_ANY, 0, NULL, 16},
        {APP, 0, 0, LIST_ANY, 0, LIST_ANY, 0, NULL, 1},
        {APP, 0, 1004, LIST_ANY, LIST_ANY, LIST_ANY, 0, NULL, 2},
        {APP, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 0, "refund", 2},
        {APP, 0, 0, LIST_ANY, LIST_ANY, EVENT_TEST, 0, NULL, 10},
        {APP, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 5, NULL, 2},
        {APP, 0, 0, LIST_ANY, LIST_ANY, LIST_ANY, 2, NULL, 1},
    };

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_list(LIST_DELIVERIES, rows[i].app_id, 7);
        struct list_query *query = &op->as.list.query;
        query->webhook_id = rows[i].webhook_id;
        query->event_id = rows[i].event_id;
        query->state = rows[i].state;
        query->due_now = rows[i].due_now;
        query->mode = rows[i].mode;
        query->status_class = rows[i].status_class;
        query->type = rows[i].type;
        assert_int_equal(walk(world, query), rows[i].count);
        op_free(op);
    }
}

static void cancelled_at_once_in_lists(struct world *world)
{
    struct op *op = op_list(LIST_DELIVERIES, APP, 50);

    start(world);
    change_hook(world, HOOK + 1, VERB_DELETE, WEBHOOK_DELETED);
    op->as.list.query.state = DELIVERY_CANCELLED;
    assert_int_equal(walk(world, &op->as.list.query), 11);
    op->as.list.query.webhook_id = HOOK + 1;
    assert_int_equal(walk(world, &op->as.list.query), 10);
    steps_all(world);
    assert_int_equal(walk(world, &op->as.list.query), 10);
    op->as.list.query.state = LIST_STATES_OPEN;
    assert_int_equal(walk(world, &op->as.list.query), 0);
    op_free(op);
}

static void events_by_time(struct world *world)
{
    const struct {
        int64_t since, until;
        size_t count;
    } rows[] = {{0, 0, 10},  {NOW, 0, 10},     {NOW + 1, 0, 0},
                {0, NOW, 0}, {0, NOW + 1, 10}, {NOW, NOW + 1, 10}};

    start(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_list(LIST_EVENTS, APP, 4);
        op->as.list.query.since_ms = rows[i].since;
        op->as.list.query.until_ms = rows[i].until;
        assert_int_equal(walk(world, &op->as.list.query), rows[i].count);
        op_free(op);
    }
}

static void cards_leave_deleted_webhooks_out(struct world *world)
{
    struct op *op = op_new(OP_APP_CARD, 0, NULL);

    start(world);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK + 1, VERB_DELETE, WEBHOOK_DELETED);
    op->as.app_card.id = APP;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.app_card.webhook_count, 1);
    assert_int_equal(op->as.app_card.webhooks[0].id, HOOK);
    assert_int_equal(op->as.app_card.webhooks[0].state, WEBHOOK_DISABLED);
    assert_string_equal(op->as.app_card.webhooks[0].settings, "{}");
    assert_int_equal(op->as.app_card.row.version, world->app_version);
    op_free(op);
    op = op_new(OP_HOOK_CARD, 0, NULL);
    op->as.hook_card.app_id = APP;
    op->as.hook_card.id = HOOK + 1;
    assert_int_equal(ask(world, op), OP_DONE); // a lane must hear that it is deleted
    assert_int_equal(op->as.hook_card.row.state, WEBHOOK_DELETED);
    assert_int_equal(op->as.hook_card.secret_count, 0);
    op_free(op);
}

static void app_by_uid(struct world *world)
{
    const struct {
        int64_t id;
        const char *uid;
        enum op_result result;
    } rows[] = {{7, NULL, OP_DONE},
                {0, "shop-7", OP_DONE},
                {0, "shop-8", OP_NOT_FOUND},
                {8, NULL, OP_NOT_FOUND}};
    struct op *made = op_app(VERB_CREATE, 7, "shop-7");

    apply_one(world, made);
    op_free(made);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_new(OP_GET_APP, 0, NULL);
        op->as.app_card.id = rows[i].id;
        op->as.app_card.uid = rows[i].uid;
        assert_int_equal(ask(world, op), rows[i].result);
        if (rows[i].result == OP_DONE) {
            assert_int_equal(op->as.app_card.row.id, 7);
            assert_string_equal(op->as.app_card.row.name, "shop");
        }
        op_free(op);
    }
}

static void event_with_its_deliveries(struct world *world)
{
    struct op *op = op_new(OP_GET_EVENT, 0, NULL);
    int64_t hooks[130];

    make_app(world, APP);
    make_hook(world, HOOK);
    for (size_t i = 0; i < 130; i++)
        hooks[i] = HOOK;
    op->as.event.app_id = APP;
    op->as.event.id = 1000;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    struct op *accept = op_accept(world, APP, 1000, hooks, 130);
    accept->as.accept.accept.event->original = strdup("{\"a\":1}");
    accept->as.accept.accept.event->original_len = 7;
    accept->as.accept.accept.event->uid = strdup("order-9");
    assert_int_equal(apply_one(world, accept), OP_DONE);
    op_free(accept);
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.event.row.fan, 130);
    assert_int_equal(op->as.event.delivery_count, 100);
    assert_int_equal(op->as.event.deliveries[99].n, 99);
    assert_string_equal(op->as.event.row.event->uid, "order-9");
    assert_memory_equal(op->as.event.row.event->original, "{\"a\":1}", 7);
    op_free(op);
    op = op_new(OP_GET_EVENT, 0, NULL);
    op->as.event.app_id = APP + 1;
    op->as.event.id = 1000;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    op_free(op);
}

static void webhooks_by_place(struct world *world)
{
    enum { COUNT = 7 };
    const struct {
        int state, skip, limit;
        size_t count;
        int64_t total, first;
    } rows[] = {
        {LIST_ANY, 0, 3, 3, 7, HOOK + 6},
        {LIST_ANY, 5, 3, 2, 7, HOOK + 1},
        {LIST_ANY, 7, 3, 0, 7, 0},
        {LIST_ANY, 90, 3, 0, 7, 0},
        {WEBHOOK_ENABLED, 1, 9, 3, 4, HOOK + 4},
        {WEBHOOK_DISABLED, 1, 1, 1, 3, HOOK + 3},
    };

    make_app(world, APP);
    for (int64_t i = 0; i < COUNT + 1; i++)
        make_hook(world, HOOK + i);
    change_hook(world, HOOK + COUNT, VERB_DELETE, WEBHOOK_DELETED);
    for (int64_t i = 1; i < COUNT; i += 2)
        change_hook(world, HOOK + i, VERB_UPDATE, WEBHOOK_DISABLED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_list(LIST_WEBHOOKS, APP, rows[i].limit);
        op->as.list.query.state = rows[i].state;
        op->as.list.query.skip = rows[i].skip;
        op->as.list.query.counts = true;
        assert_int_equal(ask(world, op), OP_DONE);
        assert_int_equal(op->as.list.count, rows[i].count);
        assert_int_equal(op->as.list.total, rows[i].total);
        if (rows[i].count > 0)
            assert_int_equal(op->as.list.rows.webhooks[0].id, rows[i].first);
        op_free(op);
    }
}

static void lists_tell_how_long_it_took(struct world *world)
{
    struct op *op = op_settle(1000, 0, 1, SETTLE_DELIVERED);

    make_app(world, APP);
    make_hook(world, HOOK);
    accept_one(world, 1000, HOOK);
    op->as.settle.settle->attempt.duration_ms = 77;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    accept_one(world, 1001, HOOK);
    op = op_list(LIST_DELIVERIES, APP, 5);
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.list.count, 2);
    assert_int_equal(op->as.list.rows.deliveries[0].last_ms, 0);
    assert_int_equal(op->as.list.rows.deliveries[1].last_ms, 77);
    op_free(op);
}

// What an app is: types that an update does not bring stay, all else is as it says.
static void apps_keep_their_types(struct world *world)
{
    const struct {
        bool is_strict;
        const char *types, *kept;
    } rows[] = {
        {true, NULL, NULL},
        {false, "{\"a\":{}}", "{\"a\":{}}"},
        {true, NULL, "{\"a\":{}}"},
        {true, "{}", "{}"},
    };

    make_app(world, APP);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *update = op_app(VERB_UPDATE, APP, "shop");
        struct op *get = op_new(OP_GET_APP, 0, NULL);
        update->as.app.row.is_strict = rows[i].is_strict;
        update->as.app.row.types = rows[i].types;
        assert_int_equal(apply_one(world, update), OP_DONE);
        op_free(update);
        get->as.app_card.uid = "shop";
        assert_int_equal(ask(world, get), OP_DONE);
        assert_int_equal(get->as.app_card.row.is_strict, rows[i].is_strict);
        if (rows[i].kept)
            assert_string_equal(get->as.app_card.row.types, rows[i].kept);
        else
            assert_null(get->as.app_card.row.types);
        op_free(get);
    }
}

const struct conformance_case read_cases[] = {
    {"apps_keep_their_types", apps_keep_their_types},
    {"webhooks_by_place", webhooks_by_place},
    {"lists_tell_how_long_it_took", lists_tell_how_long_it_took},
    {"lists_by_page", lists_by_page},
    {"deliveries_by_filter", deliveries_by_filter},
    {"cancelled_at_once_in_lists", cancelled_at_once_in_lists},
    {"events_by_time", events_by_time},
    {"cards_leave_deleted_webhooks_out", cards_leave_deleted_webhooks_out},
    {"app_by_uid", app_by_uid},
    {"event_with_its_deliveries", event_with_its_deliveries},
    {NULL, NULL},
};
