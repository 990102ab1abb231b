// A world for one engine: it notes every wish of the ports, and answers when the test says
// so. One app-wide profile "plain" with waits of 5 s and 10 s.

#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include "engine/engine.h"
#include "hook/outcome.h"
#include "hook/parcel.h"
#include "hook/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORLD_NOTES = 4096 };

struct world_send {
    uint64_t exchange;
    const struct wire *wire;
    int64_t event_id;
    uint16_t number;
};

struct world {
    struct engine *engine;
    struct moment now;
    struct profile_set profiles;
    const char *profile; // of the cards
    int per_second_max;  // of the cards; 0: none
    struct keyring *keyring;
    struct id_cipher *cipher;
    struct world_send sends[WORLD_NOTES];
    size_t send_count;
    struct settle *settles[WORLD_NOTES];
    size_t settle_count;
    struct claim claims[WORLD_NOTES];
    size_t claim_count;
    int64_t parked[WORLD_NOTES]; // event ids
    size_t parked_count;
    size_t behind_count, card_count, sent_count, abort_count;
    int64_t wake_at_ms;
};

struct world *world_new(const struct engine_limits *limits); // NULL: roomy ones
void world_free(struct world *world);

// From now on cards are of this profile, with a signing secret where it wants one.
void world_profile(struct world *world, const char *text, size_t len);

struct parcel *world_parcel(int64_t event_id, int64_t webhook_id, int64_t app_id);
void world_arrive(struct world *world, struct parcel *parcel);
// The card of a webhook at a host, on its way to engine_on_card().
void world_card(struct world *world, int64_t webhook_id, int64_t app_id, const char *host,
                int in_flight_max);
void world_answer(struct world *world, size_t send, int status);
void world_fail(struct world *world, size_t send, enum outcome_error error);
void world_settle(struct world *world, size_t settle, enum settle_result result);
void world_wait(struct world *world, int64_t ms); // and call the timer
void world_check(struct world *world);

// So many parked ones from that event on, all due then: the answer to a claim, which reached
// the end.
struct claimed world_claimed(int64_t webhook_id, int64_t first_event, size_t count,
                             int64_t due_wall_ms, int64_t wait_ms);
void world_on_claimed(struct world *world, struct claimed claimed);
void world_note(struct world *world, int64_t webhook_id, int64_t due_in_ms); // of app 3

#endif
