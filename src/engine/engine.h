// Deliveries in motion: one engine per worker drives the lanes of the webhooks that are its
// own. Pure: it is told the time, the dice and the answers, and asks the world through ports.
//
// The database is the truth, a hand-over is a hint. A lane keeps a delivery in hand, by
// (event, n), until its settle is acknowledged; a second sight of it is ignored while it is
// in flight, and otherwise only updates its due time and trigger. No attempt starts before
// the delivery's due time; a next attempt starts only after the settle of the last was
// acknowledged.
//
// The order within a lane is that of due times. Claims, cards and timers are asked for by the
// engine when it needs them; the world only answers.
//
// Invariants (engine_check): at most one attempt of a delivery in flight; windows, the
// per-app share and in_flight_max hold; what is in hand is within the limits; a lane that the
// store may know more of has a claim out or a time to make one.

#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/moment.h"
#include "engine/ports.h"
#include "hook/settle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct claimed;
struct engine;
struct hook_card;
struct id_cipher;
struct lane_due;
struct outcome;
struct parcel;

struct engine_limits {
    int in_flight_max;   // of this engine
    int lane_memory;     // parcels in hand per lane
    int64_t blob_budget; // bytes of bodies in hand, in all; beyond: parked
    int64_t park_ms;     // due later than this: not held
    int time_scale;      // 1; waits pass this many times faster
};

// Attempts are named by a number whose low bits are a slot below in_flight_max, taken until
// the settle is acknowledged; the whole number is not used again.
enum { EXCHANGE_SLOTS = 1 << 16 };
static inline size_t exchange_slot(uint64_t exchange)
{
    return exchange % EXCHANGE_SLOTS;
}

struct engine *engine_new(const struct engine_ports *ports,
                          const struct engine_limits *limits, struct id_cipher *cipher);
void engine_free(struct engine *engine); // drops what is in hand; the store still has it

// From the store, in commit order. All take the parcels over.
void engine_on_arrivals(struct engine *engine, struct moment now, struct parcel *first);
void engine_on_claimed(struct engine *engine, struct moment now,
                       const struct claimed *claimed);
void engine_on_lanes(struct engine *engine, struct moment now, const struct lane_due *dues,
                     size_t count); // at start, and when the store parked something
void engine_on_settled(struct engine *engine, struct moment now, struct settle *settle,
                       enum settle_result result);
void engine_on_cancelled(struct engine *engine, struct moment now, int64_t webhook_id,
                         int64_t event_id, uint16_t n); // not in flight: dropped

// The webhook's rows changed: no attempt starts with the old card any more; the new one is
// asked.
void engine_on_changed(struct engine *engine, struct moment now, int64_t webhook_id);
// The answer to the port's card(); takes the reference. NULL: the webhook is gone, or its row
// is damaged: its lane drops what is not in flight. So a read that merely failed is repeated
// by the world, not answered.
void engine_on_card(struct engine *engine, struct moment now, int64_t webhook_id,
                    struct hook_card *card);

void engine_on_outcome(struct engine *engine, struct moment now, uint64_t exchange,
                       const struct outcome *outcome);
void engine_on_timer(struct engine *engine, struct moment now);

// Take nothing more up. True when nothing is in flight or unacknowledged.
bool engine_drain(struct engine *engine, struct moment now);
// Abort what is in flight and settle it as interrupted.
void engine_interrupt(struct engine *engine, struct moment now);

struct engine_counts {
    uint64_t attempts, delivered, failed_attempts, ended_failed;
    int64_t in_hand, in_flight, lanes, bytes_in_hand;
};
struct engine_counts engine_counts(const struct engine *engine);
void engine_check(const struct engine *engine); // invariants; ends the process

#endif
