// What the engine asks of the world. Nothing is answered from inside a call: a port only
// notes the wish (serve appends it to the turn's group, the simulator pushes an event); the
// answer comes later through one of the engine_on_…() functions.

#ifndef ENGINE_PORTS_H
#define ENGINE_PORTS_H

#include <stdint.h>

struct claim;
struct parcel;
struct settle;
struct wire;

struct engine_ports {
    void *world;
    // The world's until engine_on_settled() brings the same struct back.
    void (*settle)(void *world, struct settle *settle);
    // These could not be kept in hand: the store is to find them by webhook and due time. The
    // parcels are the world's.
    void (*park)(void *world, struct parcel *first);
    void (*claim)(void *world, const struct claim *claim);
    // Births of this webhook are parked until a claim reaches the end.
    void (*behind)(void *world, int64_t webhook_id);
    void (*card)(void *world, int64_t app_id, int64_t webhook_id); // → engine_on_card()
    // The wire stays the engine's and unchanged until engine_on_outcome() or abort. event_id,
    // n and number say whose attempt it is, so that a crash can be told later.
    void (*send)(void *world, uint64_t exchange, const struct wire *wire, int64_t event_id,
                 uint16_t n, uint16_t number);
    void (*sent)(void *world,
                 uint64_t exchange); // its settle was acknowledged (or dropped): forget it
    void (*abort)(void *world, uint64_t exchange); // no outcome is to come
    void (*wake_at)(void *world,
                    int64_t mono_ms); // call engine_on_timer() then; the last wish counts
    uint64_t (*dice)(void *world);
};

#endif
