#include "store/sqlite_accept.h"

#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_delivery.h"
#include "store/sqlite_idem.h"
#include "store/sqlite_stat.h"
#include "store/sqlite_turn.h"

#include <string.h>

enum { RUN_ROWS_PER_ACCEPT = 3 }; // so a run is written before the next one is full

// OP_PENDING: neither key was seen before.
static enum op_result look_up_keys(struct store_backend *backend, struct op *op)
{
    const int64_t app_id = op->as.accept.accept.event->app_id;

    for (size_t i = 0; i < 2; i++) {
        const struct dedupe *dedupe = &op->as.accept.dedupe[i];
        if (dedupe->kind == DEDUPE_NONE)
            continue;
        switch (idem_look(backend, app_id, dedupe, &op->as.accept.event_id)) {
        case IDEM_SAME: return OP_REPLAY;
        case IDEM_OTHER: return OP_OTHER_BODY;
        case IDEM_NEW: break;
        }
    }
    return OP_PENDING;
}

// Was the plan made of what holds now?
static enum op_result check_plan(const struct store_backend *backend,
                                 const struct accept *plan)
{
    const struct known_app *app = sqlite_known_app(backend, plan->event->app_id);

    if (!app || app->version < 0)
        return OP_NOT_FOUND;
    if (app->version != plan->app_version)
        return OP_STALE;
    for (size_t n = 0; n < plan->target_count; n++) {
        const struct known_webhook *webhook =
            sqlite_known_webhook(backend, plan->webhook_ids[n]);
        if (!webhook || webhook->app_id != app->id || webhook->state != WEBHOOK_ENABLED)
            return OP_STALE;
    }
    return OP_PENDING;
}

static void bind_bytes(sqlite3_stmt *statement, int at, const char *bytes, size_t len)
{
    if (bytes)
        sqlite3_bind_blob(statement, at, bytes, (int)len, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, at);
}

// False: that id is taken, or the write failed.
static bool add_event(struct store_backend *backend, const struct accept *plan)
{
    const struct event *event = plan->event;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_EVENT_ADD);

    sqlite3_bind_int64(add, 1, event->id);
    sqlite3_bind_int64(add, 2, event->app_id);
    sqlite3_bind_text(add, 3, event->type, -1, SQLITE_STATIC);
    sqlite3_bind_int(add, 4, (int)event->mode);
    sqlite3_bind_int64(add, 5, event->created_ms);
    sqlite3_bind_int64(add, 6, (int64_t)plan->target_count);
    sqlite3_bind_int64(add, 7, (int64_t)event->payload_at);
    sqlite3_bind_int64(add, 8, (int64_t)event->payload_len);
    sqlite3_bind_text(add, 9, event->uid, -1, SQLITE_STATIC);
    bind_bytes(add, 10, event->body, event->body_len);
    bind_bytes(add, 11, event->original, event->original_len);
    sqlite3_bind_int(add, 12, (int)event->trigger);
    sqlite3_bind_text(add, 13, event->order_key, -1, SQLITE_STATIC);
    if (!sqlite_run(backend, SQL_EVENT_ADD) || sqlite3_changes(backend->db) != 1)
        return false;
    trail_add_event(&backend->trail, event->id, event->app_id, event->type);
    for (size_t n = 0; n < plan->target_count; n++)
        trail_add(&backend->trail, plan->webhook_ids[n], event->id, (int)n);
    return true;
}

static void tell_fresh(const struct accept *plan, size_t n, int64_t now_ms, struct news *news)
{
    struct parcel *parcel = NEW(struct parcel);

    parcel->event_id = plan->event->id;
    parcel->webhook_id = plan->webhook_ids[n];
    parcel->app_id = plan->event->app_id;
    parcel->partition = partition_of(parcel->webhook_id);
    parcel->n = (uint16_t)n;
    parcel->trigger = TRIGGER_SCHEDULED;
    parcel->due_wall_ms = now_ms;
    parcel->event = event_hold(plan->event);
    news_arrival(news, parcel);
}

// Its lane hears of it in time: born parked, found by webhook and due time.
static void tell_parked(struct store_backend *backend, struct known_webhook *webhook,
                        int64_t due_ms, bool is_later, struct news *news)
{
    sqlite_note_parked(webhook, due_ms);
    if (is_later || webhook->told_group != backend->group)
        news_due(news, webhook->id, webhook->app_id, due_ms);
    if (!is_later)
        webhook->told_group = backend->group;
}

// Keyed ones stand in line. True: the delivery is held until those before it have ended.
static bool is_held(struct store_backend *backend, const struct accept *plan, size_t n,
                    struct known_webhook *webhook, int64_t *ret_sequence)
{
    struct turn_row turn = {webhook->id, plan->event->id, (int)n, 0};

    *ret_sequence = 0;
    if (!plan->event->order_key)
        return false;
    turn.sequence = *ret_sequence = turn_number(backend, webhook);
    return !turn_join(backend, &turn, plan->event->order_key);
}

static enum delivery_state born_as(bool is_held, bool is_parked)
{
    if (is_held)
        return DELIVERY_HELD;
    return is_parked ? DELIVERY_PARKED : DELIVERY_FRESH;
}

// An id may be less than those of before the webhook was disabled, where the clock was set
// back or another minter was ahead: what was accepted after it is past it all the same.
static int64_t spared_at(const struct known_webhook *webhook, const struct event *event)
{
    return event->id < webhook->cancel_before ? webhook->cancel_before : 0;
}

static void add_delivery(struct store_backend *backend, const struct accept *plan, size_t n,
                         int64_t now_ms, struct news *news)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, plan->webhook_ids[n]);
    const bool is_later = plan->due_ms > now_ms;
    const bool is_parked = is_later || webhook->is_behind;
    const int64_t due_ms = is_later ? plan->due_ms : now_ms;
    int64_t sequence;
    const bool held = is_held(backend, plan, n, webhook, &sequence);
    sqlite3_stmt *add = sqlite_statement(backend, SQL_DELIVERY_ADD);

    sqlite3_bind_int64(add, 1, plan->event->id);
    sqlite3_bind_int64(add, 2, (int64_t)n);
    sqlite3_bind_int64(add, 3, webhook->id);
    sqlite3_bind_int(add, 4, (int)born_as(held, is_parked));
    sqlite3_bind_int64(add, 5, due_ms);
    sqlite3_bind_int64(add, 6, is_later ? delivery_later_wait_ms() : 0);
    sqlite3_bind_int64(add, 7, sequence);
    sqlite3_bind_int64(add, 8, spared_at(webhook, plan->event));
    if (!sqlite_run(backend, SQL_DELIVERY_ADD) || held)
        return;
    if (is_parked)
        tell_parked(backend, webhook, due_ms, is_later, news);
    else
        tell_fresh(plan, n, now_ms, news);
}

static void note_used(struct store_backend *backend, int64_t app_id)
{
    struct known_app *app = sqlite_known_app(backend, app_id);

    if (app->is_used)
        return;
    sqlite3_bind_int64(sqlite_statement(backend, SQL_APP_USED), 1, app_id);
    sqlite_run(backend, SQL_APP_USED);
    app->is_used = true;
    backend->has_changed_config = true;
}

void sqlite_accept(struct store_backend *backend, struct op *op, int64_t now_ms,
                   struct news *news)
{
    const struct accept *plan = &op->as.accept.accept;

    op->result = look_up_keys(backend, op);
    if (op->result == OP_PENDING)
        op->result = check_plan(backend, plan);
    if (op->result != OP_PENDING)
        return;
    if (!add_event(backend, plan)) {
        op->result = OP_STALE;
        return;
    }
    for (size_t n = 0; n < plan->target_count; n++)
        add_delivery(backend, plan, n, now_ms, news);
    for (size_t i = 0; i < 2; i++)
        if (op->as.accept.dedupe[i].kind != DEDUPE_NONE)
            idem_add(backend, plan->event->app_id, &op->as.accept.dedupe[i], plan->event->id,
                     now_ms);
    stat_note_accepted(backend, plan->event->id, plan->event->created_ms, plan->webhook_ids,
                       plan->target_count);
    note_used(backend, plan->event->app_id);
    idem_write_run(backend, RUN_ROWS_PER_ACCEPT);
    if (plan->event->id > backend->last_event)
        backend->last_event = plan->event->id;
    backend->has_accepted = true;
    op->as.accept.event_id = plan->event->id;
    op->result = OP_DONE;
}

// The one delivery of a test, with what came of it.
static void add_record(struct store_backend *backend, const struct op *op)
{
    const struct attempt_row *from = &op->as.record.attempt;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_DELIVERY_ADD);
    struct delivery_columns row = {
        .event_id = op->as.record.accept.event->id,
        .webhook_id = op->as.record.accept.webhook_ids[0],
        .state = op->as.record.was_received ? DELIVERY_DELIVERED : DELIVERY_FAILED,
        .due = from->started_ms,
        .ended = op->as.record.now_ms,
    };
    struct attempt_columns attempt = {.number = 1,
                                      .trigger = (int)from->trigger,
                                      .started = from->started_ms,
                                      .ms = from->duration_ms,
                                      .status = from->status,
                                      .error = from->error,
                                      .version = from->webhook_version,
                                      .detail = from->detail,
                                      .detail_len = from->detail_len};

    sqlite3_bind_int64(add, 1, row.event_id);
    sqlite3_bind_int64(add, 2, 0);
    sqlite3_bind_int64(add, 3, row.webhook_id);
    sqlite3_bind_int(add, 4, (int)row.state);
    sqlite3_bind_int64(add, 5, row.due);
    sqlite3_bind_int64(add, 6, 0);
    sqlite3_bind_int64(add, 7, 0);
    sqlite3_bind_int64(add, 8, 0);
    if (!sqlite_run(backend, SQL_DELIVERY_ADD))
        return;
    attempt_add(backend, &row, &attempt);
    delivery_write(backend, &row);
}

void sqlite_record(struct store_backend *backend, struct op *op)
{
    const struct accept *plan = &op->as.record.accept;
    const struct known_app *app = sqlite_known_app(backend, plan->event->app_id);
    const struct known_webhook *webhook = sqlite_known_webhook(backend, plan->webhook_ids[0]);

    op->result = OP_NOT_FOUND;
    if (!app || app->version < 0 || !webhook || webhook->app_id != app->id)
        return;
    if (!add_event(backend, plan)) {
        op->result = OP_STALE;
        return;
    }
    add_record(backend, op);
    note_used(backend, plan->event->app_id);
    if (plan->event->id > backend->last_event)
        backend->last_event = plan->event->id;
    op->result = OP_DONE;
}
