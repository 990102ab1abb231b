// What the ops of a group have come to, once it is committed, by the contract's own numbers.

#include "base/memory.h"
#include "model.h"
#include "sim.h"

#include <string.h>

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
        delivery->accepted_ms = sim->mono_ms;
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
    if (settle->attempt.trigger == TRIGGER_REPLAY && !delivery->was_recovered)
        sim_fail(sim, "a replay of what no job has tried anew");
    if (trigger_is_of_schedule(settle->attempt.trigger) && verdict == VERDICT_COUNTED)
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

    if (!trigger_is_of_schedule(settle->attempt.trigger) || verdict != VERDICT_COUNTED)
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
    truth_none_wanted(sim, hook);
    sim_work_soon(sim);
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
    if (hook->state != WEBHOOK_ENABLED)
        truth_none_wanted(sim, hook);
    sim_work_soon(sim);
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
    delivery->is_wanted = false;
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
        case OP_JOB: truth_job(sim, op); break;
        case OP_WEBHOOK: on_changed(sim, op); break;
        case OP_RETRY:
        case OP_CANCEL: on_asked(sim, op); break;
        default: break;
        }
    }
}
