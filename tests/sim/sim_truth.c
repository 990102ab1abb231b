// What is promised, looked at from outside: from the receivers' side, the clients' side and
// the store's rows, by the contract's own numbers.

#include "base/memory.h"
#include "hook/parcel.h"
#include "model.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { CRASH_WAIT_MS = 60000, SUSPECT = 3 };

struct sim_hook *truth_hook(struct sim *sim, int64_t webhook_id)
{
    for (int i = 0; i < sim->hook_count; i++)
        if (sim->hooks[i].id == webhook_id)
            return &sim->hooks[i];
    return NULL;
}

struct sim_delivery *truth_delivery(struct sim *sim, int64_t event_id, uint16_t n)
{
    return map_find(&sim->deliveries, map_key2(event_id, n));
}

struct model_delivery_view truth_view(struct sim *sim, const struct sim_delivery *delivery)
{
    struct model_delivery_view view = {0};

    if (!model_delivery(sim->store, delivery->event_id, delivery->n, &view))
        sim_fail(sim, "a delivery's row is gone");
    return view;
}

// what is in an engine's hand, to see that the oldest goes first

void truth_not_given(struct sim_delivery *delivery)
{
    if (delivery)
        list_remove(&delivery->waiting);
}

void truth_none_given(struct sim_hook *hook)
{
    while (hook && !list_is_empty(&hook->waiting))
        list_remove(hook->waiting.next);
}

void truth_given(struct sim *sim, const struct parcel *first)
{
    for (; first; first = first->next) {
        struct sim_delivery *delivery = truth_delivery(sim, first->event_id, first->n);
        if (!delivery || delivery->is_unsettled)
            continue;
        truth_not_given(delivery);
        delivery->given_due_ms = first->due_wall_ms;
        list_add_last(&delivery->hook->waiting, &delivery->waiting);
    }
}

// The oldest goes first; but every fourth place may be that of one not yet tried.
static void check_order(struct sim *sim, const struct sim_delivery *delivery, int number)
{
    struct sim_hook *hook = delivery->hook;
    bool may_overtake = number == 1 && hook->in_order >= 3;

    hook->in_order++;
    for (const struct link *at = hook->waiting.next; at != &hook->waiting; at = at->next) {
        const struct sim_delivery *other = container_of(at, struct sim_delivery, waiting);
        if (other->given_due_ms >= delivery->given_due_ms)
            continue;
        hook->in_order = 0;
        if (!may_overtake)
            sim_fail(sim, "one that was due %lld ms earlier was left waiting: %lld.%d",
                     (long long)(delivery->given_due_ms - other->given_due_ms),
                     (long long)other->event_id, other->n);
    }
}

// attempts

static bool is_early(const struct sim *sim, const struct sim_delivery *delivery)
{
    int64_t jumped = sim->jumped_ahead_ms - delivery->jumps_then_ms;

    return !delivery->is_retrying && sim->mono_ms + jumped < delivery->earliest_ms;
}

// May it go out, by what the store has and its engine was told?
static void check_state(struct sim *sim, const struct sim_delivery *delivery,
                        enum delivery_state state)
{
    const struct sim_hook *hook = delivery->hook;

    if (delivery->is_cancel_told && !delivery->is_retrying)
        sim_fail(sim, "an attempt after the delivery was cancelled");
    if (state == DELIVERY_DELIVERED || state == DELIVERY_FAILED)
        sim_fail(sim, "an attempt after the delivery had ended");
    if (state == DELIVERY_CANCELLED && !sim->is_committing && !delivery->is_cancelled &&
        hook->told_version == hook->version)
        sim_fail(sim, "an attempt of what a change of the webhook had cancelled");
}

// Nothing of its key that was accepted before may still be on its way. What a person opened
// again stands in no line, and what was recovered finds that others have gone before.
static void check_line(struct sim *sim, const struct sim_delivery *delivery)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        const struct sim_delivery *other = value;
        struct model_delivery_view view;
        if (other->hook != delivery->hook || other->order_key != delivery->order_key ||
            other->place >= delivery->place || other->was_recovered)
            continue;
        view = truth_view(sim, other);
        if (delivery_is_open(view.state) && !view.is_retrying)
            sim_fail(sim, "%lld.%d goes before %lld.%d, which has the same key",
                     (long long)delivery->event_id, delivery->n, (long long)other->event_id,
                     other->n);
    }
}

// No second holds more than it may.
static void check_pace(struct sim *sim, struct sim_hook *hook)
{
    int most = hook->per_second_max;
    int64_t *first = most ? &hook->starts_ms[hook->start_count % (uint64_t)most] : NULL;

    if (!first)
        return;
    if (hook->start_count >= (uint64_t)most && sim->mono_ms - *first < 1000)
        sim_fail(sim, "more than %d attempts to a webhook in %lld ms", most,
                 (long long)(sim->mono_ms - *first));
    *first = sim->mono_ms;
    hook->start_count++;
}

void truth_start(struct sim *sim, struct sim_delivery *delivery, uint16_t number, int version)
{
    struct sim_hook *hook = delivery->hook;
    struct model_delivery_view view = truth_view(sim, delivery);

    sim->attempts++;
    sim_trace(sim, "attempt %d of %lld.%d (%s)", number, (long long)delivery->event_id,
              delivery->n, hook->app->profile->name);
    if (delivery->is_in_flight)
        sim_fail(sim, "two attempts of a delivery in flight");
    if (number != view.number + 1)
        sim_fail(sim, "attempt %d after %d were recorded", number, view.number);
    if (version < hook->told_version)
        sim_fail(sim, "an attempt with the card of version %d after %d", version,
                 hook->told_version);
    if (is_early(sim, delivery))
        sim_fail(sim, "attempt %d starts %lld ms early", number,
                 (long long)(delivery->earliest_ms - sim->mono_ms));
    if (hook->in_flight >= hook->in_flight_max)
        sim_fail(sim, "more than %d in flight to a webhook", hook->in_flight_max);
    if (number >= NUMBERS_MAX)
        sim_fail(sim, "a delivery has %d attempts", number);
    check_pace(sim, hook);
    check_state(sim, delivery, view.state);
    if (delivery->order_key && !delivery->is_retrying && !view.is_retrying)
        check_line(sim, delivery);
    if (sim->checks_order && !hook->per_second_max && !list_is_empty(&delivery->waiting) &&
        view.crashes < SUSPECT)
        check_order(sim, delivery, number);
    truth_not_given(delivery);
    delivery->is_in_flight = delivery->is_unsettled = true;
    delivery->started = number;
    if (number == 1)
        delivery->first_ms = sim->mono_ms;
    delivery->retry_asked_ms = -1;
    hook->in_flight++;
}

void truth_end(struct sim *sim, struct sim_delivery *delivery, uint16_t number,
               const struct outcome *outcome)
{
    enum verdict verdict = sim_verdict(delivery->hook->app->profile, outcome);

    sim_trace(sim, "  ended %lld.%d #%d: error %d status %d", (long long)delivery->event_id,
              delivery->n, number, (int)outcome->error, outcome->status);
    delivery->is_in_flight = false;
    delivery->hook->in_flight--;
    sim->drained_ms = sim->mono_ms;
    delivery->was_accepted |= verdict == VERDICT_RECEIVED;
    if (number >= NUMBERS_MAX)
        return;
    delivery->outcomes[number].verdict = verdict;
    delivery->outcomes[number].status = outcome->status;
    delivery->outcomes[number].ended_ms = sim->mono_ms;
    delivery->outcomes[number].jumps_ms = sim->jumped_ahead_ms;
    delivery->outcomes[number].retry_after_ms = outcome->retry_after_ms;
}

// What an engine that was cut off did not tell the store, the store says by itself.
void truth_cut_off(struct sim *sim, struct sim_delivery *delivery, uint16_t number)
{
    struct model_delivery_view view = truth_view(sim, delivery);

    if (view.number != number || delivery->settled >= number)
        return;
    delivery->settled = number;
    if (view.crashes < SUSPECT)
        return;
    delivery->earliest_ms = sim->mono_ms + CRASH_WAIT_MS;
    delivery->jumps_then_ms = sim->jumped_ahead_ms;
}

void truth_crash(struct sim *sim)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        struct sim_delivery *delivery = value;
        truth_not_given(delivery);
        delivery->is_in_flight = delivery->is_unsettled = false;
        delivery->started = delivery->settled;
        delivery->is_cancel_told = delivery->is_cancelled;
    }
    for (int i = 0; i < sim->hook_count; i++) {
        sim->hooks[i].in_flight = 0;
        sim->hooks[i].start_count = 0; // what was started before is forgotten
        sim->hooks[i].told_version = sim->hooks[i].version;
    }
}
