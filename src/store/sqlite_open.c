#include "store/sqlite_open.h"

#include "base/buf.h"
#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_idem.h"
#include "store/sqlite_stat.h"
#include "store/sqlite_trail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char prefix[] = "sqlite:";

// Runs a pragma, and looks whether it took.
static bool pragma(struct store_backend *backend, const char *sql, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    bool took = false;

    sqlite_note(backend, sqlite3_prepare_v2(backend->db, sql, -1, &statement, NULL));
    if (!backend->code && sqlite3_step(statement) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        took = text && !strcmp(text, expected);
    }
    sqlite3_finalize(statement);
    return took;
}

static int on_commit(void *owner, sqlite3 *db, const char *name, int pages)
{
    struct store_backend *backend = owner;

    (void)db;
    (void)name;
    backend->wal_pages = pages;
    return SQLITE_OK;
}

// 2 is FULL. The control of the power-loss rig is built with 1, NORMAL, and must lose.
#ifndef SYNCHRONOUS
#define SYNCHRONOUS "2"
#endif

// A commit is on the disk when it returns: log, and an fsync of it per commit; read back,
// because a build of SQLite may refuse either.
static enum error_code configure(struct store_backend *backend, struct error *error)
{
    sqlite3_busy_timeout(backend->db, SQLITE_BUSY_MS);
    sqlite_exec(backend, "PRAGMA synchronous = " SYNCHRONOUS "; PRAGMA cache_size = -65536;"
                         "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                         "PRAGMA journal_size_limit = 67108864;");
    if (!pragma(backend, "PRAGMA journal_mode = WAL", "wal") ||
        !pragma(backend, "PRAGMA synchronous", SYNCHRONOUS))
        return error_set(error, ERR_CONFIG,
                         "%s: this SQLite does not keep a synchronous write-ahead log",
                         backend->path);
    sqlite3_wal_hook(backend->db, on_commit, backend);
    return ERR_OK;
}

// A commit with its fsync, and a checkpoint with its own, before anything is promised.
static enum error_code probe(struct store_backend *backend, int64_t now_ms,
                             struct error *error)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_SETTING_SET);

    sqlite_begin(backend, true);
    sqlite3_bind_text(set, 1, "probe", -1, SQLITE_STATIC);
    sqlite3_bind_int64(set, 2, now_ms);
    sqlite_run(backend, SQL_SETTING_SET);
    if (sqlite_end(backend) == STORE_DONE)
        sqlite_note(backend, sqlite3_wal_checkpoint_v2(
                                 backend->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
    if ((backend->code & 0xff) == SQLITE_BUSY)
        return error_set(error, ERR_HELD, "%s is locked by another program", backend->path);
    if (backend->code)
        return error_set(error, ERR_IO, "%s: cannot write: %s", backend->path, backend->why);
    return ERR_OK;
}

static int64_t number(struct store_backend *backend, enum sql sql)
{
    sqlite3_stmt *statement = sqlite_statement(backend, sql);
    int64_t answer = 0;

    if (sqlite_step(backend, sql))
        answer = sqlite3_column_int64(statement, 0);
    sqlite_reset(backend, sql);
    return answer;
}

static enum error_code load(struct store_backend *backend, struct error *error)
{
    backend->last_event = number(backend, SQL_EVENT_LAST);
    backend->last_attempt = number(backend, SQL_ATTEMPT_LAST);
    if (!backend->code && sqlite_know_all(backend) && idem_load(backend) &&
        stat_load(backend) && sqlite_trail_load(backend) && sqlite_audit_load(backend))
        return ERR_OK;
    return error_set(error, ERR_DAMAGED, "%s; restore a backup", backend->why);
}

// "?run_rows=7" behind the path makes runs of seven rows or entries, for tests.
static void take_path(struct store_backend *backend, const char *url)
{
    const char *option = strstr(url, "?run_rows=");
    size_t len = option ? (size_t)(option - url) : strlen(url);
    long rows = option ? strtol(option + strlen("?run_rows="), NULL, 10) : RUN_ROWS;

    backend->path = memory_copy(url, len);
    runs_init(&backend->runs, rows > 0 && rows <= RUN_ROWS ? (size_t)rows : RUN_ROWS);
    trail_init(&backend->trail, rows > 0 && rows <= TRAIL_RUN ? (size_t)rows : TRAIL_RUN);
}

static enum error_code open_file(struct store_backend *backend, int64_t now_ms,
                                 struct error *error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    struct stat status;
    enum error_code code;

    backend->is_new = lstat(backend->path, &status) != 0;
    code = backend->is_new ? sqlite_make(backend->path, now_ms, error)
                           : sqlite_take(backend->path, now_ms, error);
    if (code != ERR_OK)
        return code;
    if (sqlite3_open_v2(backend->path, &backend->db, flags, NULL) != SQLITE_OK)
        return error_set(error, ERR_IO, "%s: %s", backend->path, sqlite3_errmsg(backend->db));
    code = configure(backend, error);
    if (code == ERR_OK)
        code = probe(backend, now_ms, error);
    return code == ERR_OK ? load(backend, error) : code;
}

enum error_code sqlite_open(const char *url, int64_t now_ms, struct store_backend **ret,
                            struct error *error)
{
    struct store_backend *backend;
    enum error_code code;

    if (strncmp(url, prefix, strlen(prefix)) != 0 || !url[strlen(prefix)])
        return error_set(error, ERR_CONFIG, "the store's URL is not sqlite:PATH");
    backend = NEW(struct store_backend);
    map_init(&backend->apps, 0);
    map_init(&backend->webhooks, 0);
    take_path(backend, url + strlen(prefix));
    code = open_file(backend, now_ms, error);
    if (code != ERR_OK) {
        sqlite_close(backend);
        return code;
    }
    backend->has_jobs = true;
    *ret = backend;
    return ERR_OK;
}

void sqlite_close(struct store_backend *backend)
{
    if (!backend)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(backend->statements[i]);
    // After an error the log stays as it is, for the next start to read.
    if (backend->db && backend->code)
        sqlite3_db_config(backend->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    else if (backend->db)
        sqlite3_wal_checkpoint_v2(backend->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_close(backend->db);
    sqlite_forget_all(backend);
    runs_done(&backend->runs);
    trail_done(&backend->trail);
    sqlite_audit_done(backend);
    free(backend->caught_up);
    free(backend->path);
    free(backend);
}

bool sqlite_is_new(const struct store_backend *backend)
{
    return backend->is_new;
}

int64_t sqlite_newest_event(const struct store_backend *backend)
{
    return backend->last_event;
}

const char *sqlite_why(const struct store_backend *backend)
{
    return backend->why;
}

bool sqlite_setting(struct store_backend *backend, const char *name, struct buf *ret)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_SETTING_GET);
    bool is_there;

    backend->code = SQLITE_OK;
    sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
    is_there = sqlite_step(backend, SQL_SETTING_GET);
    if (is_there)
        buf_add(ret, sqlite3_column_text(get, 0), (size_t)sqlite3_column_bytes(get, 0));
    sqlite_reset(backend, SQL_SETTING_GET);
    return is_there;
}

enum error_code sqlite_set_setting(struct store_backend *backend, const char *name,
                                   const char *value, struct error *error)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_SETTING_SET);

    sqlite_begin(backend, true);
    sqlite3_bind_text(set, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(set, 2, value, -1, SQLITE_STATIC);
    sqlite_run(backend, SQL_SETTING_SET);
    switch (sqlite_end(backend)) {
    case STORE_DONE: return ERR_OK;
    case STORE_FULL: return error_set(error, ERR_DISK_FULL, "%s", backend->why);
    default: return error_set(error, ERR_IO, "%s", backend->why);
    }
}
