#include "store/sqlite_entry.h"

#include "base/arena.h"
#include "base/limits.h"
#include "store/ops.h"

#include <string.h>

// What is asked of the event: by its type, its mode and when it was accepted.
static bool event_fits(const struct list_query *query, const char *type, int mode,
                       int64_t created_ms)
{
    return (!query->type || (type && !strcmp(query->type, type))) &&
           (query->mode == LIST_ANY || query->mode == mode) &&
           (query->since_ms == 0 || created_ms >= query->since_ms) &&
           (query->until_ms == 0 || created_ms < query->until_ms);
}

static bool read_event_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                             void *ret)
{
    const struct list_query *query = &op->as.list.query;
    sqlite3_stmt *get;
    int64_t id = sqlite3_column_int64(row, 0);
    struct event_row *event = ret;

    if ((query->app_id && sqlite3_column_int64(row, 1) != query->app_id) ||
        !event_fits(query, (const char *)sqlite3_column_text(row, 2),
                    sqlite3_column_int(row, 3), sqlite3_column_int64(row, 4)))
        return false;
    get = reader_statement(reader, "SELECT " EVENT_COLUMNS " FROM event WHERE id = ?1");
    sqlite3_bind_int64(get, 1, id);
    if (!reader_step(reader, get))
        return false;
    event->event = read_event(get, id, &event->fan);
    sqlite3_reset(get);
    return true;
}

static bool state_fits(const struct list_query *query, const struct delivery_row *row)
{
    bool is_open = delivery_is_open(row->state);

    if (query->state == LIST_STATES_OPEN
            ? !is_open
            : query->state != LIST_ANY && query->state != (int)row->state)
        return false;
    if (query->due_now != LIST_ANY &&
        (!is_open || (row->due_ms <= query->now_ms) != (query->due_now == 1)))
        return false;
    return query->status_class == 0 || row->last_status / 100 == query->status_class;
}

enum { WEBHOOK_APP = DELIVERY_COLUMN_COUNT, LAST_ATTEMPT };

static int64_t duration_of(struct store_reader *reader, int64_t attempt_id)
{
    sqlite3_stmt *get = reader_statement(reader, "SELECT ms FROM attempt WHERE id = ?1");
    int64_t duration_ms = 0;

    sqlite3_bind_int64(get, 1, attempt_id);
    if (reader_step(reader, get))
        duration_ms = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return duration_ms;
}

static bool read_delivery_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                                void *ret)
{
    const struct list_query *query = &op->as.list.query;
    struct delivery_row *delivery = ret;
    const char *type;
    sqlite3_stmt *get;
    bool fits;

    if (query->app_id && sqlite3_column_int64(row, WEBHOOK_APP) != query->app_id)
        return false;
    read_delivery(row, delivery);
    if ((query->webhook_id && query->webhook_id != delivery->webhook_id) ||
        !state_fits(query, delivery))
        return false;
    get = reader_statement(reader, "SELECT type, mode, created FROM event WHERE id = ?1");
    sqlite3_bind_int64(get, 1, delivery->event_id);
    if (!reader_step(reader, get))
        return false;
    type = (const char *)sqlite3_column_text(get, 0);
    delivery->created_ms = sqlite3_column_int64(get, 2);
    fits = event_fits(query, type, sqlite3_column_int(get, 1), delivery->created_ms);
    if (fits)
        delivery->type = read_text(&op->arena, get, 0);
    sqlite3_reset(get);
    if (fits)
        delivery->last_ms = duration_of(reader, sqlite3_column_int64(row, LAST_ATTEMPT));
    return fits;
}

static bool read_session_entry(struct op *op, sqlite3_stmt *row, struct session_row *ret)
{
    read_session(&op->arena, row, ret);
    return session_is_in_force(ret, limit(LIMIT_SESSION_IDLE_MS), op->as.list.query.now_ms);
}

static bool read_audit_entry(struct op *op, sqlite3_stmt *row, struct audit_row *ret)
{
    read_audit(NULL, row, ret);
    if (!list_audit_fits(&op->as.list.query, ret))
        return false;
    read_audit(&op->arena, row, ret);
    return true;
}

bool entry_read(struct store_reader *reader, struct op *op, sqlite3_stmt *row, void *ret)
{
    switch (op->as.list.query.kind) {
    case LIST_APPS: read_app(&op->arena, row, ret); return true;
    case LIST_KEYS: read_key(&op->arena, row, ret); return true;
    case LIST_WEBHOOKS: read_webhook(&op->arena, row, ret); return true;
    case LIST_EVENTS: return read_event_entry(reader, op, row, ret);
    case LIST_AUDIT: return read_audit_entry(op, row, ret);
    case LIST_SESSIONS: return read_session_entry(op, row, ret);
    case LIST_DELIVERIES: break;
    }
    return read_delivery_entry(reader, op, row, ret);
}
