// The audit log as readers see it: rows for lists, and the walk that verifies them.

#include "hook/audit_check.h"

#include "base/limits.h"
#include "store/ops.h"
#include "store/sqlite.h"
#include "store/sqlite_read.h"

#include <string.h>

enum {
    SEQ,
    AT,
    ACTOR,
    ACTOR_ID,
    MODE,
    ADDRESS,
    APP,
    ACTION,
    KIND,
    OBJECT,
    N,
    NAME,
    DETAIL,
    BEFORE,
    AFTER,
    RESULT,
    LEFT_OUT,
    HASH,
    COLUMNS
};

// What stands in each column, or NULL where it may.
static const struct {
    int type;
    bool may_be_null;
} columns[COLUMNS] = {
    [SEQ] = {SQLITE_INTEGER, false},      [AT] = {SQLITE_INTEGER, false},
    [ACTOR] = {SQLITE_INTEGER, false},    [ACTOR_ID] = {SQLITE_INTEGER, false},
    [MODE] = {SQLITE_INTEGER, false},     [ADDRESS] = {SQLITE_TEXT, true},
    [APP] = {SQLITE_INTEGER, false},      [ACTION] = {SQLITE_TEXT, true},
    [KIND] = {SQLITE_INTEGER, false},     [OBJECT] = {SQLITE_INTEGER, false},
    [N] = {SQLITE_INTEGER, false},        [NAME] = {SQLITE_TEXT, true},
    [DETAIL] = {SQLITE_TEXT, true},       [BEFORE] = {SQLITE_INTEGER, false},
    [AFTER] = {SQLITE_INTEGER, false},    [RESULT] = {SQLITE_TEXT, true},
    [LEFT_OUT] = {SQLITE_INTEGER, false}, [HASH] = {SQLITE_BLOB, false},
};

// Is all of it what a server can have written, so that reading it loses nothing? A text must
// not go on behind a NUL.
static bool is_readable(sqlite3_stmt *row)
{
    for (int i = 0; i < COLUMNS; i++) {
        int type = sqlite3_column_type(row, i);
        if (type != columns[i].type && !(type == SQLITE_NULL && columns[i].may_be_null))
            return false;
        if (type == SQLITE_TEXT && strlen((const char *)sqlite3_column_text(row, i)) !=
                                       (size_t)sqlite3_column_bytes(row, i))
            return false;
    }
    return sqlite3_column_bytes(row, HASH) == AUDIT_HASH_LEN;
}

// arena NULL: texts are borrowed from the statement until its next step.
static const char *text_of(struct arena *arena, sqlite3_stmt *row, int column)
{
    return arena ? read_text(arena, row, column)
                 : (const char *)sqlite3_column_text(row, column);
}

void read_audit(struct arena *arena, sqlite3_stmt *row, struct audit_row *ret)
{
    const void *hash = sqlite3_column_blob(row, HASH);

    *ret = (struct audit_row){
        .seq = sqlite3_column_int64(row, SEQ),
        .at_ms = sqlite3_column_int64(row, AT),
        .actor = (enum audit_actor)sqlite3_column_int(row, ACTOR),
        .actor_id = sqlite3_column_int64(row, ACTOR_ID),
        .mode = sqlite3_column_int(row, MODE),
        .address = text_of(arena, row, ADDRESS),
        .app_id = sqlite3_column_int64(row, APP),
        .action = text_of(arena, row, ACTION),
        .kind = (enum id_kind)sqlite3_column_int(row, KIND),
        .object_id = sqlite3_column_int64(row, OBJECT),
        .object_n = (uint16_t)sqlite3_column_int(row, N),
        .name = text_of(arena, row, NAME),
        .detail = text_of(arena, row, DETAIL),
        .before = sqlite3_column_int(row, BEFORE),
        .after = sqlite3_column_int(row, AFTER),
        .result = text_of(arena, row, RESULT),
        .left_out = sqlite3_column_int(row, LEFT_OUT),
    };
    if (hash && sqlite3_column_bytes(row, HASH) == AUDIT_HASH_LEN)
        memcpy(ret->hash, hash, AUDIT_HASH_LEN);
}

#define ROWS_FROM "SELECT " AUDIT_COLUMNS " FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2"

static bool read_one(struct store_reader *reader, struct arena *arena, int64_t seq,
                     struct audit_row *ret)
{
    sqlite3_stmt *get = reader_statement(reader, ROWS_FROM);
    bool is_there;

    sqlite3_bind_int64(get, 1, seq);
    sqlite3_bind_int(get, 2, 1);
    is_there = seq > 0 && reader_step(reader, get) && sqlite3_column_int64(get, SEQ) == seq;
    if (is_there)
        read_audit(arena, get, ret);
    sqlite3_reset(get);
    return is_there;
}

static bool read_ends(struct store_reader *reader, struct audit_ends *ret)
{
    sqlite3_stmt *get = reader_statement(reader, sqlite_sql[SQL_AUDIT_ENDS]);
    unsigned char *const hashes[] = {ret->start, ret->head, ret->mac};
    const int at[] = {1, 3, 4};
    bool is_whole = reader_step(reader, get);

    for (size_t i = 0; is_whole && i < sizeof at / sizeof *at; i++) {
        const void *bytes = sqlite3_column_blob(get, at[i]);
        is_whole = bytes && sqlite3_column_bytes(get, at[i]) == AUDIT_HASH_LEN;
        if (is_whole)
            memcpy(hashes[i], bytes, AUDIT_HASH_LEN);
    }
    if (is_whole) {
        ret->before = sqlite3_column_int64(get, 0);
        ret->last = sqlite3_column_int64(get, 2);
    }
    sqlite3_reset(get);
    return is_whole;
}

static bool begin(struct store_reader *reader, struct op *op, struct audit_mac *mac)
{
    struct audit_check *check = &op->as.audit_check;
    struct audit_ends ends = {0};
    struct audit_row before, noted;
    bool has_ends = read_ends(reader, &ends);
    bool has_before = read_one(reader, &op->arena, audit_check_before(check, &ends), &before);
    bool has_noted = read_one(reader, &op->arena, check->noted, &noted);

    return audit_check_begin(check, mac, has_ends ? &ends : NULL, has_before ? &before : NULL,
                             has_noted ? &noted : NULL);
}

// One row more than are looked at shows whether more are there.
static void walk(struct store_reader *reader, struct op *op, struct audit_mac *mac)
{
    struct audit_check *check = &op->as.audit_check;
    sqlite3_stmt *get = reader_statement(reader, ROWS_FROM);
    struct audit_row row;
    int64_t left = limit(LIMIT_AUDIT_CHECK);
    bool is_there;

    sqlite3_bind_int64(get, 1, check->first);
    sqlite3_bind_int64(get, 2, left + 1);
    while ((is_there = reader_step(reader, get)) && left-- > 0) {
        read_audit(NULL, get, &row);
        if (!audit_check_row(check, mac, &row, is_readable(get)))
            break;
    }
    audit_check_end(check, !is_there);
}

void sqlite_audit_check(struct store_reader *reader, struct op *op)
{
    struct audit_mac *mac = audit_mac_new(reader_backend(reader)->audit.key);

    if (begin(reader, op, mac))
        walk(reader, op, mac);
    audit_mac_free(mac);
}
