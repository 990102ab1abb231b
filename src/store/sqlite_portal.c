#include "store/sqlite_config.h"

#include "base/limits.h"
#include "store/sqlite.h"
#include "store/sqlite_read.h"

#include <string.h>

static bool is_there(const struct store_backend *backend, int64_t app_id)
{
    const struct known_app *app = sqlite_known_app(backend, app_id);

    return app && app->version >= 0;
}

// The number that a statement answers, whose parameters are bound.
static int64_t answer_of(struct store_backend *backend, enum sql sql)
{
    sqlite3_stmt *statement = sqlite_statement(backend, sql);
    int64_t number = 0;

    if (sqlite_step(backend, sql))
        number = sqlite3_column_int64(statement, 0);
    sqlite_reset(backend, sql);
    return number;
}

enum op_result sqlite_link(struct store_backend *backend, const struct op *op)
{
    const struct link_row *row = &op->as.link.row;
    sqlite3_stmt *count = sqlite_statement(backend, SQL_LINK_COUNT);
    sqlite3_stmt *add = sqlite_statement(backend, SQL_LINK_ADD);

    if (!is_there(backend, row->app_id))
        return OP_NOT_FOUND;
    sqlite3_bind_int64(count, 1, row->app_id);
    sqlite3_bind_int64(count, 2, row->created_ms);
    if (answer_of(backend, SQL_LINK_COUNT) >= op->as.link.count_max)
        return OP_LIMIT;
    sqlite3_bind_int64(add, 1, row->id);
    sqlite3_bind_int64(add, 2, row->app_id);
    sqlite3_bind_blob(add, 3, row->hash, sizeof row->hash, SQLITE_STATIC);
    sqlite3_bind_int64(add, 4, row->scopes);
    sqlite3_bind_int64(add, 5, row->created_ms);
    sqlite3_bind_int64(add, 6, row->expires_ms);
    if (!sqlite_run(backend, SQL_LINK_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    return OP_DONE;
}

// Fills app and scopes of the session from the link. Returns the link's id; 0: there is none.
static int64_t find_link(struct store_backend *backend, const unsigned char *hash,
                         struct session_row *session)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_LINK_GET);
    int64_t id = 0;

    sqlite3_bind_blob(get, 1, hash, KEY_HASH_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(get, 2, session->created_ms);
    if (sqlite_step(backend, SQL_LINK_GET)) {
        id = sqlite3_column_int64(get, 0);
        session->app_id = sqlite3_column_int64(get, 1);
        session->scopes = (uint32_t)sqlite3_column_int64(get, 2);
    }
    sqlite_reset(backend, SQL_LINK_GET);
    return id;
}

static int64_t session_count(struct store_backend *backend, const struct session_row *session)
{
    sqlite3_stmt *count = sqlite_statement(backend, SQL_SESSION_COUNT);

    sqlite3_bind_int64(count, 1, session->app_id);
    sqlite3_bind_int64(count, 2, session->created_ms);
    sqlite3_bind_int64(count, 3, session->created_ms - limit(LIMIT_SESSION_IDLE_MS));
    return answer_of(backend, SQL_SESSION_COUNT);
}

static void name_app(struct store_backend *backend, struct op *op)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_APP_NAMES);

    sqlite3_bind_int64(get, 1, op->as.session.row.app_id);
    if (sqlite_step(backend, SQL_APP_NAMES)) {
        op->as.session.app.id = op->as.session.row.app_id;
        op->as.session.app.uid = read_text(&op->arena, get, 0);
        op->as.session.app.name = read_text(&op->arena, get, 1);
        op->as.session.app.profile = read_text(&op->arena, get, 2);
    }
    sqlite_reset(backend, SQL_APP_NAMES);
}

static enum op_result session_open(struct store_backend *backend, struct op *op)
{
    struct session_row *row = &op->as.session.row;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_SESSION_ADD);
    int64_t link_id = find_link(backend, op->as.session.link, row);

    if (!link_id || !is_there(backend, row->app_id))
        return OP_NOT_FOUND;
    if (session_count(backend, row) >= op->as.session.count_max)
        return OP_LIMIT;
    sqlite3_bind_int64(add, 1, row->id);
    sqlite3_bind_int64(add, 2, row->app_id);
    sqlite3_bind_blob(add, 3, row->hash, sizeof row->hash, SQLITE_STATIC);
    sqlite3_bind_int64(add, 4, row->scopes);
    bind_text(add, 5, row->address);
    sqlite3_bind_int64(add, 6, row->created_ms);
    sqlite3_bind_int64(add, 7, row->ends_ms);
    if (!sqlite_run(backend, SQL_SESSION_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    sqlite3_bind_int64(sqlite_statement(backend, SQL_LINK_DROP), 1, link_id);
    sqlite_run(backend, SQL_LINK_DROP);
    row->seen_ms = row->created_ms;
    name_app(backend, op);
    return OP_DONE;
}

static enum op_result session_end(struct store_backend *backend,
                                  const struct session_row *row)
{
    sqlite3_stmt *drop = sqlite_statement(backend, SQL_SESSION_DROP);

    sqlite3_bind_int64(drop, 1, row->id);
    sqlite3_bind_int64(drop, 2, row->app_id);
    return sqlite_run(backend, SQL_SESSION_DROP) && sqlite3_changes(backend->db)
               ? OP_DONE
               : OP_NOT_FOUND;
}

static enum op_result session_end_all(struct store_backend *backend, int64_t app_id)
{
    static const enum sql drops[] = {SQL_SESSION_DROP_APP, SQL_LINK_DROP_APP};

    if (!is_there(backend, app_id))
        return OP_NOT_FOUND;
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++) {
        sqlite3_bind_int64(sqlite_statement(backend, drops[i]), 1, app_id);
        sqlite_run(backend, drops[i]);
    }
    return OP_DONE;
}

void sqlite_session(struct store_backend *backend, struct op *op, struct news *news)
{
    const struct session_row *row = &op->as.session.row;

    if (op->as.session.verb == VERB_CREATE) {
        op->result = session_open(backend, op);
        return;
    }
    op->result = row->id ? session_end(backend, row) : session_end_all(backend, row->app_id);
    if (op->result == OP_DONE)
        news_change(news, row->app_id, 0, op);
}

// --- reads ---

void read_session(struct arena *arena, sqlite3_stmt *row, struct session_row *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->app_id = sqlite3_column_int64(row, 1);
    if (sqlite3_column_bytes(row, 2) == KEY_HASH_LEN)
        memcpy(ret->hash, sqlite3_column_blob(row, 2), KEY_HASH_LEN);
    ret->scopes = (uint32_t)sqlite3_column_int64(row, 3);
    ret->address = read_text(arena, row, 4);
    ret->created_ms = sqlite3_column_int64(row, 5);
    ret->seen_ms = sqlite3_column_int64(row, 6);
    ret->ends_ms = sqlite3_column_int64(row, 7);
}

// The sessions of an app that is being erased have ended.
void sqlite_read_session(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *get =
        reader_statement(reader, "SELECT " SESSION_COLUMNS " FROM session s"
                                 " JOIN app a ON a.id = s.app AND a.version >= 0"
                                 " WHERE s.hash = ?1");

    sqlite3_bind_blob(get, 1, op->as.session_by_hash.hash, KEY_HASH_LEN, SQLITE_STATIC);
    if (reader_step(reader, get))
        read_session(&op->arena, get, &op->as.session_by_hash.row);
    else
        op->result = OP_NOT_FOUND;
}
