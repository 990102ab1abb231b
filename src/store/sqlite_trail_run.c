#include "store/sqlite_trail_run.h"

#include "store/sqlite.h"

#include <string.h>

static void write_leaf(struct store_backend *backend, struct trail_writer *writer)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_TRAIL_LEAF_ADD);
    struct trail_leaf leaf;
    size_t taken = trail_pack(writer->waiting, writer->count, &leaf);

    sqlite3_bind_int64(add, 1, writer->run);
    sqlite3_bind_int64(add, 2, leaf.first.owner);
    sqlite3_bind_int64(add, 3, leaf.first.event_id);
    sqlite3_bind_int(add, 4, leaf.first.n);
    sqlite3_bind_blob(add, 5, leaf.bytes, (int)leaf.len, SQLITE_STATIC);
    sqlite_run(backend, SQL_TRAIL_LEAF_ADD);
    writer->count -= taken;
    memmove(writer->waiting, writer->waiting + taken,
            writer->count * sizeof *writer->waiting);
}

void trail_write(struct store_backend *backend, struct trail_writer *writer,
                 const struct trail_entry *entry)
{
    if (writer->count == TRAIL_LEAF_MOST)
        write_leaf(backend, writer);
    writer->waiting[writer->count++] = *entry;
    writer->owned_by_apps += entry->owner < 0;
}

void trail_write_end(struct store_backend *backend, struct trail_writer *writer,
                     struct trail_run *run)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_TRAIL_RUN_ADD);

    while (writer->count > 0)
        write_leaf(backend, writer);
    run->number = writer->run;
    run->events = writer->owned_by_apps / 2;
    sqlite3_bind_int64(add, 1, run->number);
    sqlite3_bind_int(add, 2, (int)run->level);
    sqlite3_bind_int64(add, 3, run->first);
    sqlite3_bind_int64(add, 4, run->last);
    sqlite3_bind_int64(add, 5, run->events);
    sqlite_run(backend, SQL_TRAIL_RUN_ADD);
}

void trail_open(struct trail_leaves *leaves, int64_t run)
{
    leaves->run = run;
    leaves->key = (struct trail_entry){INT64_MIN, INT64_MIN, -1};
    leaves->count = leaves->at = 0;
}

// The leaf that this statement finds for an entry. False: there is none.
static bool read_leaf(struct store_backend *backend, struct trail_leaves *leaves,
                      enum sql sql, const struct trail_entry *entry)
{
    sqlite3_stmt *get = sqlite_statement(backend, sql);
    bool is_there;

    sqlite3_bind_int64(get, 1, leaves->run);
    sqlite3_bind_int64(get, 2, entry->owner);
    sqlite3_bind_int64(get, 3, entry->event_id);
    sqlite3_bind_int(get, 4, entry->n);
    is_there = sqlite_step(backend, sql);
    if (is_there) {
        leaves->key =
            (struct trail_entry){sqlite3_column_int64(get, 0), sqlite3_column_int64(get, 1),
                                 sqlite3_column_int(get, 2)};
        leaves->count = trail_unpack(&leaves->key, sqlite3_column_blob(get, 3),
                                     (size_t)sqlite3_column_bytes(get, 3), leaves->entries);
        leaves->at = 0;
    }
    sqlite_reset(backend, sql);
    return is_there;
}

void trail_open_at(struct store_backend *backend, struct trail_leaves *leaves, int64_t run,
                   const struct trail_entry *entry)
{
    trail_open(leaves, run);
    read_leaf(backend, leaves, SQL_TRAIL_LEAF_AT, entry);
}

// A leaf that is damaged is passed over here: the reader that needs it says so.
const struct trail_entry *trail_peek(struct store_backend *backend,
                                     struct trail_leaves *leaves)
{
    while (leaves->at == leaves->count)
        if (!read_leaf(backend, leaves, SQL_TRAIL_LEAF_AFTER, &leaves->key))
            return NULL;
    return &leaves->entries[leaves->at];
}

void trail_read_run(sqlite3_stmt *row, struct trail_run *ret)
{
    *ret = (struct trail_run){.number = sqlite3_column_int64(row, 0),
                              .level = (enum trail_level)sqlite3_column_int(row, 1),
                              .first = sqlite3_column_int64(row, 2),
                              .last = sqlite3_column_int64(row, 3),
                              .events = sqlite3_column_int64(row, 4)};
}

void trail_drop(struct store_backend *backend, const struct trail_run *run)
{
    sqlite3_stmt *leaves = sqlite_statement(backend, SQL_TRAIL_DROP);
    sqlite3_stmt *row = sqlite_statement(backend, SQL_TRAIL_RUN_DROP);

    sqlite3_bind_int64(leaves, 1, run->number);
    sqlite_run(backend, SQL_TRAIL_DROP);
    sqlite3_bind_int64(row, 1, run->number);
    sqlite_run(backend, SQL_TRAIL_RUN_DROP);
}
