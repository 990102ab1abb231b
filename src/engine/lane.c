#include "engine/lane.h"

#include "base/memory.h"
#include "engine/claim.h"
#include "engine/core.h"
#include "engine/mutant.h"
#include "engine/ready.h"
#include "engine/share.h"
#include "hook/card.h"

#include <assert.h>
#include <stdlib.h>

// Idle lanes keep their cards, so that a steady trickle of events asks for none; a card is
// about 4 KiB.
enum { IDLE_MAX = 12288, LEAST_ROOM = 16 };
enum { BACKLOG_MS = 1000 }; // what the store has is older than that: it is a backlog

struct lane *lane_find(const struct engine *engine, int64_t webhook_id)
{
    return map_find(&engine->lanes, map_key(webhook_id));
}

struct lane *lane_get(struct engine *engine, int64_t webhook_id, int64_t app_id)
{
    struct lane *lane = lane_find(engine, webhook_id);

    if (lane)
        return lane;
    lane = NEW(struct lane);
    lane->webhook_id = webhook_id;
    lane->app_id = app_id;
    lane->next_mono_ms = lane->noted_mono_ms = INT64_MAX;
    lane->rewound_wall_ms = lane->passed_mono_ms = INT64_MAX;
    window_init(&lane->window);
    list_init(&lane->claim);
    map_put(&engine->lanes, map_key(webhook_id), lane);
    return lane;
}

static void leave_place(struct engine *engine, struct lane_awake *awake);

static void wake(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = NEW(struct lane_awake);

    queue_init(&awake->queue);
    list_init(&awake->ready);
    list_init(&awake->idle);
    awake->lane = lane;
    awake->app = turn_app_hold(&engine->turn, lane->app_id);
    lane->awake = awake;
}

static void leave_idle(struct engine *engine, struct lane_awake *awake)
{
    engine->idle_count -= !list_is_empty(&awake->idle);
    list_remove(&awake->idle);
}

static void fall_asleep(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = lane->awake;

    assert(awake->in_hand == 0 && awake->in_flight == 0);
    lane_drop_card(engine, lane);
    leave_idle(engine, awake);
    turn_app_drop(&engine->turn, awake->app);
    queue_done(&awake->queue);
    free(awake);
    lane->awake = NULL;
}

static bool is_forgettable(const struct lane *lane)
{
    return !lane->awake && !lane->is_claim_out && !lane->is_behind &&
           lane->next_mono_ms == INT64_MAX;
}

static void forget(struct engine *engine, struct lane *lane)
{
    list_remove(&lane->claim);
    heap_remove(&engine->timers, &lane->timer);
    map_remove(&engine->lanes, map_key(lane->webhook_id));
    free(lane);
}

void lane_free_all(struct engine *engine)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&engine->lanes, &at, &key, &value);) {
        struct lane *lane = value;
        if (lane->awake) {
            lane_drop_card(engine, lane);
            turn_app_drop(&engine->turn, lane->awake->app);
            queue_done(&lane->awake->queue);
            free(lane->awake);
        }
        free(lane);
    }
    map_done(&engine->lanes);
}

void lane_note(struct lane *lane, int64_t mono_ms)
{
    if (mono_ms < lane->next_mono_ms)
        lane->next_mono_ms = mono_ms;
    if (lane->is_claim_out && mono_ms < lane->noted_mono_ms)
        lane->noted_mono_ms = mono_ms;
}

void lane_rewind(struct lane *lane, int64_t due_wall_ms)
{
    if (MUTANT_IS(NOT_REWOUND))
        return;
    if (due_wall_ms <= lane->claimed.due_wall_ms)
        lane->claimed = (struct lane_place){.due_wall_ms = due_wall_ms};
    if (lane->is_claim_out && due_wall_ms < lane->rewound_wall_ms)
        lane->rewound_wall_ms = due_wall_ms;
}

int lane_per_second_max(const struct lane *lane)
{
    return lane->awake && lane->awake->card ? lane->awake->card->per_second_max : 0;
}

int lane_room(const struct engine *engine, const struct lane *lane)
{
    int per_second = lane_per_second_max(lane);
    int64_t budget = engine->limits.blob_budget;
    int room = LEAST_ROOM * lane->window.size;

    if (engine->hand.bytes < budget / 2 || room > engine->limits.lane_memory)
        room = engine->limits.lane_memory;
    if (per_second > 0 && per_second < room)
        room = per_second > LEAST_ROOM ? per_second : LEAST_ROOM;
    if (engine->hand.bytes >= budget)
        room = engine->hand.bytes < 2 * budget ? 1 : 0;
    return room;
}

bool lane_is_full_of_young(const struct engine *engine, const struct lane *lane)
{
    size_t most = (size_t)lane_room(engine, lane) / QUEUE_YOUNG_TURN;
    size_t young = lane->awake ? lane->awake->queue.young.count : 0;

    return young > 0 && young >= most;
}

void lane_wait(struct lane *lane, struct held *held, int64_t due_mono_ms)
{
    queue_put(&lane->awake->queue, held, due_mono_ms);
}

// Just born, or the newest of what waits, while the store still has older ones that are due.
static bool is_young(const struct engine *engine, const struct lane *lane,
                     const struct parcel *parcel, int64_t due_mono_ms)
{
    bool is_behind = lane->is_behind || lane->next_mono_ms < engine->now.mono_ms - BACKLOG_MS;

    return is_behind && (parcel->is_newest || !parcel->is_parked) && parcel->number == 0 &&
           due_mono_ms <= engine->now.mono_ms;
}

void lane_hold(struct engine *engine, struct lane *lane, struct parcel *parcel,
               int64_t due_mono_ms)
{
    struct held *held = hand_add(&engine->hand, parcel);

    if (!lane->awake)
        wake(engine, lane);
    held->lane = lane;
    lane->is_closed = false;
    lane->awake->in_hand++;
    lane->awake->bytes += held_bytes(held);
    leave_idle(engine, lane->awake);
    if (is_young(engine, lane, parcel, due_mono_ms))
        queue_put_young(&lane->awake->queue, held, due_mono_ms);
    else
        lane_wait(lane, held, due_mono_ms);
}

void lane_see(struct held *held, struct parcel *parcel, int64_t due_mono_ms)
{
    struct parcel *old = held->parcel;

    if (held->exchange ||
        (old->due_wall_ms == parcel->due_wall_ms && old->trigger == parcel->trigger)) {
        parcel_free(parcel);
        return;
    }
    held->parcel = parcel;
    parcel_free(old);
    lane_wait(held->lane, held, due_mono_ms);
}

// Leaves its lane's books; what becomes of it is the caller's.
static void let_go(struct held *held)
{
    struct lane_awake *awake = held->lane->awake;

    queue_remove(&awake->queue, held);
    awake->in_hand--;
    awake->bytes -= held_bytes(held);
}

void lane_release(struct engine *engine, struct held *held)
{
    let_go(held);
    hand_release(&engine->hand, held);
}

struct held *lane_first(const struct lane *lane)
{
    return lane->awake ? queue_first(&lane->awake->queue) : NULL;
}

struct held *lane_take(struct lane *lane)
{
    struct held *held = lane_first(lane);

    assert(held);
    queue_take(&lane->awake->queue, held);
    return held;
}

void lane_hand_back(struct engine *engine, struct lane *lane)
{
    struct parcel *first = NULL;
    struct parcel **tail = &first;
    struct held *held;

    while ((held = lane_first(lane))) {
        bool is_parked = held->parcel->is_parked;
        let_go(held);
        if (is_parked) {
            hand_release(&engine->hand, held);
            continue;
        }
        *tail = hand_take(&engine->hand, held);
        tail = &(*tail)->next;
    }
    *tail = NULL;
    if (first)
        engine->ports.park(engine->ports.world, first);
    lane_rewind(lane, 0);
    lane_note(lane, engine->now.mono_ms);
}

void lane_use_card(struct engine *engine, struct lane *lane, struct hook_card *card)
{
    struct lane_awake *awake = lane->awake;

    lane_drop_card(engine, lane);
    awake->card = card;
    awake->share = share_hold(&engine->shares, lane->app_id, card->target.host);
}

void lane_drop_card(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = lane->awake;

    leave_place(engine, awake);
    share_drop(&engine->shares, awake->share);
    hook_card_drop(awake->card);
    awake->share = NULL;
    awake->card = NULL;
}

void lane_close(struct engine *engine, struct lane *lane)
{
    struct held *held;

    lane_drop_card(engine, lane);
    while ((held = lane_first(lane)))
        lane_release(engine, held);
    lane->is_closed = true;
    lane_rewind(lane, 0);
    lane->next_mono_ms = lane->noted_mono_ms = INT64_MAX;
}

static void take_place(struct engine *engine, struct lane_awake *awake)
{
    if (awake->share->in_flight < SHARE_IN_FLIGHT_MAX)
        turn_add(&engine->turn, awake->app, &awake->ready);
    else
        lane_await_share(awake);
}

void lane_await_share(struct lane_awake *awake)
{
    turn_remove(awake->app, &awake->ready);
    list_add_last(&awake->share->waiting, &awake->ready);
}

// Its place at the host, if there is one, is the next waiting lane's.
static void leave_place(struct engine *engine, struct lane_awake *awake)
{
    if (list_is_empty(&awake->ready))
        return;
    turn_remove(awake->app, &awake->ready);
    lane_wake_sharer(engine, awake->share);
}

void lane_wake_sharer(struct engine *engine, struct share *share)
{
    struct lane_awake *awake;

    if (list_is_empty(&share->waiting) || share->in_flight >= SHARE_IN_FLIGHT_MAX)
        return;
    awake = container_of(share->waiting.next, struct lane_awake, ready);
    list_remove(&awake->ready);
    turn_add(&engine->turn, awake->app, &awake->ready);
}

static void ask_card(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = lane->awake;

    if (awake->card || awake->is_card_asked || !queue_count(&awake->queue) ||
        engine->is_draining)
        return;
    awake->is_card_asked = true;
    engine->ports.card(engine->ports.world, lane->app_id, lane->webhook_id);
}

static void rest(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = lane->awake;

    if (lane->is_closed && !awake->is_card_asked) {
        fall_asleep(engine, lane);
        return;
    }
    if (!list_is_empty(&awake->idle))
        return;
    list_add_last(&engine->idle, &awake->idle);
    if (++engine->idle_count <= IDLE_MAX)
        return;
    awake = container_of(engine->idle.next, struct lane_awake, idle);
    lane = awake->lane;
    if (awake->is_card_asked)
        return;
    fall_asleep(engine, lane);
    if (is_forgettable(lane))
        forget(engine, lane);
}

// When time alone makes a difference: a delivery falls due, or a claim is to be made.
static void set_timer(struct engine *engine, struct lane *lane)
{
    const struct held *first = lane_first(lane);
    int64_t at = claim_at_ms(engine, lane);

    if (at <= engine->now.mono_ms)
        at = INT64_MAX; // it is among the claimers
    if (first && ready_at_ms(engine, lane) < at)
        at = ready_at_ms(engine, lane);
    if (at == INT64_MAX)
        heap_remove(&engine->timers, &lane->timer);
    else if (lane->timer.place == 0 || lane->timer.key != at)
        heap_move(&engine->timers, &lane->timer, at);
}

static void review_awake(struct engine *engine, struct lane *lane)
{
    ask_card(engine, lane);
    if (ready_now(engine, lane))
        take_place(engine, lane->awake);
    else
        leave_place(engine, lane->awake);
    if (lane->awake->in_hand == 0)
        rest(engine, lane);
}

void lane_review(struct engine *engine, struct lane *lane)
{
    if (lane->awake)
        review_awake(engine, lane);
    claim_queue(engine, lane);
    if (is_forgettable(lane))
        forget(engine, lane);
    else
        set_timer(engine, lane);
}
