// A trail, from the newest entry on, across all that holds a piece of it: the tail that no
// run has yet, what was accepted late, and the runs. Runs follow each other in time, so one
// is looked into only when those newer than it have no more before it.

#ifndef STORE_SQLITE_WALK_H
#define STORE_SQLITE_WALK_H

#include "store/trail.h"

#include <stdbool.h>
#include <stdint.h>

struct store_reader;
struct walk;

enum walk_kind {
    WALK_EVENTS,     // of the app
    WALK_TYPE,       // its events of that type
    WALK_DELIVERIES, // of the webhook
    WALK_FAILED      // the app's deliveries that have ended badly (sqlite_walk_failed.h);
                     // where it has too many webhooks for that: WALK_EVENTS
};

struct walk_query {
    enum walk_kind kind;
    int64_t id;           // the app's or the webhook's
    const char *type;     // borrowed until walk_free()
    int64_t before_event; // entries less than (event, n) follow
    int before_n;
};

// Within the read that is under way.
struct walk *walk_new(struct store_reader *reader, const struct walk_query *query);
void walk_free(struct walk *walk); // does nothing to NULL

bool walk_is_of_events(const struct walk *walk); // or of single deliveries

// False: no more, or the read has failed. The row may be gone by now, and of events another
// app's may be among them: it is for the caller to look.
bool walk_next(struct walk *walk, struct trail_entry *ret);

#endif
