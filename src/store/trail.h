// Trails: where an app's events stand, those of one type of an app, and a webhook's
// deliveries. A commit only appends, because a page dirtied at a random place for each of
// these costs three quarters of its speed; so they are gathered in memory in commit order,
// and when enough have gathered, they are sorted and written as one run, in the transaction
// of a group that writes anyway. Some runs of that size are merged to a larger one. This is
// the part in memory; sqlite_trail.c does the writing, sqlite_walk.c the reading.
//
// A run is a sequence of leaves: some hundred entries each, packed to a few bytes an entry,
// found by its first entry. Runs of leaves, and not a filter per block of events that says
// whose rows are in it, because a leaf is smaller (about seven bytes an entry) and leads to
// the row itself: a webhook with one delivery in ten thousand costs one look-up per run, and
// never the reading of blocks.
//
// Each event is in the index once: in one run, or in the tail, which is every event with an
// id above the last one that a run holds, and those few that were accepted with a lesser one
// (the clock was set back, or another worker minted it earlier). Those have a row in
// trail_late until a run has them.

#ifndef STORE_TRAIL_H
#define STORE_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRAIL_RUN = 16384, // entries of a small run
    TRAIL_MERGE = 8,   // so many small ones become a large one
    TRAIL_LEAF_BYTES = 900,
    TRAIL_LEAF_MOST = TRAIL_LEAF_BYTES / 3 // entries: the least one takes three bytes
};

struct trail_entry {
    int64_t owner; // a webhook's id, or trail_owner()
    int64_t event_id;
    int n; // a webhook's: of the delivery; else 0
};

// By owner, then from the oldest on.
int trail_compare(const struct trail_entry *a, const struct trail_entry *b);
// Who owns an app's events, or those of one type (NULL: of all): below zero, as no id is. Two
// that are the same by chance share a trail, so whoever walks it looks at the event.
int64_t trail_owner(int64_t app_id, const char *type);

// --- leaves ---

struct trail_leaf {
    struct trail_entry first;
    unsigned char bytes[TRAIL_LEAF_BYTES];
    size_t len;
};

// As many of these sorted entries as there is room for; returns how many.
size_t trail_pack(const struct trail_entry *entries, size_t count, struct trail_leaf *ret);
// Returns how many; 0: damaged.
size_t trail_unpack(const struct trail_entry *first, const unsigned char *bytes, size_t len,
                    struct trail_entry ret[TRAIL_LEAF_MOST]);

// --- what has gathered ---

// How far it was written.
struct trail_state {
    int64_t last;   // the greatest event id in a run
    int64_t number; // of the next run
    int small;      // small runs that are not yet merged
};

struct trail {
    struct trail_entry *entries; // in commit order
    size_t count, cap, run_entries;
    struct trail_state state, state_before; // the group
    size_t count_before;
    bool has_written; // in this group: what is in a run by now is to be forgotten
};

void trail_init(struct trail *trail, size_t run_entries);
void trail_done(struct trail *trail);

// A group: what it added and wrote is kept or forgotten.
void trail_mark(struct trail *trail);
void trail_commit(struct trail *trail);
void trail_rollback(struct trail *trail);

void trail_add(struct trail *trail, int64_t owner, int64_t event_id, int n);
void trail_add_event(struct trail *trail, int64_t event_id, int64_t app_id, const char *type);
bool trail_is_due(const struct trail *trail); // enough for a run, and some to spare
// The entries of the next run, sorted; the caller frees them. Its last event is
// *ret_last; with it goes all that is older. is_all: without regard to how many there are.
struct trail_entry *trail_take(const struct trail *trail, bool is_all, size_t *ret_count,
                               int64_t *ret_last);

#endif
