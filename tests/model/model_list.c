#include "base/limits.h"
#include "base/memory.h"
#include "model_rows.h"

#include <stdlib.h>
#include <string.h>

// All candidates in order, those that fit, from the cursor on

struct entry {
    int64_t id;
    uint16_t n;
    const void *row;
};

static int compare_newest(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;

    if (left->id != right->id)
        return left->id > right->id ? -1 : 1;
    return left->n > right->n ? -1 : left->n < right->n;
}

static bool event_fits(const struct list_query *query, const struct event *event)
{
    return (!query->type || !strcmp(query->type, event->type)) &&
           (query->mode == LIST_ANY || query->mode == (int)event->mode) &&
           (!query->since_ms || event->created_ms >= query->since_ms) &&
           (!query->until_ms || event->created_ms < query->until_ms) &&
           (!query->app_id || query->app_id == event->app_id);
}

static bool state_fits(const struct list_query *query, const struct delivery_row *row)
{
    bool is_open = delivery_is_open(row->state);

    if (query->state == LIST_STATES_OPEN && !is_open)
        return false;
    if (query->state >= 0 && query->state != (int)row->state)
        return false;
    if (query->due_now != LIST_ANY &&
        (!is_open || (row->due_ms <= query->now_ms) != (query->due_now == 1)))
        return false;
    return (!query->status_class || row->last_status / 100 == query->status_class) &&
           (!query->webhook_id || query->webhook_id == row->webhook_id) &&
           (!query->event_id || query->event_id == row->event_id);
}

static const struct table *table_of(const struct store_backend *model, enum list_kind kind)
{
    switch (kind) {
    case LIST_APPS: return &model->apps;
    case LIST_KEYS: return &model->keys;
    case LIST_WEBHOOKS: return &model->webhooks;
    case LIST_EVENTS: return &model->events;
    case LIST_SESSIONS: return &model->sessions;
    case LIST_AUDIT: return &model->audits;
    case LIST_DELIVERIES: break;
    }
    return &model->deliveries;
}

static struct entry entry_of(enum list_kind kind, const void *row)
{
    switch (kind) {
    case LIST_APPS: return (struct entry){((const struct model_app *)row)->row.id, 0, row};
    case LIST_KEYS: return (struct entry){((const struct key_row *)row)->id, 0, row};
    case LIST_WEBHOOKS:
        return (struct entry){((const struct model_webhook *)row)->row.id, 0, row};
    case LIST_EVENTS:
        return (struct entry){((const struct model_event *)row)->event->id, 0, row};
    case LIST_SESSIONS:
        return (struct entry){((const struct model_session *)row)->row.id, 0, row};
    case LIST_AUDIT:
        return (struct entry){((const struct model_audit *)row)->row.seq, 0, row};
    case LIST_DELIVERIES: break;
    }
    return (struct entry){((const struct model_delivery *)row)->event_id,
                          ((const struct model_delivery *)row)->n, row};
}

static bool give_if_app(struct op *op, const struct model_app *app, size_t at)
{
    if (app->row.version < 0 || app->row.id == OPERATOR_APP_ID ||
        (op->as.list.query.app_id && op->as.list.query.app_id != app->row.id))
        return false;
    model_give_app(op, app, &op->as.list.rows.apps[at]);
    return true;
}

static bool give_if_key(struct op *op, const struct key_row *key, size_t at)
{
    if (key->revoked_ms || key->app_id != op->as.list.query.app_id)
        return false;
    model_give_key(op, key, &op->as.list.rows.keys[at]);
    return true;
}

static bool webhook_fits(const struct list_query *query, const struct model_webhook *webhook)
{
    return webhook->row.state != WEBHOOK_DELETED && webhook->row.app_id == query->app_id &&
           (query->state == LIST_ANY || query->state == (int)webhook->row.state);
}

static bool give_if_webhook(struct op *op, const struct model_webhook *webhook, size_t at)
{
    if (!webhook_fits(&op->as.list.query, webhook) || op->as.list.query.skip-- > 0)
        return false;
    model_give_webhook(op, webhook, &op->as.list.rows.webhooks[at]);
    return true;
}

static bool give_if_event(struct op *op, const struct model_event *row, size_t at)
{
    if (row->is_gone || !event_fits(&op->as.list.query, row->event))
        return false;
    op->as.list.rows.events[at] = (struct event_row){event_hold(row->event), row->fan};
    return true;
}

static bool give_if_delivery(const struct store_backend *model, struct op *op,
                             const struct model_delivery *row, size_t at)
{
    int fan;
    const struct event *event = model_find_event(model, 0, row->event_id, &fan);

    if (!event || !event_fits(&op->as.list.query, event))
        return false;
    model_give_delivery(model, op, row, event, &op->as.list.rows.deliveries[at]);
    op->as.list.rows.deliveries[at].last_ms = row->last ? row->last->row.duration_ms : 0;
    return state_fits(&op->as.list.query, &op->as.list.rows.deliveries[at]);
}

static bool give(const struct store_backend *model, struct op *op, const void *row, size_t at)
{
    switch (op->as.list.query.kind) {
    case LIST_APPS: return give_if_app(op, row, at);
    case LIST_KEYS: return give_if_key(op, row, at);
    case LIST_WEBHOOKS: return give_if_webhook(op, row, at);
    case LIST_EVENTS: return give_if_event(op, row, at);
    case LIST_SESSIONS: return model_give_session(op, row, &op->as.list.rows.sessions[at]);
    case LIST_AUDIT: return model_give_audit(op, row, at);
    case LIST_DELIVERIES: break;
    }
    return give_if_delivery(model, op, row, at);
}

static size_t most_of(const struct list_query *query)
{
    if (query->limit > 0 && query->limit < limit(LIMIT_LIST))
        return (size_t)query->limit;
    return (size_t)limit(LIMIT_LIST);
}

static bool is_behind_cursor(const struct list_query *query, const struct entry *entry)
{
    return !query->before_id || entry->id < query->before_id ||
           (query->kind == LIST_DELIVERIES && entry->id == query->before_id &&
            entry->n < query->before_n);
}

void model_list(const struct store_backend *model, struct op *op)
{
    const struct list_query *query = &op->as.list.query;
    const struct table *table = table_of(model, query->kind);
    struct entry *entries = NEW_ARRAY(struct entry, table->count + 1);
    const struct entry *last = NULL;
    size_t most = most_of(query);

    for (size_t i = 0; i < table->count; i++)
        entries[i] = entry_of(query->kind, table->rows[i]);
    qsort(entries, table->count, sizeof *entries, compare_newest);
    op->as.list.rows.apps =
        arena_take(&op->arena, (most + 1) * sizeof(struct delivery_row) +
                                   (most + 1) * sizeof(struct webhook_row));
    for (size_t i = 0; i < table->count && query->counts; i++)
        op->as.list.total += webhook_fits(query, table->rows[i]);
    for (size_t i = 0; i < table->count; i++) {
        if (!is_behind_cursor(query, &entries[i]))
            continue;
        if (op->as.list.count == most) {
            op->as.list.next_id = last->id;
            op->as.list.next_n = last->n;
            break;
        }
        last = &entries[i];
        op->as.list.count += give(model, op, entries[i].row, op->as.list.count);
    }
    free(entries);
}
