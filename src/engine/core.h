// What the engine is made of; for the files of this room only.

#ifndef ENGINE_CORE_H
#define ENGINE_CORE_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/moment.h"
#include "engine/engine.h"
#include "engine/epochs.h"
#include "engine/hand.h"
#include "engine/turn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;

struct engine {
    struct engine_ports ports;
    struct engine_limits limits;
    struct id_cipher *cipher;

    struct map lanes;   // by webhook, to struct lane
    struct heap timers; // of lanes
    struct link idle;   // lanes awake with nothing in hand, longest first
    int idle_count;
    struct hand hand;
    struct turn turn;
    struct map shares;

    struct link claimers; // lanes that want to claim, in turn
    int claims_out;

    struct exchange *exchanges; // limits.in_flight_max of them
    struct link free_exchanges;
    struct link full; // exchanges whose settle found the disk full, longest first
    int in_flight;    // exchanges that await their outcome

    struct moment now;       // as told last
    int64_t horizon_wall_ms; // of that moment
    struct epochs epochs;
    int64_t wake_at_ms; // as the world was told last
    bool is_draining;
    struct engine_counts counts; // the rising ones
};

// When something is due of which only the due time is known: perhaps before, never after.
int64_t core_mono_ms(const struct engine *engine, int64_t wall_ms);

// When a parcel's attempt may start. What is overdue keeps its order.
int64_t core_due_mono_ms(const struct engine *engine, const struct parcel *parcel);

#endif
