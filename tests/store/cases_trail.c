// Lists of events and deliveries by app, type and webhook, over histories that are long for
// the back end: each row once, the newest first, whatever the order in which they came.

#include "store/steps.h"

#include "base/limits.h"
#include "hook/event.h"
#include "hook/id.h"

#include <string.h>

enum {
    APPS = 3,
    HOOKS = 4,
    FAN_MAX = 3,
    TYPES = 3,
    VERSION = 1 + HOOKS,
    GROUP = 20,
    DAY_MS = 86400000
};

static const char *const types[TYPES] = {"payment.completed", "refund.created", "rare"};

// What was accepted, as it is to be found.
struct past {
    struct past_event {
        int64_t id, app_id;
        int64_t hooks[FAN_MAX];
        int fan, type;
        bool is_gone;
    } events[400];
    size_t count;
    uint32_t dice;
};

static unsigned roll(struct past *past, unsigned sides)
{
    past->dice = past->dice * 1664525 + 1013904223;
    return (past->dice >> 8) % sides;
}

static int64_t hook_of(int64_t app_id, unsigned i)
{
    return HOOK + (app_id - APP) * HOOKS + i;
}

static void make_apps(struct world *world)
{
    static const char *const uids[APPS] = {"a", "b", "c"};

    for (int64_t app_id = APP; app_id < APP + APPS; app_id++) {
        struct op *op = op_app(VERB_CREATE, app_id, uids[app_id - APP]);
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
        for (unsigned i = 0; i < HOOKS; i++) {
            op = op_hook(VERB_CREATE, app_id, hook_of(app_id, i));
            assert_int_equal(apply_one(world, op), OP_DONE);
            op_free(op);
        }
    }
}

// An event of some app to some of its webhooks, or to none. The first app has most, the last
// webhook of each few, and few are of the last type.
static struct op *op_some(struct world *world, struct past *past, int64_t id)
{
    struct past_event *event = &past->events[past->count++];
    unsigned of = roll(past, 6);
    unsigned kind = roll(past, 12);
    struct op *op;

    event->id = id;
    event->app_id = APP + (of < 4 ? 0 : of - 3);
    event->type = kind == 0 ? 2 : (int)(kind % 2);
    event->fan = (int)roll(past, FAN_MAX + 1);
    for (int n = 0; n < event->fan; n++)
        event->hooks[n] =
            hook_of(event->app_id, roll(past, 10) == 0 ? HOOKS - 1 : (unsigned)n);
    op = op_accept(world, event->app_id, id, event->hooks, (size_t)event->fan);
    op->as.accept.accept.app_version = VERSION;
    memcpy(op->as.accept.accept.event->type, types[event->type],
           strlen(types[event->type]) + 1);
    return op;
}

static void accept_some(struct world *world, struct past *past, int64_t id)
{
    struct batch batch = {{op_some(world, past, id)}, 1};

    batch_apply(world, &batch);
}

static bool is_wanted(const struct list_query *query, const struct past_event *event, int n)
{
    return !event->is_gone && event->app_id == query->app_id &&
           (!query->type || !strcmp(query->type, types[event->type])) &&
           (!query->webhook_id || event->hooks[n] == query->webhook_id);
}

// The next entry below (id, n) that the list is to have; false: no more.
static bool next_wanted(const struct past *past, const struct list_query *query,
                        int64_t *in_out_id, int *in_out_n)
{
    int64_t best_id = 0;
    int best_n = 0;

    for (size_t i = 0; i < past->count; i++) {
        const struct past_event *event = &past->events[i];
        int rows = query->kind == LIST_EVENTS ? 1 : event->fan;
        for (int n = 0; n < rows; n++)
            if (is_wanted(query, event, n) &&
                (event->id < *in_out_id || (event->id == *in_out_id && n < *in_out_n)) &&
                (event->id > best_id || (event->id == best_id && n > best_n))) {
                best_id = event->id;
                best_n = n;
            }
    }
    *in_out_id = best_id;
    *in_out_n = best_n;
    return best_id != 0;
}

static void expect_list(struct world *world, const struct past *past,
                        const struct list_query *query)
{
    struct list_query next = *query;
    int64_t id = INT64_MAX;
    int n = 0;

    do {
        struct op *op = op_new(OP_LIST, 0, NULL);
        op->as.list.query = next;
        assert_int_equal(ask(world, op), OP_DONE);
        for (size_t i = 0; i < op->as.list.count; i++) {
            bool has_n = query->kind == LIST_DELIVERIES;
            assert_true(next_wanted(past, query, &id, &n));
            assert_int_equal(has_n ? op->as.list.rows.deliveries[i].event_id
                                   : op->as.list.rows.events[i].event->id,
                             id);
            assert_int_equal(has_n ? op->as.list.rows.deliveries[i].n : 0, n);
        }
        next.before_id = op->as.list.next_id;
        next.before_n = op->as.list.next_n;
        op_free(op);
    } while (next.before_id);
    assert_false(next_wanted(past, query, &id, &n));
}

static void expect_lists_of(struct world *world, const struct past *past,
                            struct list_query *query)
{
    for (query->limit = 1; query->limit < 100; query->limit += 16) {
        query->kind = LIST_DELIVERIES;
        for (unsigned i = 0; i < HOOKS; i++) {
            query->webhook_id = hook_of(query->app_id, i);
            expect_list(world, past, query);
        }
        query->webhook_id = 0;
        expect_list(world, past, query);
        query->kind = LIST_EVENTS;
        expect_list(world, past, query);
    }
}

static void expect_lists(struct world *world, const struct past *past)
{
    for (int64_t app_id = APP; app_id < APP + APPS; app_id++)
        for (int type = 0; type <= TYPES; type++) {
            struct list_query query = {.app_id = app_id,
                                       .state = LIST_ANY,
                                       .due_now = LIST_ANY,
                                       .mode = LIST_ANY,
                                       .type = type < TYPES ? types[type] : NULL};
            expect_lists_of(world, past, &query);
        }
}

static void lists_of_many_apps(struct world *world)
{
    struct past past = {.dice = 1};
    struct batch batch = {.count = 0};

    make_apps(world);
    expect_lists(world, &past);
    for (int64_t id = 1000; id < 1250; id++) {
        batch_add(world, &batch, op_some(world, &past, id));
        if (id < 1030)
            batch_apply(world, &batch);
        if (id < 1030 || id % 100 == 49)
            expect_lists(world, &past);
    }
    steps_all(world);
    expect_lists(world, &past);
    for (int times = 0; times < 2 && world_reopen(world); times++) {
        expect_lists(world, &past);
        for (int64_t id = 1250 + times * 20; id < 1270 + times * 20; id++)
            accept_some(world, &past, id);
        expect_lists(world, &past);
    }
}

// Ids that are less than those before them: a clock that was set back, and workers that mint
// side by side.
static void lists_of_what_came_late(struct world *world)
{
    struct past past = {.dice = 7};

    make_apps(world);
    for (int i = 0; i < 60; i++)
        accept_some(world, &past, 5000 + (i ^ 5));
    expect_lists(world, &past);
    for (int i = 0; i < 60; i++) {
        accept_some(world, &past, 3000 + i * 7);
        if (i % 10 == 3)
            expect_lists(world, &past);
    }
    for (int i = 0; i < 60; i++)
        accept_some(world, &past, i < 30 ? 9000 - i : 3001 + (i - 30) * 7);
    expect_lists(world, &past);
    if (!world_reopen(world))
        return;
    expect_lists(world, &past);
    for (int i = 0; i < 30; i++)
        accept_some(world, &past, 3002 + i * 7);
    expect_lists(world, &past);
}

// A group that fails half-way leaves nothing in any list.
static void lists_without_a_refused_event(struct world *world)
{
    struct past past = {.dice = 3};
    int64_t hook = hook_of(APP, 0);

    make_apps(world);
    for (int64_t id = 1000; id < 1040; id++) {
        struct op *twice = op_accept(world, APP, id, &hook, 1);
        accept_some(world, &past, id);
        twice->as.accept.accept.app_version = VERSION;
        assert_int_equal(apply_one(world, twice), OP_STALE); // the id is taken
        op_free(twice);
    }
    expect_lists(world, &past);
}

static void lists_without_an_erased_app(struct world *world)
{
    struct past past = {.dice = 11};
    struct batch batch = {.count = 0};
    struct op *op = op_app(VERB_DELETE, APP, NULL);

    make_apps(world);
    for (int64_t id = 1000; id < 1200; id++)
        batch_add(world, &batch, op_some(world, &past, id));
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    for (size_t i = 0; i < past.count; i++)
        past.events[i].is_gone = past.events[i].app_id == APP;
    for (int i = 0; i < 3; i++) { // the work is under way
        enum store_verdict verdict;
        world->table->step(world->backend, world->now_ms, &verdict, &world->news);
        assert_int_equal(verdict, STORE_DONE);
    }
    if (!world_reopen(world))
        return;
    steps_all(world);
    expect_lists(world, &past);
    for (int64_t id = 1200; id < 1230; id++) {
        size_t at = past.count;
        while (past.count == at) { // of those apps that are left
            struct past ahead = past;
            if (roll(&ahead, 6) < 4)
                roll(&past, 6);
            else
                accept_some(world, &past, id);
        }
    }
    expect_lists(world, &past);
}

static struct op *settle_past(const struct past_event *event, int n, enum settle_next next)
{
    struct op *op = op_settle(event->id, n, 1, next);

    op->as.settle.settle->webhook_id = event->hooks[n];
    op->as.settle.settle->app_id = event->app_id;
    return op;
}

// What is open stays, and is found, when all around it is forgotten.
static void lists_of_what_retention_left(struct world *world)
{
    const int64_t then = 1900000000000;
    const struct past_event *waiting = NULL;
    struct past past = {.dice = 5};
    struct batch batch = {.count = 0};

    make_apps(world);
    for (int i = 0; i < 200; i++)
        batch_add(world, &batch, op_some(world, &past, id_first_at(then + i * 1000)));
    world->now_ms = then;
    for (size_t i = 0; i < past.count; i++) {
        struct past_event *event = &past.events[i];
        event->is_gone = i + 1 < past.count && (event->fan == 0 || i % 40 != 7);
        for (int n = 0; n < event->fan && event->is_gone; n++)
            batch_add(world, &batch, settle_past(event, n, SETTLE_DELIVERED));
        if (event->fan > 0 && !event->is_gone)
            waiting = event;
    }
    batch_add(world, &batch, settle_past(waiting, 0, SETTLE_WAIT)); // the last: kept
    batch_apply(world, &batch);
    world->now_ms = then + INT64_C(60) * DAY_MS;
    steps_all(world);
    expect_lists(world, &past);
    world->now_ms += MINUTE;
    for (int i = 0; i < 40; i++)
        accept_some(world, &past, id_first_at(world->now_ms) + i);
    steps_all(world);
    expect_lists(world, &past);
    if (world_reopen(world))
        expect_lists(world, &past);
}

// A webhook of another app is as one that is not there.
static void no_list_of_anothers_webhook(struct world *world)
{
    struct op *op = op_new(OP_LIST, 0, NULL);
    struct past past = {.dice = 2};

    make_apps(world);
    for (int64_t id = 1000; id < 1040; id++)
        accept_some(world, &past, id);
    op->as.list.query = (struct list_query){.kind = LIST_DELIVERIES,
                                            .app_id = APP + 1,
                                            .webhook_id = hook_of(APP, 0),
                                            .limit = 2,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY};
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.list.count, 0);
    assert_int_equal(op->as.list.next_id, 0);
    op_free(op);
}

// Between its first and its last delivery the app had many events of that type.
static void list_of_a_quiet_webhook(struct world *world)
{
    enum { COUNT = 700 };
    struct op *ops[COUNT];
    struct list_query query = {.kind = LIST_DELIVERIES,
                               .app_id = APP,
                               .webhook_id = hook_of(APP, 1),
                               .type = types[0],
                               .limit = 1,
                               .state = LIST_ANY,
                               .due_now = LIST_ANY,
                               .mode = LIST_ANY};
    static struct past past;

    make_apps(world);
    for (int i = 0; i < COUNT; i++) {
        int64_t hook = hook_of(APP, i == 0 || i == COUNT - 1);
        ops[i] = op_accept(world, APP, 1000 + i, &hook, 1);
        ops[i]->as.accept.accept.app_version = VERSION;
        if (i == 0 || i == COUNT - 1)
            past.events[past.count++] =
                (struct past_event){.id = 1000 + i, .app_id = APP, .hooks = {hook}, .fan = 1};
    }
    assert_int_equal(apply(world, ops, COUNT), STORE_DONE);
    for (int i = 0; i < COUNT; i++)
        op_free(ops[i]);
    expect_list(world, &past, &query);
    past.count = 0;
    query.type = types[1];
    expect_list(world, &past, &query);
}

const struct conformance_case trail_cases[] = {
    {"lists_of_many_apps", lists_of_many_apps},
    {"lists_of_what_came_late", lists_of_what_came_late},
    {"lists_without_a_refused_event", lists_without_a_refused_event},
    {"lists_without_an_erased_app", lists_without_an_erased_app},
    {"lists_of_what_retention_left", lists_of_what_retention_left},
    {"list_of_a_quiet_webhook", list_of_a_quiet_webhook},
    {"no_list_of_anothers_webhook", no_list_of_anothers_webhook},
    {NULL, NULL},
};
