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
// again stands in no line.
static void check_line(struct sim *sim, const struct sim_delivery *delivery)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        const struct sim_delivery *other = value;
        struct model_delivery_view view;
        if (other->hook != delivery->hook || other->order_key != delivery->order_key ||
            other->place >= delivery->place)
            continue;
        view = truth_view(sim, other);
        if (delivery_is_open(view.state) && !view.is_retrying)
            sim_fail(sim, "%lld.%d goes before %lld.%d, which has the same key",
                     (long long)delivery->event_id, delivery->n, (long long)other->event_id,
                     other->n);
    }
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
    check_state(sim, delivery, view.state);
    if (delivery->order_key && !delivery->is_retrying && !view.is_retrying)
        check_line(sim, delivery);
    if (sim->checks_order && !list_is_empty(&delivery->waiting) && view.crashes < SUSPECT)
        check_order(sim, delivery, number);
    truth_not_given(delivery);
    delivery->is_in_flight = delivery->is_unsettled = true;
    delivery->started = number;
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
        sim->hooks[i].told_version = sim->hooks[i].version;
    }
}

// groups

static int hooks_for(const struct sim *sim, const struct event *event)
{
    int count = 0;

    for (int i = 0; i < sim->hook_count; i++) {
        const struct sim_hook *hook = &sim->hooks[i];
        count += hook->app->id == event->app_id && hook->state == WEBHOOK_ENABLED &&
                 (!hook->type || !strcmp(hook->type, event->type));
    }
    return count;
}

static void on_accepted(struct sim *sim, const struct op *op)
{
    const struct accept *accept = &op->as.accept.accept;
    int wanted = hooks_for(sim, accept->event);

    if (model_fan(sim->store, accept->event->id) != wanted)
        sim_fail(sim, "an event for %d webhooks, where %d were enabled",
                 model_fan(sim->store, accept->event->id), wanted);
    for (size_t n = 0; n < accept->target_count; n++) {
        struct sim_delivery *delivery = NEW(struct sim_delivery);
        delivery->event_id = accept->event->id;
        delivery->n = (uint16_t)n;
        delivery->hook = truth_hook(sim, accept->webhook_ids[n]);
        delivery->retry_asked_ms = -1;
        delivery->order_key = accept->event->order_key ? *accept->event->order_key : '\0';
        delivery->place = ++delivery->hook->placed;
        delivery->hook->lined += delivery->order_key != 0;
        list_init(&delivery->waiting);
        map_put(&sim->deliveries, map_key2(delivery->event_id, delivery->n), delivery);
    }
}

// The wait that the contract says after this many counted failures; −1: none is left.
static int64_t contract_wait_ms(const struct sim_delivery *delivery, uint16_t number)
{
    const struct profile *profile = delivery->hook->app->profile;
    int status = delivery->outcomes[number].status;
    int64_t asked = delivery->outcomes[number].retry_after_ms;
    int64_t wait;

    if (delivery->counted > profile->wait_count)
        return -1;
    wait = profile->waits_ms[delivery->counted - 1];
    if (profile->honours_retry_after && (status == 429 || status == 503) && asked > wait)
        wait = asked;
    return wait;
}

static void count_failure(struct sim *sim, struct sim_delivery *delivery,
                          const struct settle *settle)
{
    uint16_t number = settle->number;
    int64_t wait;

    delivery->counted++;
    wait = contract_wait_ms(delivery, number);
    if (settle->next == SETTLE_CANCELLED)
        return;
    if ((settle->next == SETTLE_FAILED) != (wait < 0))
        sim_fail(sim, "%s after %d counted failures",
                 settle->next == SETTLE_FAILED ? "given up" : "not given up",
                 delivery->counted);
    delivery->earliest_ms = delivery->outcomes[number].ended_ms + wait;
    delivery->jumps_then_ms = delivery->outcomes[number].jumps_ms;
}

static void on_settle(struct sim *sim, const struct op *op)
{
    const struct settle *settle = op->as.settle.settle;
    struct sim_delivery *delivery = truth_delivery(sim, settle->event_id, settle->n);
    enum verdict verdict;

    if (op->as.settle.result == SETTLED_STALE)
        sim_fail(sim, "a settle was refused as stale");
    if (!delivery || settle->number >= NUMBERS_MAX || settle->number <= delivery->settled)
        return;
    verdict = delivery->outcomes[settle->number].verdict;
    if (settle->next == SETTLE_DELIVERED && verdict != VERDICT_RECEIVED)
        sim_fail(sim, "delivered without an answer that counts as received");
    delivery->settled = settle->number;
    if (settle->attempt.trigger == TRIGGER_SCHEDULED && verdict == VERDICT_COUNTED)
        count_failure(sim, delivery, settle);
    if (settle->next == SETTLE_DELIVERED)
        delivery->retry_asked_ms = -1; // an attempt that was on its way did it
    if (op->as.settle.result == SETTLED_GONE || settle->next == SETTLE_DELIVERED)
        delivery->is_retrying = false;
    else if (settle->attempt.trigger == TRIGGER_MANUAL && settle->next != SETTLE_WAIT &&
             op->as.settle.result != SETTLED_AGAIN)
        delivery->is_retrying = false;
}

// Has nothing been received for its days? And if not, since when.
static bool is_given_up(const struct sim *sim, struct sim_hook *hook,
                        const struct settle *settle, enum verdict verdict)
{
    const int64_t day_ms = INT64_C(86400000);
    const int64_t now_ms = sim->group_wall_ms;

    if (settle->attempt.trigger != TRIGGER_SCHEDULED || verdict != VERDICT_COUNTED)
        return false;
    if (hook->failing_since_ms && hook->failing_since_ms <= now_ms)
        return hook->disable_after_days &&
               now_ms - hook->failing_since_ms >= hook->disable_after_days * day_ms;
    hook->failing_since_ms = now_ms;
    return false;
}

// Disabled by what came of an attempt, which was made with the webhook as it is now.
static void on_end(struct sim *sim, const struct op *op)
{
    const struct settle *settle = op->as.settle.settle;
    struct sim_hook *hook = truth_hook(sim, settle->webhook_id);
    const struct sim_delivery *delivery = truth_delivery(sim, settle->event_id, settle->n);
    enum verdict verdict = delivery && settle->number < NUMBERS_MAX
                               ? delivery->outcomes[settle->number].verdict
                               : VERDICT_NONE;

    if (hook->state != WEBHOOK_ENABLED || op->as.settle.result == SETTLED_STALE)
        return;
    if (verdict == VERDICT_RECEIVED)
        hook->failing_since_ms = 0;
    if (hook->version != settle->attempt.webhook_version ||
        !(settle->disable_webhook || is_given_up(sim, hook, settle, verdict)))
        return;
    sim_trace(sim, "hook %lld is disabled", (long long)hook->id);
    hook->state = WEBHOOK_DISABLED;
    hook->was_closed = true;
    hook->version++;
}

static void on_changed(struct sim *sim, const struct op *op)
{
    struct sim_hook *hook = truth_hook(sim, op->as.webhook.row.id);
    bool is_deleted = op->as.webhook.verb == VERB_DELETE;

    if (hook->state == WEBHOOK_DISABLED && op->as.webhook.row.state == WEBHOOK_ENABLED)
        hook->failing_since_ms = 0;
    hook->state = is_deleted ? WEBHOOK_DELETED : op->as.webhook.row.state;
    hook->version++;
    hook->was_closed |= hook->state != WEBHOOK_ENABLED;
}

static void on_asked(struct sim *sim, const struct op *op)
{
    struct sim_delivery *delivery =
        truth_delivery(sim, op->as.delivery.event_id, op->as.delivery.n);

    if (op->kind == OP_CANCEL) {
        delivery->is_cancelled = delivery->was_cancelled = true;
        delivery->is_retrying = false;
        return;
    }
    delivery->is_retrying = true;
    delivery->retry_asked_ms = sim->mono_ms;
    delivery->is_cancelled = delivery->is_cancel_told = false;
}

void truth_group(struct sim *sim)
{
    for (size_t i = 0; i < sim->group_count; i++) {
        const struct op *op = sim->group[i];
        if (op->result != OP_DONE)
            continue;
        switch (op->kind) {
        case OP_ACCEPT: on_accepted(sim, op); break;
        case OP_SETTLE:
            on_settle(sim, op);
            on_end(sim, op);
            break;
        case OP_WEBHOOK: on_changed(sim, op); break;
        case OP_RETRY:
        case OP_CANCEL: on_asked(sim, op); break;
        default: break;
        }
    }
}
