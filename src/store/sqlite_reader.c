#include "store/sqlite_read.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_job.h"

#include <stdlib.h>
#include <string.h>

enum {
    STATEMENTS_MAX = 64,
    READ_MS = 2000,
    PROGRESS_STEPS = 10000, // of SQLite's machine, between two looks at the clock
    BUSY_MS = 2000
};

struct store_reader {
    const struct store_backend *backend;
    sqlite3 *db;
    int code; // of the op in hand
    int64_t until_ms;
    struct {
        const char *text;
        sqlite3_stmt *statement;
    } kept[STATEMENTS_MAX];
};

static int is_late(void *owner)
{
    const struct store_reader *reader = owner;

    return clock_now().mono_ms > reader->until_ms;
}

struct store_reader *sqlite_reader_new(struct store_backend *backend, struct error *error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    struct store_reader *reader = NEW(struct store_reader);

    reader->backend = backend;
    if (sqlite3_open_v2(backend->path, &reader->db, flags, NULL) != SQLITE_OK ||
        sqlite3_exec(reader->db,
                     "PRAGMA query_only = ON; PRAGMA cache_size = -8192;"
                     "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0;",
                     NULL, NULL, NULL) != SQLITE_OK) {
        error_set(error, ERR_IO, "%s: %s", backend->path, sqlite3_errmsg(reader->db));
        sqlite_reader_free(reader);
        return NULL;
    }
    sqlite3_db_config(reader->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(reader->db, BUSY_MS);
    sqlite3_progress_handler(reader->db, PROGRESS_STEPS, is_late, reader);
    return reader;
}

void sqlite_reader_free(struct store_reader *reader)
{
    if (!reader)
        return;
    for (int i = 0; i < STATEMENTS_MAX; i++)
        sqlite3_finalize(reader->kept[i].statement);
    sqlite3_close(reader->db);
    free(reader);
}

const struct store_backend *reader_backend(const struct store_reader *reader)
{
    return reader->backend;
}

sqlite3_stmt *reader_statement(struct store_reader *reader, const char *text)
{
    int i = 0;

    while (i < STATEMENTS_MAX && reader->kept[i].text && strcmp(reader->kept[i].text, text))
        i++;
    if (i == STATEMENTS_MAX)
        abort(); // more constants than places: a bug of ours
    if (!reader->kept[i].text) {
        reader->code = sqlite3_prepare_v3(reader->db, text, -1, SQLITE_PREPARE_PERSISTENT,
                                          &reader->kept[i].statement, NULL);
        if (reader->code == SQLITE_OK)
            reader->kept[i].text = text;
    }
    return reader->kept[i].statement;
}

bool reader_step(struct store_reader *reader, sqlite3_stmt *statement)
{
    int code;

    if (reader->code)
        return false;
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        reader->code = code;
    return code == SQLITE_ROW;
}

void reader_damaged(struct store_reader *reader)
{
    reader->code = reader->code ? reader->code : SQLITE_CORRUPT;
}

const char *read_text(struct arena *arena, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text ? arena_copy(arena, text, (size_t)sqlite3_column_bytes(row, column)) : NULL;
}

static void read_one(struct store_reader *reader, struct op *op)
{
    switch (op->kind) {
    case OP_KEY_BY_LOOKUP: sqlite_read_key(reader, op); break;
    case OP_SESSION_BY_HASH: sqlite_read_session(reader, op); break;
    case OP_APP_CARD:
    case OP_GET_APP: sqlite_read_app(reader, op); break;
    case OP_HOOK_CARD:
    case OP_GET_WEBHOOK: sqlite_read_webhook(reader, op); break;
    case OP_GET_EVENT: sqlite_read_event(reader, op); break;
    case OP_GET_DELIVERY: sqlite_read_delivery(reader, op); break;
    case OP_WEBHOOK_STATS: sqlite_webhook_stats(reader, op); break;
    case OP_STATS: sqlite_stats(reader, op); break;
    case OP_POST_TAKE: sqlite_post_take(reader, op); break;
    case OP_GET_JOB: sqlite_read_job(reader, op); break;
    case OP_RECOVER_COUNT: sqlite_count_recover(reader, op); break;
    case OP_AUDIT_CHECK: sqlite_audit_check(reader, op); break;
    case OP_LIST: sqlite_list(reader, op); break;
    default: op->result = OP_FAILED; break; // a write, which is the writer's
    }
}

void sqlite_read(struct store_reader *reader, struct op *op)
{
    reader->code = SQLITE_OK;
    reader->until_ms = clock_now().mono_ms + READ_MS;
    op->result = OP_DONE;
    reader->code = sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL);
    if (reader->code == SQLITE_OK)
        read_one(reader, op);
    for (int i = 0; i < STATEMENTS_MAX; i++)
        sqlite3_reset(reader->kept[i].statement);
    if (!sqlite3_get_autocommit(reader->db))
        sqlite3_exec(reader->db, "ROLLBACK", NULL, NULL, NULL);
    if (reader->code == SQLITE_INTERRUPT || reader->code == SQLITE_BUSY)
        op->result = OP_TOO_SLOW;
    else if (reader->code)
        op->result = OP_FAILED;
}
