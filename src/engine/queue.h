// What waits in a lane, in order of due time. While the lane is behind, its youngest stand in
// a line of their own, and every fourth place is theirs: an endpoint that comes back after an
// outage hears of what happens now, not only of what it missed.

#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "base/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_YOUNG_TURN = 4 };

struct held;

struct queue {
    struct heap old; // of struct held, as is young
    struct heap young;
    int turn; // places given since the young had theirs
};

void queue_init(struct queue *queue);
void queue_done(struct queue *queue);
// Into the old line, or to another place there.
void queue_put(struct queue *queue, struct held *held, int64_t due_mono_ms);
void queue_put_young(struct queue *queue, struct held *held, int64_t due_mono_ms); // is due
void queue_remove(struct queue *queue, struct held *held); // does nothing if it is in neither
struct held *queue_first(const struct queue *queue);       // NULL: empty
void queue_take(struct queue *queue, struct held *held);   // the first, for its attempt
size_t queue_count(const struct queue *queue);

#endif
