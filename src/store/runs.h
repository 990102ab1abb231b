// Idempotency keys, indexed behind the commit that appended them to their log: gathered in
// memory in commit order; when enough have gathered they are sorted and written as one run,
// always at the end of its table, a few rows at a time; a Bloom filter per run says where a
// key cannot be. This is the part in memory; sqlite_idem.c does the writing.
//
// A key is looked for among the newest, then among those being written, then in the runs.
// What a group added is forgotten again if its transaction is.

#ifndef STORE_RUNS_H
#define STORE_RUNS_H

#include "store/bloom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_ROWS = 100000, RUN_BLOOMS_MAX = 64 << 20 };

struct run_row {
    int64_t app_id, event_id;
    int64_t log_id; // its row in the log
    int64_t at_ms;
    unsigned char key[16], body[16];
    int kind;
};

// Rows with a hash table of their places.
struct run_table {
    struct run_row *rows;
    size_t count, cap;
    uint32_t *slots; // place + 1; 0: free
    size_t slot_cap; // a power of two, or 0
};

// A complete run.
struct run {
    int64_t number;
    int64_t last;  // log id of its newest row
    int64_t at_ms; // when that was added
    struct bloom bloom;
};

struct runs {
    size_t rows_max;
    struct run_table newest;
    struct run_table frozen; // sorted by key, app and kind; being written
    int64_t number;          // of the run being written
    size_t written;          // rows of it
    size_t mark_count, mark_written;
    bool is_ended; // the last row was written in this group
    struct bloom frozen_bloom;
    struct run *complete; // oldest first
    size_t complete_count, complete_cap;
    size_t bloom_bytes;
};

void runs_init(struct runs *runs, size_t rows_max);
void runs_done(struct runs *runs);

// A group: what was added and written since the mark is kept or forgotten.
void runs_mark(struct runs *runs);
void runs_commit(struct runs *runs);
void runs_rollback(struct runs *runs);

void runs_add(struct runs *runs, const struct run_row *row);
// In memory; NULL: not there. Good until the next call.
const struct run_row *runs_find(const struct runs *runs, int64_t app_id, int kind,
                                const unsigned char key[16]);

// The next row of the run that is being written; NULL: none is to be written.
const struct run_row *runs_next(const struct runs *runs);
void runs_wrote(struct runs *runs);         // that one
bool runs_is_full(const struct runs *runs); // all rows are written: the run is to be ended
void runs_end(struct runs *runs);           // it was, in this group
int64_t runs_last(const struct runs *runs, int64_t *ret_first, int64_t *ret_at_ms); // log ids

// At start, oldest first. Takes the filter.
void runs_add_complete(struct runs *runs, int64_t number, int64_t last, int64_t at_ms,
                       struct bloom bloom);
void runs_drop_oldest(struct runs *runs);

#endif
