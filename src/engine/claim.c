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
    LEAD_MS = 1000,
    PAUSE_MS = 100
};

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
    int room = lane_room(engine, lane);
    int more = room - (lane->awake ? lane->awake->in_hand : 0);
    int least = room >= CLAIM_LEAST ? QUEUE_YOUNG_TURN : 1; // of which one is the newest
    int most = CLAIM_MORE;

    if (card && card->per_second_max > 0 && card->per_second_max / 2 < most)
        most =
            card->per_second_max / 2 > CLAIM_LEAST ? card->per_second_max / 2 : CLAIM_LEAST;
    if (more > most)
        more = most;
    return more > least ? more : least;
}

// Every fourth place of a lane that is behind is for the newest. Those in hand come again.
static size_t newest_wanted(const struct lane *lane, int rows)
{
    if (!lane->is_behind || !lane->awake)
        return 0;
    return (size_t)rows / QUEUE_YOUNG_TURN + lane->awake->queue.young.count;
}

// What was passed over before its time is brought again once it would be taken.
static void go_back(const struct engine *engine, struct lane *lane)
{
    if (lane->passed_mono_ms > engine->now.mono_ms + engine->limits.park_ms)
        return;
    lane->passed_mono_ms = INT64_MAX;
    lane_rewind(lane, 0);
}

// A lane that is behind takes what is due alone: births are parked as due now, and each would
// make it come back from a place ahead of that.
static int64_t due_max(const struct engine *engine, const struct lane *lane)
{
    return engine->horizon_wall_ms + (lane->is_behind ? 0 : engine->limits.park_ms);
}

static void make(struct engine *engine, struct lane *lane)
{
    int rows = rows_wanted(engine, lane);
    int newest = lane->is_behind ? rows / QUEUE_YOUNG_TURN : 0;
    int64_t bytes = (engine->limits.blob_budget - engine->hand.bytes) / CLAIMS_OUT_MAX;
    int64_t body_max = 2 * limit(LIMIT_REQUEST_BODY);

    if (bytes < body_max)
        bytes = body_max;
    go_back(engine, lane);
    lane->is_claim_out = true;
    lane->is_behind_again = false;
    lane->noted_mono_ms = lane->rewound_wall_ms = INT64_MAX;
    engine->claims_out++;
    engine->ports.claim(engine->ports.world,
                        &(struct claim){.webhook_id = lane->webhook_id,
                                        .after = lane->claimed,
                                        .limit = (size_t)(rows - newest),
                                        .newest = newest_wanted(lane, rows),
                                        .due_max_wall_ms = due_max(engine, lane),
                                        .bytes_max = (size_t)bytes});
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

// One that is due later than the store believes is passed over, so that it is in nobody's
// way; one that finds no room is the first of the next claim.
static void leave(const struct engine *engine, struct lane *lane, struct parcel *parcel,
                  int64_t due_mono_ms)
{
    lane_note(lane, due_mono_ms);
    if (due_mono_ms <= engine->now.mono_ms + engine->limits.park_ms)
        lane_rewind(lane, parcel->due_wall_ms);
    else if (due_mono_ms < lane->passed_mono_ms)
        lane->passed_mono_ms = due_mono_ms;
    parcel_free(parcel);
}

static void take_in(struct engine *engine, struct lane *lane, struct parcel *parcel)
{
    struct held *held = hand_find(&engine->hand, parcel->event_id, parcel->n);
    int64_t due = core_due_mono_ms(engine, parcel);

    if (held)
        lane_see(held, parcel, due);
    else if (parcel->is_newest && lane_is_full_of_young(engine, lane))
        parcel_free(parcel); // the place where the next claim begins is before it
    else if (due > engine->now.mono_ms + engine->limits.park_ms || !has_room(engine, lane))
        leave(engine, lane, parcel, due);
    else
        lane_hold(engine, lane, parcel, due);
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
    lane->next_mono_ms = lane->noted_mono_ms;
    lane->noted_mono_ms = INT64_MAX;
    lane_note(lane, next);
    lane_note(lane, lane->passed_mono_ms);
    if (reached_end && !lane->is_behind_again)
        lane->is_behind = false;
}

// The next claim begins where this one ended, or before what was let go of meanwhile.
static void go_on(struct lane *lane, const struct claimed *claimed)
{
    lane->claimed = claimed->last;
    lane_rewind(lane, lane->rewound_wall_ms);
    lane->rewound_wall_ms = INT64_MAX;
}

// A claim that brought nothing is not repeated at once, whatever the store says.
static void pause(const struct engine *engine, struct lane *lane)
{
    int64_t next = engine->now.mono_ms + PAUSE_MS + LEAD_MS;

    if (lane->next_mono_ms < next)
        lane->next_mono_ms = next;
}

static void take_all(struct engine *engine, struct lane *lane, struct parcel *first)
{
    if (!first)
        pause(engine, lane);
    for (struct parcel *parcel = first, *next; parcel; parcel = next) {
        next = parcel->next;
        parcel->next = NULL;
        take_in(engine, lane, parcel);
    }
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
    go_on(lane, claimed);
    if (lane->is_closed || engine->is_draining) {
        parcel_free_all(claimed->parcels);
        lane_rewind(lane, 0);
    } else {
        take_all(engine, lane, claimed->parcels);
    }
    if (lane->is_closed)
        lane->next_mono_ms = INT64_MAX;
    lane_review(engine, lane);
}
