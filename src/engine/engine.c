#include "engine/engine.h"

#include "base/memory.h"
#include "engine/claim.h"
#include "engine/core.h"
#include "engine/exchange.h"
#include "engine/lane.h"
#include "engine/mutant.h"
#include "engine/share.h"
#include "hook/card.h"
#include "hook/parcel.h"

#include <assert.h>
#include <stdlib.h>

struct engine *engine_new(const struct engine_ports *ports,
                          const struct engine_limits *limits, struct id_cipher *cipher)
{
    struct engine *engine = NEW(struct engine);

    assert(limits->in_flight_max >= 1 && limits->in_flight_max <= EXCHANGE_SLOTS);
    engine->ports = *ports;
    engine->limits = *limits;
    engine->cipher = cipher;
    engine->wake_at_ms = INT64_MAX;
    map_init(&engine->lanes, 0);
    map_init(&engine->shares, 0);
    heap_init(&engine->timers);
    list_init(&engine->idle);
    list_init(&engine->claimers);
    hand_init(&engine->hand);
    turn_init(&engine->turn, limits->in_flight_max);
    exchange_init_all(engine);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    exchange_free_all(engine);
    heap_done(&engine->timers);
    lane_free_all(engine);
    hand_done(&engine->hand);
    turn_done(&engine->turn);
    map_done(&engine->shares);
    free(engine);
}

int64_t core_mono_ms(const struct engine *engine, int64_t wall_ms)
{
    if (wall_ms == INT64_MAX)
        return INT64_MAX;
    return engine->now.mono_ms + (wall_ms - engine->horizon_wall_ms);
}

int64_t core_due_mono_ms(const struct engine *engine, const struct parcel *parcel)
{
    int64_t wait = parcel->wait_ms ? parcel->wait_ms : engine->limits.park_ms;

    if (parcel->crashes >= SUSPECT_CRASHES && wait < engine->limits.park_ms)
        wait = engine->limits.park_ms;
    if (MUTANT_IS(WALL_DEADLINE))
        return engine->now.mono_ms + (parcel->due_wall_ms - engine->now.wall_ms);
    return epochs_due_mono_ms(&engine->epochs, engine->now, parcel->due_wall_ms, wait);
}

static void begin(struct engine *engine, struct moment now)
{
    epochs_see(&engine->epochs, now);
    engine->horizon_wall_ms = epochs_horizon_ms(&engine->epochs, now);
    engine->now = now;
}

// What every turn ends with: starts what may start, claims what may be claimed, and tells the
// world when time alone will make a difference.
static void end(struct engine *engine)
{
    const struct heap_item *first;
    int64_t at = INT64_MAX;

    exchange_pump(engine);
    claim_pump(engine);
    first = heap_first(&engine->timers);
    if (first)
        at = first->key;
    if (!list_is_empty(&engine->full)) {
        int64_t ask_at = container_of(engine->full.next, struct exchange, link)->ask_at_ms;
        at = ask_at < at ? ask_at : at;
    }
    if (at == engine->wake_at_ms)
        return;
    engine->wake_at_ms = at;
    engine->ports.wake_at(engine->ports.world, at);
}

// No room in hand: found again by a claim. From now on the store does not even offer them,
// until the lane has caught up.
static void turn_away(struct engine *engine, struct lane *lane, struct parcel *parcel,
                      struct parcel ***park_tail)
{
    if (MUTANT_IS(ARRIVAL_DROPPED)) {
        parcel_free(parcel);
        return;
    }
    lane_rewind(lane, parcel->due_wall_ms);
    lane_note(lane, core_due_mono_ms(engine, parcel));
    if (!lane->is_behind) {
        lane->is_behind = lane->is_behind_again = true;
        engine->ports.behind(engine->ports.world, lane->webhook_id);
    }
    if (parcel->is_parked) {
        parcel_free(parcel);
        return;
    }
    **park_tail = parcel;
    *park_tail = &parcel->next;
}

static void arrive(struct engine *engine, struct parcel *parcel, struct parcel ***park_tail)
{
    struct lane *lane = lane_get(engine, parcel->webhook_id, parcel->app_id);
    struct held *held = hand_find(&engine->hand, parcel->event_id, parcel->n);
    int64_t due = core_due_mono_ms(engine, parcel);

    if (held)
        lane_see(held, parcel, due);
    else if ((lane->awake ? lane->awake->in_hand : 0) >= lane_room(engine, lane) ||
             lane_is_full_of_young(engine, lane))
        turn_away(engine, lane, parcel, park_tail);
    else
        lane_hold(engine, lane, parcel, due);
    lane_review(engine, lane);
}

void engine_on_arrivals(struct engine *engine, struct moment now, struct parcel *first)
{
    struct parcel *parked = NULL;
    struct parcel **tail = &parked;

    begin(engine, now);
    if (engine->is_draining) {
        parcel_free_all(first);
        return;
    }
    for (struct parcel *parcel = first, *next; parcel; parcel = next) {
        next = parcel->next;
        parcel->next = NULL;
        arrive(engine, parcel, &tail);
    }
    if (parked)
        engine->ports.park(engine->ports.world, parked);
    end(engine);
}

void engine_on_claimed(struct engine *engine, struct moment now,
                       const struct claimed *claimed)
{
    begin(engine, now);
    claim_answered(engine, claimed);
    end(engine);
}

void engine_on_lanes(struct engine *engine, struct moment now, const struct lane_due *dues,
                     size_t count)
{
    begin(engine, now);
    for (size_t i = 0; i < count; i++) {
        struct lane *lane = lane_get(engine, dues[i].webhook_id, dues[i].app_id);
        lane->is_closed = false;
        lane_note(lane, core_mono_ms(engine, dues[i].due_wall_ms));
        lane_review(engine, lane);
    }
    end(engine);
}

void engine_on_settled(struct engine *engine, struct moment now, struct settle *settle,
                       enum settle_result result)
{
    begin(engine, now);
    exchange_settled(engine, settle, result);
    end(engine);
}

void engine_on_cancelled(struct engine *engine, struct moment now, int64_t webhook_id,
                         int64_t event_id, uint16_t n)
{
    struct held *held = hand_find(&engine->hand, event_id, n);
    struct lane *lane = lane_find(engine, webhook_id);

    begin(engine, now);
    if (held && held->exchange) {
        held->is_doubtful = true;
    } else if (held) {
        assert(held->lane == lane);
        lane_release(engine, held);
        // Perhaps it was retried since, and a claim that brought it is ignored.
        lane_rewind(lane, 0);
        lane_note(lane, now.mono_ms);
        lane_review(engine, lane);
    }
    end(engine);
}

void engine_on_changed(struct engine *engine, struct moment now, int64_t webhook_id)
{
    struct lane *lane = lane_find(engine, webhook_id);

    begin(engine, now);
    if (lane && !MUTANT_IS(OLD_CARD)) {
        lane->is_closed = false;
        if (lane->awake) {
            lane->awake->changes++;
            lane->awake->is_card_outdated = lane->awake->is_card_asked;
            lane_drop_card(engine, lane);
            lane_hand_back(engine, lane);
        }
        lane_note(lane, now.mono_ms);
        lane_review(engine, lane);
    }
    end(engine);
}

void engine_on_card(struct engine *engine, struct moment now, int64_t webhook_id,
                    struct hook_card *card)
{
    struct lane *lane = lane_find(engine, webhook_id);
    bool is_outdated;

    begin(engine, now);
    if (!lane || !lane->awake || !lane->awake->is_card_asked) {
        hook_card_drop(card);
        end(engine);
        return;
    }
    is_outdated = lane->awake->is_card_outdated;
    lane->awake->is_card_asked = lane->awake->is_card_outdated = false;
    if (is_outdated) {
        hook_card_drop(card);
    } else if (card && card->state == WEBHOOK_ENABLED) {
        lane_use_card(engine, lane, card);
    } else {
        hook_card_drop(card);
        lane_close(engine, lane);
    }
    lane_review(engine, lane);
    end(engine);
}

void engine_on_outcome(struct engine *engine, struct moment now, uint64_t exchange,
                       const struct outcome *outcome)
{
    begin(engine, now);
    exchange_ended(engine, exchange, outcome);
    end(engine);
}

// The lanes whose time has come; a review sets each a later timer, or none.
void engine_on_timer(struct engine *engine, struct moment now)
{
    struct heap_item *first;

    begin(engine, now);
    engine->wake_at_ms = INT64_MAX;
    while ((first = heap_first(&engine->timers)) && first->key <= now.mono_ms) {
        struct lane *lane = container_of(first, struct lane, timer);
        heap_remove(&engine->timers, first);
        lane_review(engine, lane);
    }
    exchange_ask_again(engine);
    end(engine);
}

bool engine_drain(struct engine *engine, struct moment now)
{
    begin(engine, now);
    engine->is_draining = true;
    end(engine);
    return engine->turn.slots == 0;
}

void engine_interrupt(struct engine *engine, struct moment now)
{
    begin(engine, now);
    engine->is_draining = true;
    exchange_interrupt_all(engine);
    end(engine);
}

struct engine_counts engine_counts(const struct engine *engine)
{
    struct engine_counts counts = engine->counts;

    counts.in_hand = (int64_t)engine->hand.map.count;
    counts.in_flight = engine->in_flight;
    counts.lanes = (int64_t)engine->lanes.count;
    counts.bytes_in_hand = engine->hand.bytes;
    return counts;
}
