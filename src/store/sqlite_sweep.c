#include "store/sqlite_step.h"

#include "store/sqlite.h"
#include "store/sqlite_stat.h"
#include "store/sqlite_trail.h"
#include "store/sqlite_turn.h"

#include <stdlib.h>

enum { SWEEP_ROWS = 500, ERASE_EVENTS = 5000, ERASE_ROWS = 500, ERASE_WEBHOOKS = 20 };

struct swept_row {
    int64_t event_id, spared, due, webhook_id;
    int n;
};

// The next webhook that has open rows from before it was disabled.
static bool choose(struct store_backend *backend)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&backend->webhooks, &at, &key, &value);) {
        const struct known_webhook *webhook = value;
        if (webhook->swept < webhook->cancel_before) {
            backend->sweep = (struct sweep){.webhook_id = webhook->id,
                                            .cancel_before = webhook->cancel_before,
                                            .is_at_fresh = true,
                                            .due = INT64_MIN};
            return true;
        }
    }
    return false;
}

static size_t read_rows(struct store_backend *backend, struct swept_row *rows)
{
    const struct sweep *sweep = &backend->sweep;
    enum sql sql = sweep->is_at_fresh ? SQL_SWEEP_FRESH : SQL_SWEEP_PARKED;
    sqlite3_stmt *read = sqlite_statement(backend, sql);
    int at = 1;
    size_t count = 0;

    if (!sweep->is_at_fresh) {
        sqlite3_bind_int64(read, at++, sweep->webhook_id);
        sqlite3_bind_int64(read, at++, sweep->due);
    }
    sqlite3_bind_int64(read, at++, sweep->event_id);
    sqlite3_bind_int(read, at, sweep->n);
    while (count < SWEEP_ROWS && sqlite_step(backend, sql)) {
        struct swept_row *row = &rows[count++];
        row->event_id = sqlite3_column_int64(read, 0);
        row->n = sqlite3_column_int(read, 1);
        row->spared = sqlite3_column_int64(read, 2);
        row->due = sweep->is_at_fresh ? 0 : sqlite3_column_int64(read, 3);
        row->webhook_id =
            sweep->is_at_fresh ? sqlite3_column_int64(read, 3) : sweep->webhook_id;
    }
    sqlite_reset(backend, sql);
    return count;
}

static void cancel_row(struct store_backend *backend, const struct swept_row *row,
                       int64_t now_ms)
{
    sqlite3_stmt *cancel = sqlite_statement(backend, SQL_DELIVERY_CANCEL);

    sqlite3_bind_int64(cancel, 1, row->event_id);
    sqlite3_bind_int(cancel, 2, row->n);
    sqlite3_bind_int64(cancel, 3, now_ms);
    sqlite_run(backend, SQL_DELIVERY_CANCEL);
}

static void end_sweep(struct store_backend *backend)
{
    struct sweep *sweep = &backend->sweep;
    struct known_webhook *webhook = sqlite_known_webhook(backend, sweep->webhook_id);
    sqlite3_stmt *swept = sqlite_statement(backend, SQL_WEBHOOK_SWEPT);

    sqlite3_bind_int64(swept, 1, sweep->webhook_id);
    sqlite3_bind_int64(swept, 2, sweep->cancel_before);
    if (sqlite_run(backend, SQL_WEBHOOK_SWEPT) && webhook)
        webhook->swept = sweep->cancel_before;
    backend->has_changed_config = true;
    *sweep = (struct sweep){0};
}

// Those in line, and by that the held ones: whoever came after the webhook was enabled again
// is let go. False: none was left.
static bool sweep_turns(struct store_backend *backend, int64_t now_ms, struct news *news)
{
    const struct sweep *sweep = &backend->sweep;
    sqlite3_stmt *list = sqlite_statement(backend, SQL_SWEEP_TURNS);
    struct turn_row rows[SWEEP_ROWS];
    size_t count = 0;

    sqlite3_bind_int64(list, 1, sweep->webhook_id);
    sqlite3_bind_int64(list, 2, sweep->cancel_before);
    while (count < SWEEP_ROWS && sqlite_step(backend, SQL_SWEEP_TURNS))
        rows[count++] = (struct turn_row){.webhook_id = sweep->webhook_id,
                                          .event_id = sqlite3_column_int64(list, 0),
                                          .n = sqlite3_column_int(list, 1),
                                          .sequence = sqlite3_column_int64(list, 2)};
    sqlite_reset(backend, SQL_SWEEP_TURNS);
    for (size_t i = 0; i < count; i++) {
        struct swept_row row = {.event_id = rows[i].event_id, .n = rows[i].n};
        cancel_row(backend, &row, now_ms);
        turn_leave(backend, &rows[i], now_ms, news);
    }
    return count > 0;
}

// The few fresh rows of all first, since those are not found by webhook; then the parked ones
// of the webhook. A fresh row may be parked meanwhile, a parked one never turns fresh: so
// none slips behind. A row past the cut stays.
bool sqlite_sweep(struct store_backend *backend, int64_t now_ms, struct news *news)
{
    struct sweep *sweep = &backend->sweep;
    struct swept_row rows[SWEEP_ROWS];
    size_t count;

    if (sweep->webhook_id == 0 && !choose(backend))
        return false;
    if (sweep_turns(backend, now_ms, news))
        return true;
    count = read_rows(backend, rows);
    for (size_t i = 0; i < count; i++)
        if (rows[i].webhook_id == sweep->webhook_id &&
            rows[i].event_id < sweep->cancel_before && rows[i].spared < sweep->cancel_before)
            cancel_row(backend, &rows[i], now_ms);
    if (count == SWEEP_ROWS) {
        sweep->due = rows[count - 1].due;
        sweep->event_id = rows[count - 1].event_id;
        sweep->n = rows[count - 1].n;
    } else if (sweep->is_at_fresh) {
        sweep->is_at_fresh = false;
        sweep->due = INT64_MIN;
        sweep->event_id = 0;
        sweep->n = 0;
    } else {
        end_sweep(backend);
    }
    return true;
}

static bool choose_app(struct store_backend *backend)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&backend->apps, &at, &key, &value);) {
        const struct known_app *app = value;
        if (app->version < 0) {
            backend->erase = (struct erase){.app_id = app->id};
            return true;
        }
    }
    return false;
}

static void run_with(struct store_backend *backend, enum sql sql, int64_t id)
{
    sqlite3_bind_int64(sqlite_statement(backend, sql), 1, id);
    sqlite_run(backend, sql);
}

// The number that this statement answers for the id; 0: no row.
static int64_t ask(struct store_backend *backend, enum sql sql, int64_t id)
{
    sqlite3_stmt *get = sqlite_statement(backend, sql);
    int64_t number = 0;

    sqlite3_bind_int64(get, 1, id);
    if (sqlite_step(backend, sql))
        number = sqlite3_column_int64(get, 0);
    sqlite_reset(backend, sql);
    return number;
}

void sqlite_erase_event(struct store_backend *backend, int64_t event_id)
{
    sqlite3_stmt *last = sqlite_statement(backend, SQL_ERASE_ATTEMPTS);

    sqlite3_bind_int64(last, 1, event_id);
    while (sqlite_step(backend, SQL_ERASE_ATTEMPTS)) {
        int64_t attempt = sqlite3_column_int64(last, 0);
        while (attempt && !backend->code) {
            int64_t prev = ask(backend, SQL_ATTEMPT_PREV, attempt);
            run_with(backend, SQL_ATTEMPT_DROP, attempt);
            attempt = prev < attempt ? prev : 0;
        }
    }
    sqlite_reset(backend, SQL_ERASE_ATTEMPTS);
    run_with(backend, SQL_DELIVERY_DROP, event_id);
    run_with(backend, SQL_MAIL_DROP, event_id);
    run_with(backend, SQL_EVENT_DROP, event_id);
}

// No index leads from an app to its events, so all are looked at once. True: more are left.
static bool erase_events(struct store_backend *backend)
{
    struct erase *erase = &backend->erase;
    sqlite3_stmt *list = sqlite_statement(backend, SQL_ERASE_EVENTS);
    int64_t found[ERASE_ROWS];
    size_t count = 0;
    int seen = 0;

    sqlite3_bind_int64(list, 1, erase->event_id);
    while (count < ERASE_ROWS && sqlite_step(backend, SQL_ERASE_EVENTS)) {
        erase->event_id = sqlite3_column_int64(list, 0);
        if (sqlite3_column_int64(list, 1) == erase->app_id)
            found[count++] = erase->event_id;
        seen++;
    }
    sqlite_reset(backend, SQL_ERASE_EVENTS);
    for (size_t i = 0; i < count; i++)
        sqlite_erase_event(backend, found[i]);
    return count == ERASE_ROWS || seen == ERASE_EVENTS;
}

// True: more of its webhooks are left.
static bool erase_webhooks(struct store_backend *backend, int64_t now_ms)
{
    for (int i = 0; i < ERASE_WEBHOOKS && !backend->code; i++) {
        int64_t webhook_id;
        sqlite3_bind_int64(sqlite_statement(backend, SQL_WEBHOOKS_OF), 2, 0);
        webhook_id = ask(backend, SQL_WEBHOOKS_OF, backend->erase.app_id);
        if (webhook_id == 0)
            return false;
        stat_drop(backend, webhook_id, now_ms);
        run_with(backend, SQL_WEBHOOK_DROP, webhook_id);
    }
    return true;
}

static void erase_app(struct store_backend *backend, int64_t now_ms)
{
    static const enum sql pieces[] = {
        SQL_KEY_DROP_APP,  SQL_CHOICE_DROP_APP,  SQL_REPLY_DROP_APP, SQL_JOB_DROP_APP,
        SQL_LINK_DROP_APP, SQL_SESSION_DROP_APP, SQL_ALERT_DROP,     SQL_APP_DROP};
    const int64_t app_id = backend->erase.app_id;

    stat_drop(backend, app_id, now_ms);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        run_with(backend, pieces[i], app_id);
    sqlite_audit_own(
        backend, "app.erased",
        &(struct audit_row){.app_id = app_id, .kind = ID_APP, .object_id = app_id}, now_ms);
    backend->erase = (struct erase){0};
    backend->has_changed_config = true;
}

bool sqlite_erase(struct store_backend *backend, int64_t now_ms)
{
    if (backend->erase.app_id == 0 && !choose_app(backend))
        return false;
    sqlite_exec(backend, "PRAGMA secure_delete = ON"); // what is erased is overwritten
    if (!erase_events(backend) &&
        !trail_forget(backend, backend->erase.app_id, &backend->erase.run) &&
        !erase_webhooks(backend, now_ms)) {
        int64_t app_id = backend->erase.app_id;
        erase_app(backend, now_ms);
        if (!backend->code)
            free(map_remove(&backend->apps, map_key(app_id)));
    }
    sqlite_exec(backend, "PRAGMA secure_delete = OFF");
    return true;
}
