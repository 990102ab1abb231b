#include "store/sqlite.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void sqlite_note(struct store_backend *backend, int code)
{
    if (backend->code || code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return;
    backend->code = sqlite3_extended_errcode(backend->db);
    if ((backend->code & 0xff) != (code & 0xff))
        backend->code = code;
    // A map of the log that could not grow has lost nothing: the log itself is whole.
    if (backend->code == SQLITE_IOERR_SHMSIZE && sqlite3_system_errno(backend->db) == ENOSPC)
        backend->code = SQLITE_FULL;
    snprintf(backend->why, sizeof backend->why, "%s: %s", backend->path,
             sqlite3_errmsg(backend->db));
}

sqlite3_stmt *sqlite_statement(struct store_backend *backend, enum sql sql)
{
    sqlite3_stmt **statement = &backend->statements[sql];

    if (!*statement)
        sqlite_note(backend, sqlite3_prepare_v3(backend->db, sqlite_sql[sql], -1,
                                                SQLITE_PREPARE_PERSISTENT, statement, NULL));
    return *statement; // binding to NULL is refused by SQLite, and running it below
}

bool sqlite_run(struct store_backend *backend, enum sql sql)
{
    sqlite3_stmt *statement = sqlite_statement(backend, sql);

    if (backend->code)
        return false;
    sqlite_note(backend, sqlite3_step(statement));
    sqlite3_reset(statement);
    return !backend->code;
}

bool sqlite_step(struct store_backend *backend, enum sql sql)
{
    sqlite3_stmt *statement = sqlite_statement(backend, sql);
    int code;

    if (backend->code)
        return false;
    code = sqlite3_step(statement);
    sqlite_note(backend, code);
    return code == SQLITE_ROW;
}

void sqlite_reset(struct store_backend *backend, enum sql sql)
{
    sqlite3_reset(backend->statements[sql]); // does nothing to NULL
}

bool sqlite_exec(struct store_backend *backend, const char *text)
{
    if (!backend->code)
        sqlite_note(backend, sqlite3_exec(backend->db, text, NULL, NULL, NULL));
    return !backend->code;
}

bool sqlite_begin(struct store_backend *backend, bool writes)
{
    backend->code = SQLITE_OK;
    backend->group++;
    backend->has_changed_config = false;
    backend->stat_before = backend->stat;
    backend->noted_before_ms = backend->noted_ms;
    backend->audit_before = backend->audit.ends;
    backend->caught_up_count = 0;
    runs_mark(&backend->runs);
    trail_mark(&backend->trail);
    return sqlite_run(backend, writes ? SQL_BEGIN_WRITE : SQL_BEGIN_READ);
}

// What was known before the group holds again.
static void roll_back(struct store_backend *backend)
{
    int code = backend->code;

    if (!sqlite3_get_autocommit(backend->db)) {
        backend->code = SQLITE_OK;
        sqlite_run(backend, SQL_ROLLBACK);
    }
    runs_rollback(&backend->runs);
    trail_rollback(&backend->trail);
    backend->stat = backend->stat_before;
    backend->noted_ms = backend->noted_before_ms;
    backend->audit.ends = backend->audit_before;
    for (size_t i = 0; i < backend->caught_up_count; i++)
        backend->caught_up[i]->is_behind = true;
    backend->caught_up_count = 0;
    backend->code = SQLITE_OK;
    if (backend->has_changed_config && !sqlite_know_all(backend))
        code = backend->code;
    backend->code = code;
}

// A full disk and another program's lock pass; after any other failure to write nobody knows
// what a later fsync is worth.
static enum store_verdict verdict_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK: return STORE_DONE;
    case SQLITE_FULL:
    case SQLITE_BUSY: return STORE_FULL;
    default: return STORE_LOST;
    }
}

enum store_verdict sqlite_end(struct store_backend *backend)
{
    if (sqlite_run(backend, SQL_COMMIT)) {
        runs_commit(&backend->runs);
        trail_commit(&backend->trail);
        return STORE_DONE;
    }
    roll_back(backend);
    return verdict_of(backend->code);
}

struct known_app *sqlite_known_app(const struct store_backend *backend, int64_t id)
{
    return map_find(&backend->apps, map_key(id));
}

struct known_webhook *sqlite_known_webhook(const struct store_backend *backend, int64_t id)
{
    return map_find(&backend->webhooks, map_key(id));
}

void sqlite_note_parked(struct known_webhook *webhook, int64_t due_ms)
{
    if (due_ms < webhook->parked_ms)
        webhook->parked_ms = due_ms;
}

void sqlite_tell_parked(struct known_webhook *webhook, int64_t due_ms, struct news *news)
{
    sqlite_note_parked(webhook, due_ms);
    news_due(news, webhook->id, webhook->app_id, due_ms);
}

void sqlite_know_app(struct store_backend *backend, int64_t id, int version, bool is_used)
{
    struct known_app *app = sqlite_known_app(backend, id);

    if (!app) {
        app = NEW(struct known_app);
        app->id = id;
        map_put(&backend->apps, map_key(id), app);
    }
    app->version = version;
    app->is_used = is_used;
}

struct known_webhook *sqlite_know_webhook(struct store_backend *backend,
                                          const struct webhook_row *row, int64_t swept)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, row->id);

    if (!webhook) {
        webhook = NEW(struct known_webhook);
        webhook->id = row->id;
        map_put(&backend->webhooks, map_key(row->id), webhook);
    }
    webhook->app_id = row->app_id;
    webhook->state = row->state;
    webhook->version = row->version;
    webhook->cancel_before = row->cancel_before;
    webhook->failing_since_ms = row->failing_since_ms;
    webhook->swept = swept;
    if (swept < row->cancel_before)
        backend->has_work = true;
    return webhook;
}

// Rows that are gone stay known until the process ends, as what they last were; so that a
// webhook's being behind survives a rollback. A group that made them was rolled back: their
// ids are not used again.
bool sqlite_know_all(struct store_backend *backend)
{
    sqlite3_stmt *apps = sqlite_statement(backend, SQL_APP_ALL);
    sqlite3_stmt *webhooks = sqlite_statement(backend, SQL_WEBHOOK_ALL);

    while (sqlite_step(backend, SQL_APP_ALL)) {
        int version = sqlite3_column_int(apps, 1);
        sqlite_know_app(backend, sqlite3_column_int64(apps, 0), version,
                        sqlite3_column_int(apps, 2) != 0);
        if (version < 0)
            backend->has_work = true;
    }
    sqlite_reset(backend, SQL_APP_ALL);
    while (sqlite_step(backend, SQL_WEBHOOK_ALL)) {
        struct webhook_row row = {
            .id = sqlite3_column_int64(webhooks, 0),
            .app_id = sqlite3_column_int64(webhooks, 1),
            .state = (enum webhook_state)sqlite3_column_int(webhooks, 2),
            .version = sqlite3_column_int(webhooks, 3),
            .cancel_before = sqlite3_column_int64(webhooks, 4),
            .failing_since_ms = sqlite3_column_int64(webhooks, 7),
        };
        sqlite_know_webhook(backend, &row, sqlite3_column_int64(webhooks, 5))->sequence =
            sqlite3_column_int64(webhooks, 6);
    }
    sqlite_reset(backend, SQL_WEBHOOK_ALL);
    return !backend->code;
}

static void free_values(struct map *map)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(map, &at, &key, &value);)
        free(value);
    map_done(map);
}

void sqlite_forget_all(struct store_backend *backend)
{
    free_values(&backend->apps);
    free_values(&backend->webhooks);
}
