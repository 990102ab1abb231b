#include "store/sqlite_read.h"

#include "base/arena.h"
#include "base/memory.h"
#include "store/ops.h"
#include "store/sqlite_claim.h"

#include <string.h>

enum { DELIVERIES_MAX = 100, ATTEMPTS_MAX = 1000 };

void read_app(struct arena *arena, sqlite3_stmt *row, struct app_row *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->uid = read_text(arena, row, 1);
    ret->name = read_text(arena, row, 2);
    ret->profile = read_text(arena, row, 3);
    ret->alert_email = read_text(arena, row, 4);
    ret->version = sqlite3_column_int(row, 5);
    ret->created_ms = sqlite3_column_int64(row, 6);
    ret->is_strict = sqlite3_column_int(row, 7) != 0;
}

void read_key(struct arena *arena, sqlite3_stmt *row, struct key_row *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->app_id = sqlite3_column_int64(row, 1);
    ret->lookup = read_text(arena, row, 2);
    if (sqlite3_column_bytes(row, 3) == KEY_HASH_LEN)
        memcpy(ret->hash, sqlite3_column_blob(row, 3), KEY_HASH_LEN);
    ret->scopes = (uint32_t)sqlite3_column_int64(row, 4);
    ret->mode = (enum event_mode)sqlite3_column_int(row, 5);
    ret->name = read_text(arena, row, 6);
    ret->hint = read_text(arena, row, 7);
    ret->created_ms = sqlite3_column_int64(row, 8);
    ret->expires_ms = sqlite3_column_int64(row, 9);
    ret->revoked_ms = sqlite3_column_int64(row, 10);
    ret->last_used_ms = sqlite3_column_int64(row, 11);
    ret->rate_per_s = sqlite3_column_int(row, 12);
    ret->burst = sqlite3_column_int(row, 13);
}

void read_webhook(struct arena *arena, sqlite3_stmt *row, struct webhook_row *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->app_id = sqlite3_column_int64(row, 1);
    ret->name = read_text(arena, row, 2);
    ret->url = read_text(arena, row, 3);
    ret->state = (enum webhook_state)sqlite3_column_int(row, 4);
    ret->reason = read_text(arena, row, 5);
    ret->mode = (enum event_mode)sqlite3_column_int(row, 6);
    ret->version = sqlite3_column_int(row, 7);
    ret->failing_since_ms = sqlite3_column_int64(row, 8);
    ret->cancel_before = sqlite3_column_int64(row, 9);
    ret->settings = read_text(arena, row, 10);
    ret->created_ms = sqlite3_column_int64(row, 11);
    ret->updated_ms = sqlite3_column_int64(row, 12);
}

void read_delivery(sqlite3_stmt *row, struct delivery_row *ret)
{
    ret->event_id = sqlite3_column_int64(row, 0);
    ret->n = (uint16_t)sqlite3_column_int(row, 1);
    ret->webhook_id = sqlite3_column_int64(row, 2);
    ret->state = (enum delivery_state)sqlite3_column_int(row, 3);
    if ((unsigned)ret->state >= DELIVERY_STATES)
        ret->state = DELIVERY_CANCELLED; // the row was tampered with
    ret->due_ms = sqlite3_column_int64(row, 4);
    ret->step = (uint16_t)sqlite3_column_int(row, 5);
    ret->number = (uint16_t)sqlite3_column_int(row, 6);
    ret->crashes = (uint16_t)sqlite3_column_int(row, 7);
    ret->is_retrying = delivery_is_open(ret->state) && sqlite3_column_int(row, 8) != 0;
    ret->ended_ms = sqlite3_column_int64(row, 9);
    ret->last_status = sqlite3_column_int(row, 10);
    ret->last_error = sqlite3_column_int(row, 11);
    ret->mail = (enum mail_state)sqlite3_column_int(row, 12);
    ret->sequence = sqlite3_column_int64(row, 13);
}

void sqlite_read_key(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *get =
        reader_statement(reader, "SELECT " KEY_COLUMNS " FROM api_key WHERE lookup = ?1");

    sqlite3_bind_text(get, 1, op->as.key_by_lookup.lookup, -1, SQLITE_STATIC);
    if (reader_step(reader, get))
        read_key(&op->arena, get, &op->as.key_by_lookup.row);
    else
        op->result = OP_NOT_FOUND;
}

static void read_app_webhooks(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *list =
        reader_statement(reader, "SELECT " WEBHOOK_COLUMNS " FROM webhook w WHERE w.app = ?1"
                                 " AND w.state <> 2 ORDER BY w.id");
    struct webhook_row *rows = NULL;
    size_t count = 0;
    size_t cap = 0;

    sqlite3_bind_int64(list, 1, op->as.app_card.row.id);
    while (reader_step(reader, list)) {
        if (count == cap) {
            struct webhook_row *old = rows;
            cap = cap ? cap * 2 : 16;
            rows = arena_take(&op->arena, cap * sizeof *rows);
            if (count)
                memcpy(rows, old, count * sizeof *rows);
        }
        read_webhook(&op->arena, list, &rows[count++]);
    }
    op->as.app_card.webhooks = rows;
    op->as.app_card.webhook_count = count;
}

void sqlite_read_app(struct store_reader *reader, struct op *op)
{
    const bool by_id = op->as.app_card.id != 0;
    sqlite3_stmt *get =
        by_id ? reader_statement(reader, "SELECT " APP_COLUMNS
                                         ", types FROM app WHERE id = ?1 AND version >= 0")
              : reader_statement(reader, "SELECT " APP_COLUMNS
                                         ", types FROM app WHERE uid = ?1 AND version >= 0");

    if (by_id)
        sqlite3_bind_int64(get, 1, op->as.app_card.id);
    else
        sqlite3_bind_text(get, 1, op->as.app_card.uid, -1, SQLITE_STATIC);
    if (!reader_step(reader, get)) {
        op->result = OP_NOT_FOUND;
        return;
    }
    read_app(&op->arena, get, &op->as.app_card.row);
    op->as.app_card.row.types = read_text(&op->arena, get, APP_COLUMN_COUNT);
    if (op->kind == OP_APP_CARD)
        read_app_webhooks(reader, op);
}

static void read_secret(struct op *op, sqlite3_stmt *row, struct secret_row *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->webhook_id = sqlite3_column_int64(row, 1);
    ret->app_id = sqlite3_column_int64(row, 2);
    ret->kind = (enum secret_kind)sqlite3_column_int(row, 3);
    ret->version = sqlite3_column_int(row, 4);
    ret->sealed = read_text(&op->arena, row, 5);
    ret->since_ms = sqlite3_column_int64(row, 6);
    ret->until_ms = sqlite3_column_int64(row, 7);
}

// A rotation leaves at most two of a kind, so there are few.
static void read_secrets(struct store_reader *reader, struct op *op)
{
    enum { SECRETS_MAX = 16 };
    sqlite3_stmt *list = reader_statement(
        reader, "SELECT id, webhook, app, kind, version, sealed, since, until"
                " FROM secret WHERE webhook = ?1 ORDER BY version DESC,"
                " id DESC");

    op->as.hook_card.secrets =
        arena_take(&op->arena, SECRETS_MAX * sizeof *op->as.hook_card.secrets);
    sqlite3_bind_int64(list, 1, op->as.hook_card.id);
    while (op->as.hook_card.secret_count < SECRETS_MAX && reader_step(reader, list))
        read_secret(op, list, &op->as.hook_card.secrets[op->as.hook_card.secret_count++]);
}

void sqlite_read_webhook(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *get =
        reader_statement(reader, "SELECT " WEBHOOK_COLUMNS ", a.profile FROM webhook w"
                                 " JOIN app a ON a.id = w.app"
                                 " WHERE w.id = ?1 AND w.app = ?2");

    sqlite3_bind_int64(get, 1, op->as.hook_card.id);
    sqlite3_bind_int64(get, 2, op->as.hook_card.app_id);
    if (!reader_step(reader, get)) {
        op->result = OP_NOT_FOUND;
        return;
    }
    read_webhook(&op->arena, get, &op->as.hook_card.row);
    op->as.hook_card.profile = read_text(&op->arena, get, 13);
    if (op->kind == OP_GET_WEBHOOK && op->as.hook_card.row.state == WEBHOOK_DELETED)
        op->result = OP_NOT_FOUND;
    else
        read_secrets(reader, op);
}

struct event *read_event(sqlite3_stmt *row, int64_t id, int *ret_fan)
{
    struct event *event = event_of_row(row, id);
    const unsigned char *key = sqlite3_column_text(row, 11);

    *ret_fan = sqlite3_column_int(row, 10);
    if (key)
        event->order_key = memory_copy(key, (size_t)sqlite3_column_bytes(row, 11));
    return event;
}

// The event, if it is of that app; NULL: none. The caller's to drop.
static struct event *find_event(struct store_reader *reader, int64_t app_id, int64_t id,
                                int *ret_fan)
{
    sqlite3_stmt *get = reader_statement(reader, "SELECT " EVENT_COLUMNS
                                                 " FROM event WHERE id = ?1 AND app = ?2");

    sqlite3_bind_int64(get, 1, id);
    sqlite3_bind_int64(get, 2, app_id);
    if (!reader_step(reader, get))
        return NULL;
    return read_event(get, id, ret_fan);
}

static void fill_from_event(struct op *op, const struct event *event,
                            struct delivery_row *row)
{
    row->type = arena_copy(&op->arena, event->type, strlen(event->type));
    row->created_ms = event->created_ms;
}

void sqlite_read_event(struct store_reader *reader, struct op *op)
{
    struct event_row *row = &op->as.event.row;
    struct delivery_row *deliveries;
    sqlite3_stmt *list;

    row->event = find_event(reader, op->as.event.app_id, op->as.event.id, &row->fan);
    if (!row->event) {
        op->result = OP_NOT_FOUND;
        return;
    }
    list = reader_statement(reader, "SELECT " DELIVERY_COLUMNS " FROM delivery d"
                                    " LEFT JOIN webhook w ON w.id = d.webhook"
                                    " WHERE d.event = ?1 ORDER BY d.n LIMIT 100");
    deliveries = arena_take(&op->arena, DELIVERIES_MAX * sizeof *deliveries);
    sqlite3_bind_int64(list, 1, op->as.event.id);
    while (op->as.event.delivery_count < DELIVERIES_MAX && reader_step(reader, list)) {
        struct delivery_row *delivery = &deliveries[op->as.event.delivery_count++];
        read_delivery(list, delivery);
        fill_from_event(op, row->event, delivery);
    }
    op->as.event.deliveries = deliveries;
}

static void read_attempt(struct op *op, sqlite3_stmt *get, int64_t id,
                         struct attempt_row *ret)
{
    size_t len = (size_t)sqlite3_column_bytes(get, 8);

    ret->id = id;
    ret->number = sqlite3_column_int(get, 1);
    ret->trigger = (enum trigger)sqlite3_column_int(get, 2);
    ret->started_ms = sqlite3_column_int64(get, 3);
    ret->duration_ms = sqlite3_column_int64(get, 4);
    ret->status = sqlite3_column_int(get, 5);
    ret->error = sqlite3_column_int(get, 6);
    ret->webhook_version = sqlite3_column_int(get, 7);
    if (len)
        ret->detail =
            (const unsigned char *)arena_copy(&op->arena, sqlite3_column_blob(get, 8), len);
    ret->detail_len = len;
}

// From the last one back, each of which names the one before it; turned round for the answer.
static void read_attempts(struct store_reader *reader, struct op *op, int64_t last)
{
    sqlite3_stmt *get =
        reader_statement(reader, "SELECT prev, number, trigger, started, ms, status, error,"
                                 " version, detail FROM attempt"
                                 " WHERE id = ?1 AND event = ?2 AND n = ?3");
    size_t max = op->as.get_delivery.row.number;
    struct attempt_row *rows;
    size_t count = 0;

    max = max > ATTEMPTS_MAX ? ATTEMPTS_MAX : max;
    rows = arena_take(&op->arena, (max + 1) * sizeof *rows);
    while (last && count < max) {
        sqlite3_bind_int64(get, 1, last);
        sqlite3_bind_int64(get, 2, op->as.get_delivery.event_id);
        sqlite3_bind_int(get, 3, op->as.get_delivery.n);
        if (!reader_step(reader, get))
            break;
        read_attempt(op, get, last, &rows[max - ++count]);
        last = sqlite3_column_int64(get, 0);
        sqlite3_reset(get);
    }
    op->as.get_delivery.attempts = rows + (max - count);
    op->as.get_delivery.attempt_count = count;
}

void sqlite_read_delivery(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *get = reader_statement(reader, "SELECT " DELIVERY_COLUMNS ", d.last_attempt"
                                                 " FROM delivery d LEFT JOIN webhook w"
                                                 " ON w.id = d.webhook"
                                                 " WHERE d.event = ?1 AND d.n = ?2");
    struct event *event;
    int fan = 0;

    op->result = OP_NOT_FOUND;
    event =
        find_event(reader, op->as.get_delivery.app_id, op->as.get_delivery.event_id, &fan);
    op->as.get_delivery.event = event;
    if (!event)
        return;
    sqlite3_bind_int64(get, 1, op->as.get_delivery.event_id);
    sqlite3_bind_int(get, 2, op->as.get_delivery.n);
    if (!reader_step(reader, get))
        return;
    read_delivery(get, &op->as.get_delivery.row);
    fill_from_event(op, event, &op->as.get_delivery.row);
    read_attempts(reader, op, sqlite3_column_int64(get, DELIVERY_COLUMN_COUNT));
    op->result = OP_DONE;
}
