#include "base/limits.h"
#include "engine/mutant.h"
#include "hook/parcel.h"
#include "model_rows.h"

#include <string.h>

static bool is_same_key(const struct dedupe *a, const struct dedupe *b)
{
    return a->kind == b->kind && !memcmp(a->key, b->key, sizeof a->key);
}

static enum op_result look_up_keys(const struct store_backend *model, struct op *op)
{
    int64_t app_id = op->as.accept.accept.event->app_id;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < model->idems.count; i++) {
            const struct dedupe *dedupe = &op->as.accept.dedupe[k];
            const struct model_idem *idem = model->idems.rows[i];
            if (dedupe->kind == DEDUPE_NONE || idem->app_id != app_id ||
                !is_same_key(&idem->dedupe, dedupe))
                continue;
            op->as.accept.event_id = idem->event_id;
            return memcmp(idem->dedupe.body, dedupe->body, sizeof dedupe->body)
                       ? OP_OTHER_BODY
                       : OP_REPLAY;
        }
    return OP_PENDING;
}

static enum op_result check_plan(const struct store_backend *model, const struct accept *plan)
{
    const struct model_app *app = model_find_app(model, plan->event->app_id);

    if (!app)
        return OP_NOT_FOUND;
    if (app->row.version != plan->app_version && !MUTANT_IS(STALE_ACCEPTED))
        return OP_STALE;
    for (size_t n = 0; n < plan->target_count; n++) {
        const struct model_webhook *webhook = model_find_webhook(model, plan->webhook_ids[n]);
        if (!webhook || webhook->row.app_id != app->row.id ||
            (webhook->row.state != WEBHOOK_ENABLED && !MUTANT_IS(STALE_ACCEPTED)))
            return OP_STALE;
    }
    return table_find(&model->events, map_key(plan->event->id)) ? OP_STALE : OP_PENDING;
}

static void add_delivery(struct store_backend *model, const struct accept *plan, size_t n,
                         int64_t now_ms, struct news *news)
{
    struct model_webhook *webhook = model_find_webhook(model, plan->webhook_ids[n]);
    struct map_key key = map_key2(plan->event->id, (int64_t)n);
    const bool is_later = plan->due_ms > now_ms;
    struct model_delivery *row =
        table_add(model, &model->deliveries, &key, sizeof(struct model_delivery));

    row->event_id = plan->event->id;
    row->webhook_id = plan->webhook_ids[n];
    row->app_id = plan->event->app_id;
    row->n = (uint16_t)n;
    row->state = webhook->is_behind || is_later ? DELIVERY_PARKED : DELIVERY_FRESH;
    row->due = is_later ? plan->due_ms : now_ms;
    row->wait_ms = is_later ? limit(LIMIT_DELIVER_AT_DAYS) * 86400 * 1000 : 0;
    if (row->event_id < webhook->row.cancel_before) // by a clock or minter that was behind
        row->spared = webhook->row.cancel_before;
    if (plan->event->order_key) {
        TOUCH(model, webhook);
        row->sequence = ++webhook->sequence;
    }
    if (!model_turn_join(model, row)) {
        row->state = DELIVERY_HELD;
        return;
    }
    if (row->state == DELIVERY_PARKED)
        model_note_parked(model, webhook, row->due);
    if (is_later) {
        news_due(news, webhook->row.id, webhook->row.app_id, row->due);
    } else if (!webhook->is_behind) {
        news_arrival(news, model_parcel_of(row, plan->event));
    } else if (webhook->due_told_in != model->group) {
        TOUCH(model, webhook);
        webhook->due_told_in = model->group;
        news_due(news, webhook->row.id, webhook->row.app_id, now_ms);
    }
}

static void keep_keys(struct store_backend *model, const struct op *op)
{
    for (size_t k = 0; k < 2; k++) {
        struct model_idem *idem;
        if (op->as.accept.dedupe[k].kind == DEDUPE_NONE)
            continue;
        idem = table_add(model, &model->idems, NULL, sizeof *idem);
        idem->app_id = op->as.accept.accept.event->app_id;
        idem->event_id = op->as.accept.accept.event->id;
        idem->dedupe = op->as.accept.dedupe[k];
    }
}

static void add_event(struct store_backend *model, const struct accept *plan)
{
    struct map_key key = map_key(plan->event->id);
    struct model_event *event = table_add(model, &model->events, &key, sizeof *event);
    struct model_app *app = model_find_app(model, plan->event->app_id);

    event->event = event_hold(plan->event);
    event->fan = (int)plan->target_count;
    TOUCH(model, app);
    app->is_used = true;
    model_touch(model, &model->last_event, sizeof model->last_event);
    if (plan->event->id > model->last_event)
        model->last_event = plan->event->id;
}

void model_accept(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news)
{
    const struct accept *plan = &op->as.accept.accept;

    op->result = look_up_keys(model, op);
    if (op->result == OP_PENDING)
        op->result = check_plan(model, plan);
    if (op->result != OP_PENDING)
        return;
    add_event(model, plan);
    for (size_t n = 0; n < plan->target_count; n++)
        add_delivery(model, plan, n, now_ms, news);
    keep_keys(model, op);
    op->as.accept.event_id = plan->event->id;
    op->result = OP_DONE;
}

void model_record(struct store_backend *model, struct op *op)
{
    const struct accept *plan = &op->as.record.accept;
    const struct model_app *app = model_find_app(model, plan->event->app_id);
    const struct model_webhook *webhook = model_find_webhook(model, plan->webhook_ids[0]);
    struct map_key key = map_key2(plan->event->id, 0);
    struct model_delivery *row;

    op->result = OP_NOT_FOUND;
    if (!app || !webhook || webhook->row.app_id != app->row.id)
        return;
    op->result = OP_STALE;
    if (table_find(&model->events, map_key(plan->event->id)))
        return;
    add_event(model, plan);
    row = table_add(model, &model->deliveries, &key, sizeof *row);
    row->event_id = plan->event->id;
    row->webhook_id = plan->webhook_ids[0];
    row->app_id = plan->event->app_id;
    row->due = op->as.record.attempt.started_ms;
    row->state = op->as.record.was_received ? DELIVERY_DELIVERED : DELIVERY_FAILED;
    row->ended = op->as.record.now_ms;
    model_add_attempt(model, row, &op->as.record.attempt);
    op->result = OP_DONE;
}
