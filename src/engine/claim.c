#include "engine/claim.h"

#include "base/limits.h"
#include "base/memory.h"
#include "engine/core.h"
#include "engine/lane.h"
#include "engine/mutant.h"
#include "hook/card.h"
#include "hook/parcel.h"

enum {
    LOW_WATER = 16,
    CLAIM_MORE = 64,
    CLAIM_LEAST = 8,
    CLAIMS_OUT_MAX = 32,
    LEAD_MS = 1000
};
enum { PAUSE_MS = 100, LONG_PAUSE_MS = 10000 };

// Is what waits in hand little, or due after what the store has?
static bool is_low(const struct engine *engine, const struct lane *lane)
{
    const struct heap_item *first = lane->awake ? heap_first(&lane->awake->queue.old) : NULL;
    size_t least = engine->hand.bytes < engine->limits.blob_budget ? LOW_WATER : 1;

    return !first || lane->awake->queue.old.count < least || lane->next_mono_ms < first->key;
}

static bool has_room(const struct engine *engine, const struct lane *lane)
{
    return !lane->awake || lane->awake->in_hand < engine->limits.lane_memory;
}

int64_t claim_at_ms(const struct engine *engine, const struct lane *lane)
{
    if (lane->next_mono_ms == INT64_MAX || lane->is_claim_out || lane->is_closed ||
        engine->is_draining || !has_room(engine, lane) || !is_low(engine, lane))
        return INT64_MAX;
    return lane->next_mono_ms - LEAD_MS;
}

void claim_queue(struct engine *engine, struct lane *lane)
{
    if (claim_at_ms(engine, lane) > engine->now.mono_ms)
        list_remove(&lane->claim);
    else if (list_is_empty(&lane->claim))
        list_add_last(&engine->claimers, &lane->claim);
}

// So many rows that a lane with a limit per second comes again twice a second: what was born
// meanwhile is among the next.
static int rows_wanted(const struct engine *engine, const struct lane *lane)
{
    const struct hook_card *card = lane->awake ? lane->awake->card : NULL;
    int more = lane_room(engine, lane) - (lane->awake ? lane->awake->in_hand : 0);
    int most = CLAIM_MORE;

    if (card && card->per_second_max > 0 && card->per_second_max / 2 < most)
        most =
            card->per_second_max / 2 > CLAIM_LEAST ? card->per_second_max / 2 : CLAIM_LEAST;
    if (more > most)
        more = most;
    return more > 1 ? more : 1;
}

// Every fourth place of a lane that is behind is for the newest; those in hand come again.
static size_t newest_wanted(const struct lane *lane, int rows)
{
    if (!lane->is_behind || !lane->awake)
        return 0;
    return (size_t)rows / QUEUE_YOUNG_TURN + lane->awake->queue.young.count;
}

// What is in hand and parked comes again, as does what was passed over, so rows and bytes are
// asked for beyond it; and so many bytes that one more row is among them whatever its size.
static void make(struct engine *engine, struct lane *lane)
{
    int in_hand = lane->awake ? lane->awake->in_hand : 0;
    int rows = rows_wanted(engine, lane);
    int newest = lane->is_behind ? rows / QUEUE_YOUNG_TURN : 0;
    int64_t bytes = (engine->limits.blob_budget - engine->hand.bytes) / CLAIMS_OUT_MAX;
    int64_t body_max = 2 * limit(LIMIT_REQUEST_BODY);

    if (bytes < body_max)
        bytes = body_max;
    lane->is_claim_out = true;
    lane->is_behind_again = false;
    lane->noted_mono_ms = INT64_MAX;
    engine->claims_out++;
    engine->ports.claim(
        engine->ports.world,
        &(struct claim){.webhook_id = lane->webhook_id,
                        .limit = (size_t)(in_hand + lane->passed_over + rows - newest),
                        .newest = newest_wanted(lane, rows),
                        .due_max_wall_ms = engine->horizon_wall_ms + engine->limits.park_ms,
                        .bytes_max =
                            (size_t)bytes + (lane->awake ? (size_t)lane->awake->bytes : 0)});
}

// Beyond twice the budget all wait for memory; up to there a lane may take one more, so that
// those who hoard cannot stop the others.
void claim_pump(struct engine *engine)
{
    while (engine->claims_out < CLAIMS_OUT_MAX && !list_is_empty(&engine->claimers) &&
           engine->hand.bytes < 2 * engine->limits.blob_budget) {
        struct lane *lane = container_of(engine->claimers.next, struct lane, claim);
        list_remove(&lane->claim);
        make(engine, lane);
        lane_review(engine, lane);
    }
}

enum taken { TAKEN_NEW, TAKEN_KNOWN, TAKEN_NOT };

static enum taken take_in(struct engine *engine, struct lane *lane, struct parcel *parcel)
{
    struct held *held = hand_find(&engine->hand, parcel->event_id, parcel->n);
    int64_t due = core_due_mono_ms(engine, parcel);

    if (held) {
        lane_see(held, parcel, due);
        return TAKEN_KNOWN;
    }
    if (due > engine->now.mono_ms + engine->limits.park_ms || !has_room(engine, lane)) {
        lane_note(lane, due);
        parcel_free(parcel);
        return TAKEN_NOT;
    }
    lane_hold(engine, lane, parcel, due);
    return TAKEN_NEW;
}

static void learn_next(struct engine *engine, struct lane *lane,
                       const struct claimed *claimed)
{
    bool reached_end = claimed->reached_end || MUTANT_IS(BEHIND_CLEARED_EARLY);
    int64_t next = core_mono_ms(engine, claimed->next_due_wall_ms);

    if (MUTANT_IS(BEHIND_CLEARED_EARLY) && !claimed->reached_end)
        next = INT64_MAX;
    if (!reached_end && next == INT64_MAX)
        next = engine->now.mono_ms;
    lane->next_mono_ms = next < lane->noted_mono_ms ? next : lane->noted_mono_ms;
    lane->noted_mono_ms = INT64_MAX;
    if (reached_end && !lane->is_behind_again)
        lane->is_behind = false;
}

// A claim that brought nothing new is not repeated at once, whatever the store says; less so
// where what it brought is not due yet, because the clock was set back.
static void pause(struct engine *engine, struct lane *lane, int64_t pause_ms)
{
    int64_t next = engine->now.mono_ms + pause_ms + LEAD_MS;

    if (lane->next_mono_ms < next)
        lane->next_mono_ms = next;
}

static void take_all(struct engine *engine, struct lane *lane, struct parcel *first)
{
    int taken[] = {[TAKEN_NEW] = 0, [TAKEN_KNOWN] = 0, [TAKEN_NOT] = 0};

    for (struct parcel *parcel = first, *next; parcel; parcel = next) {
        next = parcel->next;
        parcel->next = NULL;
        taken[take_in(engine, lane, parcel)]++;
    }
    lane->passed_over = taken[TAKEN_NOT];
    if (!taken[TAKEN_NEW])
        pause(engine, lane, taken[TAKEN_NOT] ? LONG_PAUSE_MS : PAUSE_MS);
}

void claim_answered(struct engine *engine, const struct claimed *claimed)
{
    struct lane *lane = lane_find(engine, claimed->webhook_id);

    if (!lane || !lane->is_claim_out) {
        parcel_free_all(claimed->parcels);
        return;
    }
    lane->is_claim_out = false;
    engine->claims_out--;
    learn_next(engine, lane, claimed);
    if (lane->is_closed || engine->is_draining)
        parcel_free_all(claimed->parcels);
    else
        take_all(engine, lane, claimed->parcels);
    if (lane->is_closed)
        lane->next_mono_ms = INT64_MAX;
    lane_review(engine, lane);
}
