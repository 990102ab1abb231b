// What must hold after every turn. The simulation asks after each step.

#include "base/memory.h"
#include "engine/claim.h"
#include "engine/core.h"
#include "engine/exchange.h"
#include "engine/lane.h"
#include "engine/share.h"
#include "hook/card.h"
#include "hook/parcel.h"

#include <assert.h>

struct sums {
    int in_hand, in_flight, claims_out;
    int64_t bytes;
    size_t idle;
};

static void check_line(const struct engine *engine, const struct lane *lane,
                       const struct heap *line)
{
    for (size_t i = 0; i < line->count; i++) {
        struct held *held = container_of(line->items[i], struct held, due);
        assert(held->lane == lane && !held->exchange);
        assert(held->is_young == (line == &lane->awake->queue.young));
        assert(hand_find(&engine->hand, held->parcel->event_id, held->parcel->n) == held);
    }
}

static void check_awake(const struct engine *engine, const struct lane *lane)
{
    const struct lane_awake *awake = lane->awake;

    check_line(engine, lane, &awake->queue.old);
    check_line(engine, lane, &awake->queue.young);
    assert(queue_count(&awake->queue) + (size_t)awake->in_flight <= (size_t)awake->in_hand);
    assert(awake->in_hand <= engine->limits.lane_memory);
    assert(!awake->is_alone || awake->in_flight == 1);
    assert(!awake->card == !awake->share);
    assert(list_is_empty(&awake->ready) || (awake->card && queue_count(&awake->queue)));
    assert(list_is_empty(&awake->idle) || awake->in_hand == 0);
    assert(awake->card || awake->is_card_asked || queue_count(&awake->queue) == 0 ||
           engine->is_draining);
}

// Whatever only the store has is asked for: by a claim that is out or queued, at a time, or
// after what is in hand.
static void check_claim(const struct engine *engine, const struct lane *lane)
{
    bool has_some = lane->awake && lane->awake->in_hand;

    assert(!lane->is_behind || lane->is_claim_out || lane->is_closed ||
           lane->next_mono_ms != INT64_MAX);
    if (!has_some && claim_at_ms(engine, lane) != INT64_MAX)
        assert(!list_is_empty(&lane->claim) || lane->timer.place != 0);
}

static void check_lanes(const struct engine *engine, struct sums *sums)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&engine->lanes, &at, &key, &value);) {
        const struct lane *lane = value;
        check_claim(engine, lane);
        sums->claims_out += lane->is_claim_out;
        if (!lane->awake)
            continue;
        check_awake(engine, lane);
        sums->in_hand += lane->awake->in_hand;
        sums->in_flight += lane->awake->in_flight;
        sums->bytes += lane->awake->bytes;
        sums->idle += !list_is_empty(&lane->awake->idle);
    }
}

static void check_shares(const struct engine *engine)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&engine->shares, &at, &key, &value);) {
        const struct share *share = value;
        assert(share->in_flight >= 0 && share->in_flight <= SHARE_IN_FLIGHT_MAX);
    }
}

// An attempt and its delivery point at each other, so no delivery has two.
static int check_exchanges(const struct engine *engine)
{
    int count = 0;

    for (int i = 0; i < engine->limits.in_flight_max; i++) {
        const struct exchange *exchange = &engine->exchanges[i];
        if (!exchange->held)
            continue;
        count++;
        assert(exchange_slot(exchange->id) == (size_t)i);
        assert(exchange->held->exchange == exchange && exchange->held->due.place == 0);
    }
    return count;
}

void engine_check(const struct engine *engine)
{
    struct sums sums = {0};
    int exchanges = check_exchanges(engine);

    check_lanes(engine, &sums);
    check_shares(engine);
    assert(exchanges == engine->turn.slots && exchanges <= engine->limits.in_flight_max);
    assert(sums.in_flight == engine->in_flight && sums.in_flight <= exchanges);
    assert(sums.in_hand == (int)engine->hand.map.count);
    assert(sums.bytes == engine->hand.bytes);
    assert(sums.claims_out == engine->claims_out);
    assert(sums.idle == (size_t)engine->idle_count);
}
