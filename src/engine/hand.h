// The deliveries in hand, found by (event, n), so that a second sight of one is known. A
// delivery stays in hand until the settle of its attempt is acknowledged.

#ifndef ENGINE_HAND_H
#define ENGINE_HAND_H

#include "base/heap.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;
struct lane;
struct parcel;

struct held {
    struct heap_item due; // its place in the lane's queue while it waits, keyed by mono_ms
    struct parcel *parcel;
    struct lane *lane;
    struct exchange *exchange; // its attempt, until that is acknowledged; NULL: it waits
    struct held *next_spare;
    bool is_young;    // it stands in the line of the young
    bool is_doubtful; // cancelled, perhaps: after the attempt only the store knows
};

struct hand {
    struct map map; // to struct held
    struct held *spares;
    int64_t bytes; // of bodies
};

void hand_init(struct hand *hand);
void hand_done(struct hand *hand); // releases all

struct held *hand_find(const struct hand *hand, int64_t event_id, uint16_t n); // or NULL
// Takes the parcel over; it must not be in hand.
struct held *hand_add(struct hand *hand, struct parcel *parcel);
void hand_release(struct hand *hand, struct held *held); // and its parcel
// Out of hand; the parcel is the caller's.
struct parcel *hand_take(struct hand *hand, struct held *held);
int64_t held_bytes(const struct held *held);

// Cut off that often in a row by our own end: it may be what ends us, so it goes out alone.
enum { SUSPECT_CRASHES = 3 };

#endif
