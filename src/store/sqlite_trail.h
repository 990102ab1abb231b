// Trails in SQLite (store/trail.h): when runs are written, merged and thinned.

#ifndef STORE_SQLITE_TRAIL_H
#define STORE_SQLITE_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

struct store_backend;

// What the tables know, at start, with the tail that no run has.
bool sqlite_trail_load(struct store_backend *backend);

// At the end of a group's transaction: notes what was accepted late, and does a piece of
// what is due: writes a run, and merges the small ones.
void sqlite_trail_along(struct store_backend *backend);

// All that has gathered becomes a run, however little it is.
void sqlite_trail_flush(struct store_backend *backend);

// --- what leaves (sqlite_trail_thin.c): runs whose events were all forgotten are dropped,
// those with few left are written anew without the rest, and so is each run that holds
// entries of an app that is erased. Each call is one bounded piece, within the transaction
// that is open ---

// Looks at the next run that is older than what retention keeps. False: there was none, and
// the next call begins anew.
bool trail_expire(struct store_backend *backend, int64_t now_ms);

// Looks at the next run behind *place, which begins with 0, for an app whose events are gone
// and that gets no more. False: no entry of it is left.
bool trail_forget(struct store_backend *backend, int64_t app_id, int64_t *place);

#endif
