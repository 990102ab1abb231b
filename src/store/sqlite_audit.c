#include "store/sqlite_audit.h"

#include "base/limits.h"
#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_config.h"
#include "store/sqlite_step.h"

#include <string.h>

enum { RETAIN_ROWS = 500 };
#define DAY_MS (INT64_C(86400) * 1000)

static bool column_hash(sqlite3_stmt *row, int at, unsigned char ret[AUDIT_HASH_LEN])
{
    const void *bytes = sqlite3_column_blob(row, at);
    bool is_whole = bytes && sqlite3_column_bytes(row, at) == AUDIT_HASH_LEN;

    if (is_whole)
        memcpy(ret, bytes, AUDIT_HASH_LEN);
    return is_whole;
}

bool sqlite_audit_load(struct store_backend *backend)
{
    static const unsigned char no_key[AUDIT_KEY_LEN];
    sqlite3_stmt *get = sqlite_statement(backend, SQL_AUDIT_ENDS);
    struct audit_ends *ends = &backend->audit.ends;

    if (sqlite_step(backend, SQL_AUDIT_ENDS)) {
        ends->before = sqlite3_column_int64(get, 0);
        ends->last = sqlite3_column_int64(get, 2);
        backend->audit.has_ends = column_hash(get, 1, ends->start) &&
                                  column_hash(get, 3, ends->head) &&
                                  column_hash(get, 4, ends->mac);
    }
    sqlite_reset(backend, SQL_AUDIT_ENDS);
    backend->audit.mac = audit_mac_new(no_key);
    return !backend->code;
}

bool sqlite_audit_key(struct store_backend *backend, const unsigned char key[AUDIT_KEY_LEN],
                      bool is_new)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_AUDIT_LAST);
    int64_t newest = 0;

    memcpy(backend->audit.key, key, AUDIT_KEY_LEN);
    audit_mac_free(backend->audit.mac);
    backend->audit.mac = audit_mac_new(key);
    if (sqlite_step(backend, SQL_AUDIT_LAST))
        newest = sqlite3_column_int64(get, 0);
    sqlite_reset(backend, SQL_AUDIT_LAST);
    return audit_ends_open(backend->audit.mac, &backend->audit.ends, backend->audit.has_ends,
                           newest, is_new);
}

void sqlite_audit_done(struct store_backend *backend)
{
    audit_mac_free(backend->audit.mac);
    memory_wipe(backend->audit.key, sizeof backend->audit.key);
}

static void write_ends(struct store_backend *backend)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_AUDIT_ENDS_SET);
    const struct audit_ends *ends = &backend->audit.ends;

    sqlite3_bind_int64(set, 1, ends->before);
    sqlite3_bind_blob(set, 2, ends->start, AUDIT_HASH_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(set, 3, ends->last);
    sqlite3_bind_blob(set, 4, ends->head, AUDIT_HASH_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(set, 5, ends->mac, AUDIT_HASH_LEN, SQLITE_STATIC);
    sqlite_run(backend, SQL_AUDIT_ENDS_SET);
}

void sqlite_audit(struct store_backend *backend, struct audit_row *row)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_AUDIT_ADD);

    audit_append(backend->audit.mac, &backend->audit.ends, row);
    sqlite3_bind_int64(add, 1, row->seq);
    sqlite3_bind_int64(add, 2, row->at_ms);
    sqlite3_bind_int(add, 3, (int)row->actor);
    sqlite3_bind_int64(add, 4, row->actor_id);
    sqlite3_bind_int(add, 5, row->mode);
    bind_text(add, 6, row->address);
    sqlite3_bind_int64(add, 7, row->app_id);
    bind_text(add, 8, row->action);
    sqlite3_bind_int(add, 9, (int)row->kind);
    sqlite3_bind_int64(add, 10, row->object_id);
    sqlite3_bind_int(add, 11, row->object_n);
    bind_text(add, 12, row->name);
    bind_text(add, 13, row->detail);
    sqlite3_bind_int(add, 14, row->before);
    sqlite3_bind_int(add, 15, row->after);
    bind_text(add, 16, row->result);
    sqlite3_bind_int(add, 17, row->left_out);
    sqlite3_bind_blob(add, 18, row->hash, AUDIT_HASH_LEN, SQLITE_STATIC);
    sqlite_run(backend, SQL_AUDIT_ADD);
    write_ends(backend);
}

void sqlite_audit_own(struct store_backend *backend, const char *action,
                      struct audit_row *row, int64_t now_ms)
{
    row->actor = AUDIT_SERVER;
    row->action = action;
    row->result = "done";
    row->at_ms = now_ms;
    sqlite_audit(backend, row);
}

// The record goes first: nothing may be deleted that it does not let go. A row that is not
// the next one is a fault to be found, and stays with all behind it.
bool sqlite_audit_retain(struct store_backend *backend, int64_t now_ms)
{
    const int64_t horizon_ms = now_ms - limit(LIMIT_AUDIT_DAYS) * DAY_MS;
    sqlite3_stmt *oldest = sqlite_statement(backend, SQL_AUDIT_OLDEST);
    sqlite3_stmt *drop = sqlite_statement(backend, SQL_AUDIT_DROP);
    unsigned char hash[AUDIT_HASH_LEN];
    int count = 0;

    sqlite3_bind_int64(oldest, 1, backend->audit.ends.before);
    while (count < RETAIN_ROWS && sqlite_step(backend, SQL_AUDIT_OLDEST) &&
           sqlite3_column_int64(oldest, 0) == backend->audit.ends.before + 1 &&
           sqlite3_column_int64(oldest, 1) < horizon_ms && column_hash(oldest, 2, hash)) {
        audit_drop(backend->audit.mac, &backend->audit.ends, hash);
        count++;
    }
    sqlite_reset(backend, SQL_AUDIT_OLDEST);
    if (count == 0)
        return false;
    write_ends(backend);
    sqlite3_bind_int64(drop, 1, backend->audit.ends.before);
    sqlite_run(backend, SQL_AUDIT_DROP);
    return true;
}
