#include "engine/exchange.h"

#include "base/memory.h"
#include "engine/core.h"
#include "engine/judge.h"
#include "engine/lane.h"
#include "engine/mutant.h"
#include "engine/share.h"
#include "hook/card.h"
#include "hook/evidence.h"
#include "hook/parcel.h"
#include "hook/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void exchange_init_all(struct engine *engine)
{
    int count = engine->limits.in_flight_max;

    list_init(&engine->free_exchanges);
    list_init(&engine->full);
    engine->exchanges = NEW_ARRAY(struct exchange, (size_t)count);
    for (int i = 0; i < count; i++) {
        engine->exchanges[i].id = (uint64_t)i;
        list_init(&engine->exchanges[i].link);
        list_add_last(&engine->free_exchanges, &engine->exchanges[i].link);
    }
}

// Those that are free are taken in turn, so that an id is not seen again soon.
static struct exchange *take_free(struct engine *engine)
{
    struct link *first = engine->free_exchanges.next;
    struct exchange *exchange = container_of(first, struct exchange, link);

    assert(first != &engine->free_exchanges);
    list_remove(first);
    exchange->id += EXCHANGE_SLOTS;
    return exchange;
}

static void give_back(struct engine *engine, struct exchange *exchange)
{
    turn_give_slot(&engine->turn, exchange->app);
    turn_app_drop(&engine->turn, exchange->app);
    hook_card_drop(exchange->card);
    *exchange = (struct exchange){.id = exchange->id};
    list_init(&exchange->link);
    list_add_last(&engine->free_exchanges, &exchange->link);
}

void exchange_free_all(struct engine *engine)
{
    for (int i = 0; i < engine->limits.in_flight_max; i++) {
        struct exchange *exchange = &engine->exchanges[i];
        if (!exchange->held)
            continue;
        wire_free(exchange->wire);
        if (exchange->share && !exchange->settle) {
            exchange->share->in_flight--;
            share_drop(&engine->shares, exchange->share);
        }
        if (!list_is_empty(&exchange->link)) {
            list_remove(&exchange->link);
            settle_free(exchange->settle);
        }
        give_back(engine, exchange);
    }
    free(engine->exchanges);
}

static struct exchange *begin(struct engine *engine, struct lane *lane)
{
    struct lane_awake *awake = lane->awake;
    struct exchange *exchange = take_free(engine);

    exchange->held = lane_take(lane);
    exchange->held->exchange = exchange;
    exchange->app = turn_app_hold(&engine->turn, lane->app_id);
    exchange->card = hook_card_hold(awake->card);
    exchange->share = share_hold(&engine->shares, lane->app_id, awake->card->target.host);
    exchange->share->in_flight++;
    exchange->started = engine->now;
    exchange->changes = awake->changes;
    turn_take_slot(&engine->turn, exchange->app);
    pace_take(&awake->pace, awake->card->per_second_max, engine->now.mono_ms);
    awake->in_flight++;
    awake->is_alone = exchange->held->parcel->crashes >= SUSPECT_CRASHES;
    engine->in_flight++;
    engine->counts.attempts++;
    return exchange;
}

static bool make_wire(struct engine *engine, struct exchange *exchange)
{
    uint64_t dice[2];
    unsigned char bytes[16];

    dice[0] = engine->ports.dice(engine->ports.world);
    dice[1] = engine->ports.dice(engine->ports.world);
    memcpy(bytes, dice, sizeof bytes);
    return exchange->card->is_usable &&
           wire_new(exchange->card, exchange->held->parcel, engine->cipher,
                    engine->now.wall_ms, bytes, &exchange->wire, NULL) == ERR_OK;
}

static void finish(struct engine *engine, struct exchange *exchange,
                   const struct outcome *outcome);

static void start(struct engine *engine, struct lane *lane)
{
    struct exchange *exchange = begin(engine, lane);
    const struct parcel *parcel = exchange->held->parcel;
    struct outcome unusable;

    if (!make_wire(engine, exchange)) {
        unusable = outcome_of_none(OUTCOME_KEY_UNAVAILABLE);
        finish(engine, exchange, &unusable);
        return;
    }
    exchange->was_sent = true;
    engine->ports.send(engine->ports.world, exchange->id, exchange->wire, parcel->event_id,
                       parcel->n, (uint16_t)(parcel->number + 1));
    lane_review(engine, lane);
}

void exchange_pump(struct engine *engine)
{
    struct link *link;

    while (!engine->is_draining && (link = turn_next(&engine->turn))) {
        struct lane_awake *awake = container_of(link, struct lane_awake, ready);
        if (awake->share->in_flight < SHARE_IN_FLIGHT_MAX)
            start(engine, awake->lane);
        else
            lane_await_share(awake);
    }
}

// Short waits are kept in hand where there is room, unless the store was told something
// meanwhile that may have cancelled the delivery.
static bool is_kept(const struct engine *engine, const struct exchange *exchange)
{
    const struct lane *lane = exchange->held->lane;

    return exchange->due_mono_ms <= engine->now.mono_ms + engine->limits.park_ms &&
           lane->awake->in_hand <= engine->limits.lane_memory / 2 &&
           engine->hand.bytes < engine->limits.blob_budget / 4 && !lane->is_closed &&
           !engine->is_draining && !exchange->held->is_doubtful &&
           exchange->changes == lane->awake->changes;
}

static void wait_again(struct engine *engine, struct exchange *exchange)
{
    const struct settle *settle = exchange->settle;
    struct held *held = exchange->held;
    struct lane *lane = held->lane;
    struct parcel *parcel = held->parcel;

    parcel->number = settle->number;
    parcel->step = settle->step;
    parcel->crashes = settle->crashes;
    parcel->due_wall_ms = settle->due_wall_ms;
    parcel->wait_ms = settle->wait_ms;
    parcel->is_parked = true;
    held->exchange = NULL;
    if (is_kept(engine, exchange)) {
        lane_wait(lane, held, exchange->due_mono_ms);
        return;
    }
    lane_rewind(lane, settle->due_wall_ms);
    lane_note(lane, exchange->due_mono_ms);
    lane_release(engine, held);
}

// Out of hand; what the store may still have of it is asked for then.
static void release(struct engine *engine, struct exchange *exchange, int64_t due_wall_ms,
                    int64_t next_mono_ms)
{
    lane_rewind(exchange->held->lane, due_wall_ms);
    lane_note(exchange->held->lane, next_mono_ms);
    lane_release(engine, exchange->held);
}

static void apply(struct engine *engine, struct exchange *exchange, enum settle_result result)
{
    const struct settle *settle = exchange->settle;
    int64_t due = 0; // not known
    int64_t next = INT64_MAX;

    switch (result) {
    case SETTLED:
        if (settle->next == SETTLE_WAIT) {
            wait_again(engine, exchange);
            return;
        }
        due = settle->next == SETTLE_RESTORE ? settle->due_wall_ms : INT64_MAX;
        next = core_mono_ms(engine, due);
        break;
    case SETTLED_AGAIN: next = engine->now.mono_ms; break;
    case SETTLED_STALE:
        next = engine->now.mono_ms + JUDGE_PAUSE_MS;
        break; // never in a storm
    case SETTLED_GONE:
    case SETTLED_FULL: due = INT64_MAX; break;
    }
    release(engine, exchange, due, next);
}

static struct exchange *find(struct engine *engine, uint64_t id)
{
    struct exchange *exchange = &engine->exchanges[exchange_slot(id)];

    if (exchange_slot(id) >= (size_t)engine->limits.in_flight_max)
        return NULL;
    return exchange->id == id && exchange->held && !exchange->settle ? exchange : NULL;
}

// The attempt is over for its receiver: the window, the host's share and the bytes on the
// wire are free; the slot is not before the settle was acknowledged.
static void finish(struct engine *engine, struct exchange *exchange,
                   const struct outcome *outcome)
{
    struct lane *lane = exchange->held->lane;

    engine->in_flight--;
    lane->awake->in_flight--;
    lane->awake->is_alone = false;
    exchange->share->in_flight--;
    lane_wake_sharer(engine, exchange->share);
    share_drop(&engine->shares, exchange->share);
    exchange->share = NULL;
    exchange->settle = judge(engine, exchange, outcome);
    wire_free(exchange->wire);
    exchange->wire = NULL;
    engine->ports.settle(engine->ports.world, exchange->settle);
    if (MUTANT_IS(RELEASED_BEFORE_ACK)) {
        apply(engine, exchange, SETTLED);
        give_back(engine, exchange);
    }
    lane_review(engine, lane);
}

void exchange_ended(struct engine *engine, uint64_t id, const struct outcome *outcome)
{
    struct exchange *exchange = find(engine, id);

    if (exchange)
        finish(engine, exchange, outcome);
}

void exchange_interrupt_all(struct engine *engine)
{
    const struct outcome cut = outcome_of_none(OUTCOME_INTERRUPTED);

    for (int i = 0; i < engine->limits.in_flight_max; i++) {
        struct exchange *exchange = &engine->exchanges[i];
        if (!exchange->held || exchange->settle)
            continue;
        engine->ports.abort(engine->ports.world, exchange->id);
        finish(engine, exchange, &cut);
    }
}

void exchange_settled(struct engine *engine, struct settle *settle, enum settle_result result)
{
    struct held *held = hand_find(&engine->hand, settle->event_id, settle->n);
    struct exchange *exchange = held ? held->exchange : NULL;
    struct lane *lane;

    if (!exchange || exchange->settle != settle) {
        settle_free(settle);
        return;
    }
    if (result == SETTLED_FULL) {
        exchange->ask_at_ms = engine->now.mono_ms + JUDGE_PAUSE_MS;
        list_add_last(&engine->full, &exchange->link);
        return;
    }
    lane = held->lane;
    if (exchange->was_sent)
        engine->ports.sent(engine->ports.world, exchange->id);
    apply(engine, exchange, result);
    settle_free(settle);
    give_back(engine, exchange);
    lane_review(engine, lane);
}

void exchange_ask_again(struct engine *engine)
{
    while (!list_is_empty(&engine->full)) {
        struct exchange *exchange = container_of(engine->full.next, struct exchange, link);
        if (exchange->ask_at_ms > engine->now.mono_ms)
            return;
        list_remove(&exchange->link);
        engine->ports.settle(engine->ports.world, exchange->settle);
    }
}
