#include "store/steps.h"

#include "base/memory.h"
#include "hook/event.h"
#include "hook/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_reader(struct world *world)
{
    struct error error;

    world->reader = world->table->reader_new(world->backend, &error);
    assert_non_null(world->reader);
}

struct world world_in(const char *folder, const char *options)
{
    struct world world = {.table = &store_sqlite, .now_ms = NOW};

    snprintf(world.url, sizeof world.url, "sqlite:%s/s.db%s", folder, options);
    return world;
}

void world_open(struct world *world)
{
    struct error error = {0};

    if (world->table->open(world->url, world->now_ms, &world->backend, &error) != ERR_OK)
        fail_msg("%s: %s", world->url, error.text);
    news_init(&world->news);
    open_reader(world);
}

void world_close(struct world *world)
{
    news_done(&world->news);
    world->table->reader_free(world->reader);
    world->table->close(world->backend);
    world->reader = NULL;
    world->backend = NULL;
}

bool world_reopen(struct world *world)
{
    world_close(world);
    world_open(world);
    return !world->table->is_new(world->backend);
}

enum store_verdict apply(struct world *world, struct op **ops, size_t count)
{
    news_done(&world->news);
    for (size_t i = 0; i < count; i++)
        ops[i]->result = OP_PENDING;
    return world->table->apply(world->backend, ops, count, world->now_ms, &world->news);
}

void batch_add(struct world *world, struct batch *batch, struct op *op)
{
    batch->ops[batch->count++] = op;
    if (batch->count == sizeof batch->ops / sizeof *batch->ops)
        batch_apply(world, batch);
}

void batch_apply(struct world *world, struct batch *batch)
{
    assert_int_equal(apply(world, batch->ops, batch->count), STORE_DONE);
    for (size_t i = 0; i < batch->count; i++) {
        assert_int_equal(batch->ops[i]->result, OP_DONE);
        op_free(batch->ops[i]);
    }
    batch->count = 0;
}

enum op_result apply_one(struct world *world, struct op *op)
{
    assert_int_equal(apply(world, &op, 1), STORE_DONE);
    return op->result;
}

enum op_result ask(struct world *world, struct op *op)
{
    world->table->read(world->reader, op);
    return op->result;
}

void steps_all(struct world *world)
{
    enum store_verdict verdict = STORE_DONE;

    for (int i = 0; i < 10000; i++) {
        bool has_more =
            world->table->step(world->backend, world->now_ms, &verdict, &world->news);
        assert_int_equal(verdict, STORE_DONE);
        if (!has_more)
            return;
    }
    fail_msg("background work has no end");
}

struct op *op_app(enum verb verb, int64_t id, const char *uid)
{
    struct op *op = op_new(OP_APP, 0, NULL);

    op->as.app.verb = verb;
    op->as.app.if_version = -1;
    op->as.app.row = (struct app_row){
        .id = id, .uid = uid, .name = "shop", .profile = "standard", .created_ms = NOW};
    return op;
}

struct op *op_hook(enum verb verb, int64_t app_id, int64_t id)
{
    struct op *op = op_new(OP_WEBHOOK, 0, NULL);

    op->as.webhook.verb = verb;
    op->as.webhook.if_version = -1;
    op->as.webhook.now_ms = NOW;
    op->as.webhook.row = (struct webhook_row){.id = id,
                                              .app_id = app_id,
                                              .name = "hook",
                                              .url = "https://merchant.example/hook",
                                              .state = WEBHOOK_ENABLED,
                                              .settings = "{}"};
    return op;
}

struct op *op_accept(struct world *world, int64_t app_id, int64_t event_id,
                     const int64_t *hooks, size_t count)
{
    static const char body[] = "{\"payload\":{\"amount\":1.10}}";
    struct op *op = op_new(OP_ACCEPT, 0, NULL);
    struct accept *plan = &op->as.accept.accept;
    struct event *event = event_new(strlen(body));

    event->id = event_id;
    event->app_id = app_id;
    event->created_ms = world->now_ms;
    memcpy(event->type, "payment.completed", sizeof "payment.completed");
    memcpy(event->body, body, strlen(body));
    event->payload_at = 11;
    event->payload_len = strlen("{\"amount\":1.10}");
    plan->event = event;
    plan->app_version = world->app_version;
    plan->target_count = count;
    plan->webhook_ids = NEW_ARRAY(int64_t, count);
    for (size_t i = 0; i < count; i++)
        plan->webhook_ids[i] = hooks[i];
    op->as.accept.now_ms = world->now_ms;
    return op;
}

struct op *op_settle(int64_t event_id, int n, int number, enum settle_next next)
{
    struct op *op = op_new(OP_SETTLE, 0, NULL);
    struct settle *settle = NEW(struct settle);

    settle->event_id = event_id;
    settle->webhook_id = HOOK;
    settle->app_id = APP;
    settle->n = (uint16_t)n;
    settle->number = (uint16_t)number;
    settle->next = next;
    settle->step = (uint16_t)number;
    settle->due_wall_ms = NOW + MINUTE;
    settle->wait_ms = MINUTE;
    settle->attempt.trigger = TRIGGER_SCHEDULED;
    settle->attempt.started_wall_ms = NOW;
    settle->attempt.status = next == SETTLE_DELIVERED ? 200 : 500;
    settle->attempt.error = next == SETTLE_DELIVERED ? OUTCOME_NONE : OUTCOME_STATUS;
    settle->attempt.detail = memory_copy("\1evidence", 9);
    settle->attempt.detail_len = 9;
    op->as.settle.settle = settle;
    return op;
}

struct op *op_delivery(enum op_kind kind, int64_t app_id, int64_t event_id, int n,
                       int64_t now_ms)
{
    struct op *op = op_new(kind, 0, NULL);

    op->as.delivery.app_id = app_id;
    op->as.delivery.event_id = event_id;
    op->as.delivery.n = (uint16_t)n;
    op->as.delivery.now_ms = now_ms;
    return op;
}

struct op *op_claim(int64_t hook, size_t limit, int64_t due_max)
{
    struct op *op = op_new(OP_CLAIM, 0, NULL);

    op->as.claim.claim = (struct claim){
        .webhook_id = hook, .limit = limit, .due_max_wall_ms = due_max, .bytes_max = 1 << 20};
    return op;
}

struct dedupe dedupe_of(enum dedupe_kind kind, int key, int body)
{
    struct dedupe dedupe = {.kind = kind};

    // As a hash would: all bytes differ between keys.
    for (size_t i = 0; i < sizeof dedupe.key; i++) {
        dedupe.key[i] = (unsigned char)(key * 37 + (int)i * (key + 3));
        dedupe.body[i] = (unsigned char)(body * 59 + (int)i);
    }
    memcpy(dedupe.key, &key, sizeof key);
    return dedupe;
}

static enum op_result finish(struct world *world, struct op *op)
{
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

void make_app(struct world *world, int64_t id)
{
    assert_int_equal(finish(world, op_app(VERB_CREATE, id, NULL)), OP_DONE);
    if (id == APP)
        world->app_version = 1;
}

void make_hook(struct world *world, int64_t id)
{
    assert_int_equal(finish(world, op_hook(VERB_CREATE, APP, id)), OP_DONE);
    world->app_version++;
}

void make_events(struct world *world, int count)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    for (int64_t id = 1000; id < 1000 + count; id++) {
        int64_t hook = HOOK;
        struct op *op = op_accept(world, APP, id, &hook, 1);
        op->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, (int)id, (int)id);
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
    }
}

enum op_result change_hook(struct world *world, int64_t id, enum verb verb,
                           enum webhook_state state)
{
    struct op *op = op_hook(verb, APP, id);
    enum op_result result;

    op->as.webhook.row.state = state;
    result = finish(world, op);
    if (result == OP_DONE)
        world->app_version++;
    return result;
}

enum op_result accept_one(struct world *world, int64_t event_id, int64_t hook)
{
    return finish(world, op_accept(world, APP, event_id, &hook, 1));
}

enum settle_result settle_as(struct world *world, int64_t event_id, int number,
                             enum settle_next next, enum trigger trigger, int64_t due,
                             int64_t *ret_due)
{
    struct op *op = op_settle(event_id, 0, number, next);
    enum settle_result result;

    op->as.settle.settle->attempt.trigger = trigger;
    op->as.settle.settle->due_wall_ms = due;
    op->as.settle.settle->wait_ms = due > world->now_ms ? due - world->now_ms : 0;
    assert_int_equal(apply_one(world, op), OP_DONE);
    result = op->as.settle.result;
    if (ret_due)
        *ret_due = op->as.settle.settle->due_wall_ms;
    op_free(op);
    return result;
}

enum settle_result settle_one(struct world *world, int64_t event_id, int number,
                              enum settle_next next)
{
    return settle_as(world, event_id, number, next, TRIGGER_SCHEDULED, NOW + MINUTE, NULL);
}

enum op_result on_delivery(struct world *world, enum op_kind kind, int64_t event_id)
{
    return finish(world, op_delivery(kind, APP, event_id, 0, world->now_ms));
}

size_t claim_ids(struct world *world, int64_t hook, size_t limit, int64_t due_max,
                 int64_t *ret_ids, bool *ret_reached_end, int64_t *ret_next_due)
{
    struct op *op = op_claim(hook, limit, due_max);
    struct claimed *claimed = &op->as.claim.claimed;
    size_t count = 0;

    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(claimed->webhook_id, hook);
    for (struct parcel *parcel = claimed->parcels; parcel; parcel = parcel->next) {
        assert_int_equal(parcel->webhook_id, hook);
        assert_true(parcel->is_parked);
        assert_non_null(parcel->event);
        assert_int_equal(parcel->event->id, parcel->event_id);
        if (ret_ids)
            ret_ids[count] = parcel->event_id;
        count++;
    }
    assert_int_equal(count, claimed->count);
    if (ret_reached_end)
        *ret_reached_end = claimed->reached_end;
    if (ret_next_due)
        *ret_next_due = claimed->next_due_wall_ms;
    op_free(op);
    return count;
}

void behind(struct world *world, int64_t hook)
{
    struct op *op = op_new(OP_BEHIND, 0, NULL);

    op->as.behind.webhook_id = hook;
    assert_int_equal(finish(world, op), OP_DONE);
}

static struct op *get_delivery(struct world *world, int64_t event_id, int n)
{
    struct op *op = op_new(OP_GET_DELIVERY, 0, NULL);

    op->as.get_delivery.app_id = APP;
    op->as.get_delivery.event_id = event_id;
    op->as.get_delivery.n = (uint16_t)n;
    assert_int_equal(ask(world, op), OP_DONE);
    return op;
}

struct delivery_row row_of(struct world *world, int64_t event_id, int n)
{
    struct op *op = get_delivery(world, event_id, n);
    struct delivery_row row = op->as.get_delivery.row;

    op_free(op);
    row.type = NULL;
    return row;
}

size_t attempts_of(struct world *world, int64_t event_id, int *ret_last_trigger)
{
    struct op *op = get_delivery(world, event_id, 0);
    size_t count = op->as.get_delivery.attempt_count;

    for (size_t i = 0; i < count; i++)
        assert_int_equal(op->as.get_delivery.attempts[i].number, i + 1);
    if (ret_last_trigger && count)
        *ret_last_trigger = (int)op->as.get_delivery.attempts[count - 1].trigger;
    op_free(op);
    return count;
}

size_t arrival_count(const struct world *world)
{
    size_t count = 0;

    for (const struct parcel *parcel = world->news.arrivals; parcel; parcel = parcel->next)
        count++;
    return count;
}
