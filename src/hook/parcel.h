// A delivery in hand: what travels from the store to the engine, and what the engine asks
// for.

#ifndef HOOK_PARCEL_H
#define HOOK_PARCEL_H

#include "hook/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;

// Owned by whoever holds it; parcel_free() drops its event.
struct parcel {
    struct parcel *next; // of the same message
    int64_t event_id;
    int64_t webhook_id;
    int64_t app_id;
    uint32_t partition;
    uint16_t n;      // place in the event's fan-out
    uint16_t step;   // place in the schedule: 0 before the first scheduled attempt has failed
    uint16_t number; // attempts recorded so far, manual and interrupted ones too
    uint16_t crashes;     // attempts in a row that were cut off by our own end
    enum trigger trigger; // of the attempt to make
    bool is_parked;       // false: fresh
    bool is_newest;       // claimed as one of the newest, before its turn
    int64_t due_wall_ms;  // the attempt may not start before
    int64_t wait_ms; // the wait that led to due (0: none); a load clamps due − now to it. Of
                     // what has a time of its own: as far ahead as that may lie
    struct event *event;
};

void parcel_free(struct parcel *parcel);    // does nothing to NULL
void parcel_free_all(struct parcel *first); // the whole list

enum { PARTITIONS = 1024 };
uint32_t partition_of(int64_t webhook_id); // 0 to PARTITIONS − 1; never changes

// Something of this webhook is due then, that only the store knows.
struct lane_due {
    int64_t webhook_id;
    int64_t app_id;
    int64_t due_wall_ms;
};

// A place in the order of a webhook's parked deliveries. Zero stands before all of them, and
// one with a due time alone before all that are due then.
struct lane_place {
    int64_t due_wall_ms;
    int64_t event_id;
    uint16_t n;
};

// The first of one webhook's parked deliveries behind a place, in order. What was parked
// before that place by others than its lane since the last claim, the store brings all the
// same.
struct claim {
    int64_t webhook_id;
    struct lane_place after; // all before it is in hand
    size_t limit;            // rows
    int64_t due_max_wall_ms; // rows due later stay
    size_t bytes_max;        // of bodies; one row is always answered
    size_t newest; // … and so many of the newest that are due and were not yet tried, behind
                   // them, where the end is not reached
};

struct claimed {
    int64_t webhook_id;
    struct parcel *parcels; // the receiver's
    size_t count;
    bool
        reached_end; // nothing else of this webhook is due by due_max; births are fresh again
    int64_t next_due_wall_ms; // of the row after the last one answered; INT64_MAX: none
    struct lane_place last;   // where the next claim may begin; zero where nothing was done
};

#endif
