// The deliveries of an app that have ended badly, from the newest on: those of each of its
// webhooks have an index (delivery_bad), and the newest of each are merged.

#ifndef STORE_SQLITE_WALK_FAILED_H
#define STORE_SQLITE_WALK_FAILED_H

#include "store/trail.h"

#include <stdbool.h>
#include <stdint.h>

struct failed_walk;
struct store_reader;

// Those below the cursor. NULL: the app has so many webhooks that to look at each would take
// longer than to look at what it has.
struct failed_walk *failed_walk_new(struct store_reader *reader, int64_t app_id,
                                    const struct trail_entry *cursor);
void failed_walk_free(struct failed_walk *walk); // does nothing to NULL
bool failed_walk_next(struct failed_walk *walk, struct trail_entry *ret);

#endif
