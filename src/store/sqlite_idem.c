#include "store/sqlite_idem.h"

#include "base/limits.h"
#include "base/memory.h"
#include "store/sqlite.h"

#include <string.h>

static enum idem_seen compare(const unsigned char *known, const struct dedupe *dedupe)
{
    return memcmp(known, dedupe->body, sizeof dedupe->body) ? IDEM_OTHER : IDEM_SAME;
}

// In one complete run.
static enum idem_seen look_in_run(struct store_backend *backend, int64_t run, int64_t app_id,
                                  const struct dedupe *dedupe, int64_t *ret_event_id)
{
    sqlite3_stmt *find = sqlite_statement(backend, SQL_RUN_FIND);
    enum idem_seen seen = IDEM_NEW;

    sqlite3_bind_int64(find, 1, run);
    sqlite3_bind_blob(find, 2, dedupe->key, sizeof dedupe->key, SQLITE_STATIC);
    sqlite3_bind_int64(find, 3, app_id);
    sqlite3_bind_int(find, 4, (int)dedupe->kind);
    if (sqlite_step(backend, SQL_RUN_FIND)) {
        *ret_event_id = sqlite3_column_int64(find, 1);
        seen = sqlite3_column_bytes(find, 0) == sizeof dedupe->body
                   ? compare(sqlite3_column_blob(find, 0), dedupe)
                   : IDEM_OTHER;
    }
    sqlite_reset(backend, SQL_RUN_FIND);
    return seen;
}

enum idem_seen idem_look(struct store_backend *backend, int64_t app_id,
                         const struct dedupe *dedupe, int64_t *ret_event_id)
{
    const struct runs *runs = &backend->runs;
    const struct run_row *row = runs_find(runs, app_id, (int)dedupe->kind, dedupe->key);
    enum idem_seen seen = IDEM_NEW;

    if (row) {
        *ret_event_id = row->event_id;
        return compare(row->body, dedupe);
    }
    for (size_t i = runs->complete_count; i-- > 0 && seen == IDEM_NEW;)
        if (bloom_may_hold(&runs->complete[i].bloom, dedupe->key))
            seen =
                look_in_run(backend, runs->complete[i].number, app_id, dedupe, ret_event_id);
    return seen;
}

void idem_add(struct store_backend *backend, int64_t app_id, const struct dedupe *dedupe,
              int64_t event_id, int64_t now_ms)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_LOG_ADD);
    struct run_row row = {.app_id = app_id,
                          .event_id = event_id,
                          .log_id = ++backend->last_log,
                          .at_ms = now_ms,
                          .kind = (int)dedupe->kind};

    memcpy(row.key, dedupe->key, sizeof row.key);
    memcpy(row.body, dedupe->body, sizeof row.body);
    sqlite3_bind_int64(add, 1, row.log_id);
    sqlite3_bind_int64(add, 2, app_id);
    sqlite3_bind_int(add, 3, row.kind);
    sqlite3_bind_blob(add, 4, dedupe->key, sizeof dedupe->key, SQLITE_STATIC);
    sqlite3_bind_blob(add, 5, dedupe->body, sizeof dedupe->body, SQLITE_STATIC);
    sqlite3_bind_int64(add, 6, event_id);
    sqlite3_bind_int64(add, 7, now_ms);
    if (sqlite_run(backend, SQL_LOG_ADD))
        runs_add(&backend->runs, &row);
}

static void write_row(struct store_backend *backend, const struct run_row *row)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_RUN_ROW_ADD);

    sqlite3_bind_int64(add, 1, backend->runs.number);
    sqlite3_bind_blob(add, 2, row->key, sizeof row->key, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, row->app_id);
    sqlite3_bind_int(add, 4, row->kind);
    sqlite3_bind_blob(add, 5, row->body, sizeof row->body, SQLITE_STATIC);
    sqlite3_bind_int64(add, 6, row->event_id);
    if (sqlite_run(backend, SQL_RUN_ROW_ADD))
        runs_wrote(&backend->runs);
}

static void end_run(struct store_backend *backend)
{
    struct runs *runs = &backend->runs;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_RUN_ADD);
    int64_t first;
    int64_t at_ms;
    int64_t last = runs_last(runs, &first, &at_ms);

    sqlite3_bind_int64(add, 1, runs->number);
    sqlite3_bind_int64(add, 2, first);
    sqlite3_bind_int64(add, 3, last);
    sqlite3_bind_int64(add, 4, (int64_t)runs->frozen.count);
    sqlite3_bind_blob(add, 5, runs->frozen_bloom.bits, (int)runs->frozen_bloom.len,
                      SQLITE_STATIC);
    sqlite3_bind_int64(add, 6, at_ms);
    if (sqlite_run(backend, SQL_RUN_ADD))
        runs_end(runs);
}

void idem_write_run(struct store_backend *backend, int rows)
{
    const struct run_row *row;

    while (rows-- > 0 && !backend->code && (row = runs_next(&backend->runs)))
        write_row(backend, row);
    if (!backend->code && runs_is_full(&backend->runs))
        end_run(backend);
}

bool idem_has_work(const struct store_backend *backend)
{
    return runs_next(&backend->runs) || runs_is_full(&backend->runs);
}

static void load_complete(struct store_backend *backend)
{
    sqlite3_stmt *all = sqlite_statement(backend, SQL_RUN_ALL);

    while (sqlite_step(backend, SQL_RUN_ALL)) {
        struct bloom bloom = {0};
        const void *bits = sqlite3_column_blob(all, 2);

        bloom_load(&bloom, bits, (size_t)sqlite3_column_bytes(all, 2));
        runs_add_complete(&backend->runs, sqlite3_column_int64(all, 0),
                          sqlite3_column_int64(all, 1), sqlite3_column_int64(all, 3), bloom);
    }
    sqlite_reset(backend, SQL_RUN_ALL);
}

// A blob of exactly 16 bytes, or zeros where the row is damaged.
static void copy_16(unsigned char ret[16], sqlite3_stmt *from, int column)
{
    const void *bytes = sqlite3_column_blob(from, column);

    memset(ret, 0, 16);
    if (bytes && sqlite3_column_bytes(from, column) == 16)
        memcpy(ret, bytes, 16);
}

static void load_tail(struct store_backend *backend)
{
    struct runs *runs = &backend->runs;
    sqlite3_stmt *tail = sqlite_statement(backend, SQL_LOG_TAIL);
    int64_t last = runs->complete_count ? runs->complete[runs->complete_count - 1].last : 0;

    sqlite3_bind_int64(tail, 1, last);
    while (sqlite_step(backend, SQL_LOG_TAIL)) {
        struct run_row row = {.log_id = sqlite3_column_int64(tail, 0),
                              .app_id = sqlite3_column_int64(tail, 1),
                              .kind = sqlite3_column_int(tail, 2),
                              .event_id = sqlite3_column_int64(tail, 5),
                              .at_ms = sqlite3_column_int64(tail, 6)};
        copy_16(row.key, tail, 3);
        copy_16(row.body, tail, 4);
        runs_add(runs, &row);
    }
    sqlite_reset(backend, SQL_LOG_TAIL);
}

// Rows of a run that was being written when the process ended are written again.
bool idem_load(struct store_backend *backend)
{
    sqlite3_stmt *clean = sqlite_statement(backend, SQL_RUN_CLEAN);
    sqlite3_stmt *last = sqlite_statement(backend, SQL_LOG_LAST);

    load_complete(backend);
    sqlite3_bind_int64(clean, 1, backend->runs.number - 1);
    sqlite_run(backend, SQL_RUN_CLEAN);
    load_tail(backend);
    if (sqlite_step(backend, SQL_LOG_LAST))
        backend->last_log = sqlite3_column_int64(last, 0);
    sqlite_reset(backend, SQL_LOG_LAST);
    return !backend->code;
}

bool idem_expires(const struct store_backend *backend, int64_t now_ms)
{
    const struct runs *runs = &backend->runs;

    // The newest run stays: it says where the log's tail begins.
    return runs->complete_count > 1 &&
           runs->complete[0].at_ms < now_ms - limit(LIMIT_IDEMPOTENCY_MS);
}

// The run's rows, then the log's, then the run itself: after a crash it starts again.
void idem_forget(struct store_backend *backend, bool *ret_dropped)
{
    const struct run *run = &backend->runs.complete[0];
    const struct {
        enum sql sql;
        int64_t of;
    } pieces[] = {{SQL_RUN_DROP_ROWS, run->number}, {SQL_RUN_DROP_LOG, run->last}};

    *ret_dropped = false;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        sqlite3_bind_int64(sqlite_statement(backend, pieces[i].sql), 1, pieces[i].of);
        if (!sqlite_run(backend, pieces[i].sql) || sqlite3_changes(backend->db))
            return;
    }
    sqlite3_bind_int64(sqlite_statement(backend, SQL_RUN_DROP), 1, run->number);
    *ret_dropped = sqlite_run(backend, SQL_RUN_DROP);
}
