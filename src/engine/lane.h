// The lane of one webhook: what is in hand for it, in order of due time, and what is known of
// the rest, which only the store has. A lane with nothing in hand rests, and after a while
// sleeps: then it keeps no card, only when to wake.

#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include "base/heap.h"
#include "base/list.h"
#include "engine/pace.h"
#include "engine/queue.h"
#include "engine/window.h"
#include "hook/parcel.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct held;
struct hook_card;
struct share;
struct turn_app;

// What a sleeping lane does without.
struct lane_awake {
    struct queue queue; // of struct held that wait; those in flight are in none
    struct pace pace;
    struct link ready; // in its app's ring, or among those that wait for the host's share
    struct link idle;
    struct lane *lane;
    struct turn_app *app;
    struct share *share;    // of the card's host; NULL without a card
    struct hook_card *card; // NULL: unknown, no attempt starts
    int64_t bytes;          // in hand
    int in_hand;            // waiting, in flight and unacknowledged
    int in_flight;
    uint32_t changes; // of the webhook's rows, counted
    bool is_card_asked;
    bool is_card_outdated; // the answer that is to come is from before a change
    bool is_alone;         // a suspect is in flight
};

struct lane {
    int64_t webhook_id;
    int64_t app_id;
    struct heap_item timer;
    struct link claim;    // among those that want to claim
    int64_t next_mono_ms; // when something is due that only the store has; INT64_MAX: nothing
    int64_t noted_mono_ms;     // the same, of what was said while a claim was out
    struct lane_place claimed; // what is parked up to there is in hand, passed over, or the
                               // store's to bring again
    int64_t rewound_wall_ms;   // how far back the next claim begins, as said while one is out
    int64_t passed_mono_ms;    // when the first is due that was passed over; INT64_MAX: none
    struct window window;
    int64_t local_pause_ms; // after failures of our own side, which grows …
    int64_t local_until_ms; // … with the next from then on; 0: the last was none
    struct lane_awake *awake;
    bool is_behind : 1;       // births are parked, until a claim reaches the end
    bool is_behind_again : 1; // said since the claim that is out was made
    bool is_claim_out : 1;
    bool is_closed : 1; // the webhook takes nothing
};

struct lane *lane_find(const struct engine *engine, int64_t webhook_id); // or NULL
struct lane *lane_get(struct engine *engine, int64_t webhook_id, int64_t app_id);
void lane_free_all(struct engine *engine);

// Something is due then that only the store has.
void lane_note(struct lane *lane, int64_t mono_ms);

// The next claim begins before all that the store has parked as due then (0: at the front),
// because not all of that is in hand any more.
void lane_rewind(struct lane *lane, int64_t due_wall_ms);

// The webhook's own limit; 0: none, or not known.
int lane_per_second_max(const struct lane *lane);

// How many the lane may have in hand: less, the more memory all bodies take; and about a
// second's worth where it has a limit per second, so that it falls behind and hears of what
// is new.
int lane_room(const struct engine *engine, const struct lane *lane);
// The young have their share of the room. More of them would only wait for each other, and
// what is newer still behind them.
bool lane_is_full_of_young(const struct engine *engine, const struct lane *lane);

// Takes the parcel over, which must not be in hand; it waits.
void lane_hold(struct engine *engine, struct lane *lane, struct parcel *parcel,
               int64_t due_mono_ms);
void lane_wait(struct lane *lane, struct held *held, int64_t due_mono_ms); // (again)
// The store shows a delivery that is in hand. Takes the parcel over: while an attempt is made
// it says nothing new; else a new due time or trigger counts.
void lane_see(struct held *held, struct parcel *parcel, int64_t due_mono_ms);
// Out of hand; the parcel is freed.
void lane_release(struct engine *engine, struct held *held);
// The one whose turn it is among those due; it waits no longer. There must be one.
struct held *lane_take(struct lane *lane);
struct held *lane_first(const struct lane *lane); // or NULL

// All that waits goes back: the store knows which of it still stands. What it does not have
// as parked is told to park.
void lane_hand_back(struct engine *engine, struct lane *lane);
void lane_use_card(struct engine *engine, struct lane *lane, struct hook_card *card);
void lane_drop_card(struct engine *engine, struct lane *lane);
void lane_close(struct engine *engine, struct lane *lane); // drops what waits

// After anything above: asks for a card or a claim, takes its place among the ready, sets its
// timer, rests. The lane may be gone afterwards.
void lane_review(struct engine *engine, struct lane *lane);

// A ready lane whose host's share is taken up waits for it; where there is room again, the
// one that waited longest takes its turn.
void lane_await_share(struct lane_awake *awake);
void lane_wake_sharer(struct engine *engine, struct share *share);

#endif
