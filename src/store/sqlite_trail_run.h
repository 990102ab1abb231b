// One run of trails in SQLite (store/trail.h): its leaves written from sorted entries, and
// read again. A run is there when its row in trail_run is; that and its leaves come and go in
// one transaction.

#ifndef STORE_SQLITE_TRAIL_RUN_H
#define STORE_SQLITE_TRAIL_RUN_H

#include "store/trail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3_stmt;
struct store_backend;

enum trail_level { TRAIL_SMALL, TRAIL_LARGE };

// A run's row.
struct trail_run {
    enum trail_level level;
    int64_t number;
    int64_t first, last; // events
    int64_t events;      // when it was written
};

// Gathers entries to leaves. In place: {.run = number}.
struct trail_writer {
    int64_t run;
    int64_t owned_by_apps; // two of each event
    struct trail_entry waiting[TRAIL_LEAF_MOST];
    size_t count;
};
void trail_write(struct store_backend *backend, struct trail_writer *writer,
                 const struct trail_entry *entry);
// The rest of them, and with them all the run's row.
void trail_write_end(struct store_backend *backend, struct trail_writer *writer,
                     struct trail_run *run);

// Walks a run from its first entry on. In place: trail_open().
struct trail_leaves {
    int64_t run;
    struct trail_entry key; // the leaf's
    struct trail_entry entries[TRAIL_LEAF_MOST];
    size_t count, at;
};
void trail_open(struct trail_leaves *leaves, int64_t run);
// The same, but the first leaf is the one that holds that entry, if the run does.
void trail_open_at(struct store_backend *backend, struct trail_leaves *leaves, int64_t run,
                   const struct trail_entry *entry);
const struct trail_entry *trail_peek(struct store_backend *backend,
                                     struct trail_leaves *leaves); // NULL: the end

void trail_read_run(struct sqlite3_stmt *row, struct trail_run *ret); // its columns in order
void trail_drop(struct store_backend *backend, const struct trail_run *run); // all of it

#endif
