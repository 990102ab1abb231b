#include "base/limits.h"
#include "base/memory.h"
#include "model_rows.h"

#include <stdlib.h>
#include <string.h>

enum { DELIVERIES_MAX = 100 };

static const char *text_of(struct op *op, const char *text)
{
    return text ? arena_copy(&op->arena, text, strlen(text)) : NULL;
}

void model_give_app(struct op *op, const struct model_app *app, struct app_row *ret)
{
    *ret = app->row;
    ret->uid = text_of(op, app->row.uid);
    ret->name = text_of(op, app->row.name);
    ret->profile = text_of(op, app->row.profile);
    ret->alert_email = text_of(op, app->row.alert_email);
    ret->types = text_of(op, app->row.types);
}

void model_give_key(struct op *op, const struct key_row *key, struct key_row *ret)
{
    *ret = *key;
    ret->lookup = text_of(op, key->lookup);
    ret->name = text_of(op, key->name);
    ret->hint = text_of(op, key->hint);
}

void model_give_webhook(struct op *op, const struct model_webhook *webhook,
                        struct webhook_row *ret)
{
    *ret = webhook->row;
    ret->name = text_of(op, webhook->row.name);
    ret->url = text_of(op, webhook->row.url);
    ret->reason = text_of(op, webhook->row.reason);
    ret->settings = text_of(op, webhook->row.settings);
}

void model_give_delivery(const struct store_backend *model, struct op *op,
                         const struct model_delivery *row, const struct event *event,
                         struct delivery_row *ret)
{
    const struct model_post *mail = model_find_mail(model, row->event_id, row->n);

    *ret = (struct delivery_row){.event_id = row->event_id,
                                 .webhook_id = row->webhook_id,
                                 .n = row->n,
                                 .step = row->step,
                                 .number = row->number,
                                 .crashes = row->crashes,
                                 .state = row->state,
                                 .due_ms = row->due,
                                 .ended_ms = row->ended,
                                 .last_status = row->status,
                                 .last_error = row->error,
                                 .type = text_of(op, event->type),
                                 .created_ms = event->created_ms,
                                 .sequence = row->sequence,
                                 .mail = mail ? mail->state : MAIL_NONE};
    if (delivery_is_open(row->state) && model_is_cancelled(model, row))
        ret->state = DELIVERY_CANCELLED;
    ret->is_retrying = delivery_is_open(ret->state) && row->asked > row->served;
}

const struct event *model_find_event(const struct store_backend *model, int64_t app_id,
                                     int64_t id, int *ret_fan)
{
    const struct model_event *row = table_find(&model->events, map_key(id));

    if (!row || row->is_gone || (app_id && row->event->app_id != app_id))
        return NULL;
    *ret_fan = row->fan;
    return row->event;
}

static void read_key(const struct store_backend *model, struct op *op)
{
    op->result = OP_NOT_FOUND;
    for (size_t i = 0; i < model->keys.count; i++) {
        const struct key_row *key = model->keys.rows[i];
        if (strcmp(key->lookup, op->as.key_by_lookup.lookup))
            continue;
        model_give_key(op, key, &op->as.key_by_lookup.row);
        op->result = OP_DONE;
    }
}

static const struct model_app *app_asked(const struct store_backend *model,
                                         const struct op *op)
{
    if (op->as.app_card.id)
        return model_find_app(model, op->as.app_card.id);
    for (size_t i = 0; i < model->apps.count; i++) {
        const struct model_app *app = model->apps.rows[i];
        if (app->row.version >= 0 && app->row.uid && op->as.app_card.uid &&
            !strcmp(app->row.uid, op->as.app_card.uid))
            return app;
    }
    return NULL;
}

static void read_app(const struct store_backend *model, struct op *op)
{
    const struct model_app *app = app_asked(model, op);

    if (!app) {
        op->result = OP_NOT_FOUND;
        return;
    }
    model_give_app(op, app, &op->as.app_card.row);
    if (op->kind != OP_APP_CARD)
        return;
    op->as.app_card.webhooks =
        arena_take(&op->arena, (model->webhooks.count + 1) * sizeof(struct webhook_row));
    for (size_t i = 0; i < model->webhooks.count; i++) {
        const struct model_webhook *webhook = model->webhooks.rows[i];
        if (webhook->row.app_id == app->row.id && webhook->row.state != WEBHOOK_DELETED)
            model_give_webhook(op, webhook,
                               &op->as.app_card.webhooks[op->as.app_card.webhook_count++]);
    }
}

static void give_secrets(const struct store_backend *model, struct op *op)
{
    struct secret_row *rows =
        arena_take(&op->arena, (model->secrets.count + 1) * sizeof *rows);

    for (size_t i = model->secrets.count; i-- > 0;) {
        const struct model_secret *secret = model->secrets.rows[i];
        struct secret_row *row = &rows[op->as.hook_card.secret_count];
        if (secret->is_gone || secret->row.webhook_id != op->as.hook_card.id)
            continue;
        *row = secret->row;
        row->sealed = text_of(op, secret->row.sealed);
        op->as.hook_card.secret_count++;
    }
    op->as.hook_card.secrets = rows;
}

static void read_webhook(const struct store_backend *model, struct op *op)
{
    const struct model_webhook *webhook = model_find_webhook(model, op->as.hook_card.id);
    const struct model_app *app = webhook ? model_find_app(model, webhook->row.app_id) : NULL;

    op->result = OP_NOT_FOUND;
    if (!app || webhook->row.app_id != op->as.hook_card.app_id)
        return;
    model_give_webhook(op, webhook, &op->as.hook_card.row);
    op->as.hook_card.profile = text_of(op, app->row.profile);
    if (op->kind == OP_GET_WEBHOOK && webhook->row.state == WEBHOOK_DELETED)
        return;
    give_secrets(model, op);
    op->result = OP_DONE;
}

static void read_event(const struct store_backend *model, struct op *op)
{
    struct event_row *row = &op->as.event.row;
    const struct event *event =
        model_find_event(model, op->as.event.app_id, op->as.event.id, &row->fan);

    if (!event || !op->as.event.app_id) {
        op->result = OP_NOT_FOUND;
        return;
    }
    row->event = event_hold((struct event *)event);
    op->as.event.deliveries =
        arena_take(&op->arena, DELIVERIES_MAX * sizeof(struct delivery_row));
    for (int n = 0; n < row->fan && n < DELIVERIES_MAX; n++)
        model_give_delivery(model, op, model_find_delivery(model, event->id, (uint16_t)n),
                            event, &op->as.event.deliveries[op->as.event.delivery_count++]);
}

static void give_attempts(struct op *op, const struct model_delivery *row)
{
    struct attempt_row *rows =
        arena_take(&op->arena, ((size_t)row->number + 1) * sizeof *rows);
    size_t count = 0;

    for (const struct model_attempt *at = row->last; at; at = at->prev)
        count++;
    op->as.get_delivery.attempt_count = count;
    for (const struct model_attempt *at = row->last; at; at = at->prev) {
        rows[--count] = at->row;
        if (at->row.detail)
            rows[count].detail = (const unsigned char *)arena_copy(
                &op->arena, (const char *)at->row.detail, at->row.detail_len);
    }
    op->as.get_delivery.attempts = rows;
}

static void read_delivery(const struct store_backend *model, struct op *op)
{
    const struct model_delivery *row =
        model_find_delivery(model, op->as.get_delivery.event_id, op->as.get_delivery.n);
    int fan;
    const struct event *event = model_find_event(model, op->as.get_delivery.app_id,
                                                 op->as.get_delivery.event_id, &fan);

    op->result = OP_NOT_FOUND;
    if (!row || !event || !op->as.get_delivery.app_id)
        return;
    op->as.get_delivery.event = event_hold((struct event *)event);
    model_give_delivery(model, op, row, event, &op->as.get_delivery.row);
    give_attempts(op, row);
    op->result = OP_DONE;
}

void model_read(const struct store_backend *model, struct op *op)
{
    switch (op->kind) {
    case OP_KEY_BY_LOOKUP: read_key(model, op); break;
    case OP_SESSION_BY_HASH: model_read_session(model, op); break;
    case OP_APP_CARD:
    case OP_GET_APP: read_app(model, op); break;
    case OP_HOOK_CARD:
    case OP_GET_WEBHOOK: read_webhook(model, op); break;
    case OP_GET_EVENT: read_event(model, op); break;
    case OP_GET_DELIVERY: read_delivery(model, op); break;
    case OP_WEBHOOK_STATS: model_webhook_stats(model, op); break;
    case OP_STATS: model_stats(model, op); break;
    case OP_AUDIT_CHECK: model_audit_check(model, op); break;
    case OP_GET_JOB: model_read_job(model, op); break;
    case OP_RECOVER_COUNT: model_count_recover(model, op); break;
    default: op->result = OP_FAILED; break;
    }
}
