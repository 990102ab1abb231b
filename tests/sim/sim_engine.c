// Engines with their ports, and what their workers do with the store's messages.

#include "base/memory.h"
#include "engine/engine.h"
#include "hook/parcel.h"
#include "hook/wire.h"
#include "model.h"
#include "sim.h"

#include <stdlib.h>

static struct port {
    struct sim *sim;
    int worker;
} ports_of[WORKERS_MAX];

static void submit(const struct port *port, struct op *op)
{
    sim_submit(port->sim, op);
}

static void on_settle(void *world, struct settle *settle)
{
    const struct port *port = world;
    struct op *op = op_new(OP_SETTLE, port->worker, NULL);

    op->as.settle.settle = settle;
    submit(port, op);
}

static void on_park(void *world, struct parcel *first)
{
    const struct port *port = world;
    struct op *op = op_new(OP_PARK, port->worker, NULL);

    for (struct parcel *at = first; at; at = at->next)
        truth_not_given(truth_delivery(port->sim, at->event_id, at->n));
    op->as.park.parcels = first;
    submit(port, op);
}

static void on_claim(void *world, const struct claim *claim)
{
    const struct port *port = world;
    struct op *op = op_new(OP_CLAIM, port->worker, NULL);

    op->as.claim.claim = *claim;
    submit(port, op);
}

static void on_behind(void *world, int64_t webhook_id)
{
    const struct port *port = world;
    struct op *op = op_new(OP_BEHIND, port->worker, NULL);

    op->as.behind.webhook_id = webhook_id;
    submit(port, op);
}

static void on_card(void *world, int64_t app_id, int64_t webhook_id)
{
    const struct port *port = world;
    struct message *message =
        sim_say(port->sim, MESSAGE_CARD, port->sim->mono_ms + sim_between(port->sim, 0, 5));

    message->worker = port->worker;
    message->a = webhook_id;
    message->b = app_id;
}

static struct map_key flight_key(int worker, uint64_t exchange)
{
    return map_key2(worker + 1, (int64_t)exchange);
}

static void on_send(void *world, uint64_t exchange, const struct wire *wire, int64_t event_id,
                    uint16_t n, uint16_t number)
{
    const struct port *port = world;
    struct sim *sim = port->sim;
    struct sim_delivery *delivery = truth_delivery(sim, event_id, n);
    struct sim_flight *flight;

    if (!delivery) {
        sim_fail(sim, "an attempt of a delivery that was never committed");
        return;
    }
    flight = NEW(struct sim_flight);
    *flight = (struct sim_flight){port->worker, exchange,         delivery,
                                  number,       wire->timeout_ms, false};
    if (map_put(&sim->flights, flight_key(port->worker, exchange), flight))
        sim_fail(sim, "an exchange's number was used again too soon");
    truth_start(sim, delivery, number, wire->card->version);
    sim_receive(sim, flight);
}

static void on_sent(void *world, uint64_t exchange)
{
    const struct port *port = world;
    struct sim_flight *flight =
        map_remove(&port->sim->flights, flight_key(port->worker, exchange));

    flight->delivery->is_unsettled = false;
    free(flight);
}

static void on_abort(void *world, uint64_t exchange)
{
    const struct port *port = world;
    struct sim_flight *flight =
        map_find(&port->sim->flights, flight_key(port->worker, exchange));
    struct outcome cut = sim_outcome(OUTCOME_INTERRUPTED, 0);

    flight->has_ended = true;
    truth_end(port->sim, flight->delivery, flight->number, &cut);
}

static void on_wake_at(void *world, int64_t mono_ms)
{
    const struct port *port = world;
    struct sim *sim = port->sim;
    struct sim_worker *worker = &sim->workers[port->worker];
    struct message *message;

    worker->wake_number++;
    if (mono_ms == INT64_MAX)
        return;
    message = sim_say(sim, MESSAGE_WAKE, mono_ms > sim->mono_ms ? mono_ms : sim->mono_ms);
    message->worker = port->worker;
    message->a = (int64_t)worker->wake_number;
}

static uint64_t on_dice(void *world)
{
    const struct port *port = world;

    return sim_random(port->sim);
}

struct engine *sim_new_engine(struct sim *sim, int worker)
{
    struct engine_limits limits = {.in_flight_max = 64,
                                   .lane_memory = (int)sim->lane_memory,
                                   .blob_budget =
                                       sim->lane_memory == 1024 ? 1 << 20 : 1 << 14,
                                   .park_ms = 60000,
                                   .time_scale = 1};
    struct port *port = &ports_of[worker];

    *port = (struct port){sim, worker};
    return engine_new(&(struct engine_ports){port, on_settle, on_park, on_claim, on_behind,
                                             on_card, on_send, on_sent, on_abort, on_wake_at,
                                             on_dice},
                      &limits, sim->cipher);
}

static void on_claim_answered(struct sim *sim, struct engine *engine, struct op *op)
{
    struct claimed *claimed = &op->as.claim.claimed;

    if (op->result != OP_DONE) {
        parcel_free_all(claimed->parcels); // of a group that was undone
        *claimed = (struct claimed){.webhook_id = op->as.claim.claim.webhook_id,
                                    .next_due_wall_ms = sim_now(sim).wall_ms};
    }
    truth_given(sim, claimed->parcels);
    engine_on_claimed(engine, sim_now(sim), claimed);
    claimed->parcels = NULL;
}

static void on_settled(struct sim *sim, struct engine *engine, struct op *op)
{
    struct settle *settle = op->as.settle.settle;

    op->as.settle.settle = NULL;
    engine_on_settled(engine, sim_now(sim), settle,
                      op->result == OP_DONE ? op->as.settle.result : SETTLED_FULL);
}

// What could not be parked is in nobody's hand, and as fresh as it was.
static void on_parked(struct sim *sim, struct engine *engine, struct op *op)
{
    struct parcel *parcels = op->as.park.parcels;

    if (op->result == OP_DONE)
        return;
    op->as.park.parcels = NULL;
    truth_given(sim, parcels);
    engine_on_arrivals(engine, sim_now(sim), parcels);
}

void sim_on_op(struct sim *sim, struct message *message)
{
    struct op *op = message->op;
    struct engine *engine = sim->workers[message->worker].engine;

    switch (op->kind) {
    case OP_SETTLE: on_settled(sim, engine, op); break;
    case OP_CLAIM: on_claim_answered(sim, engine, op); break;
    case OP_PARK: on_parked(sim, engine, op); break;
    case OP_BEHIND:
        if (op->result == OP_FULL)
            on_behind(&ports_of[message->worker], op->as.behind.webhook_id);
        break;
    case OP_ACCEPT: sim_published(sim, op); break;
    default: break;
    }
}

static void on_change(struct sim *sim, int worker, const struct news_change *change,
                      int version)
{
    struct sim_hook *hook = truth_hook(sim, change->webhook_id);

    for (int a = 0; a < sim->app_count; a++)
        if (sim->apps[a].id == change->app_id) {
            app_card_drop(sim->apps[a].doors[worker]);
            sim->apps[a].doors[worker] = NULL;
        }
    if (!hook || sim_worker_of(sim, hook->id) != worker)
        return;
    truth_none_given(hook);
    engine_on_changed(sim->workers[worker].engine, sim_now(sim), hook->id);
    hook->told_version = version;
}

void sim_on_news(struct sim *sim, int worker, struct sim_news *news)
{
    struct engine *engine = sim->workers[worker].engine;

    truth_given(sim, news->arrivals);
    if (news->arrivals)
        engine_on_arrivals(engine, sim_now(sim), news->arrivals);
    news->arrivals = NULL;
    if (news->due_count)
        engine_on_lanes(engine, sim_now(sim), news->dues, news->due_count);
    for (size_t i = 0; i < news->change_count; i++)
        on_change(sim, worker, &news->changes[i], news->versions[i]);
    for (size_t i = 0; i < news->cancelled_count; i++) {
        const struct news_cancelled *row = &news->cancelled[i];
        struct sim_delivery *delivery = truth_delivery(sim, row->event_id, row->n);
        truth_not_given(delivery);
        engine_on_cancelled(engine, sim_now(sim), row->webhook_id, row->event_id, row->n);
        delivery->is_cancel_told = delivery->is_cancelled;
    }
}

// First the rows are read, then what was read arrives.
void sim_on_card(struct sim *sim, struct message *message)
{
    struct sim_hook *hook = truth_hook(sim, message->a);
    struct message *answer;

    if (message->b) {
        answer = sim_say(sim, MESSAGE_CARD, sim->mono_ms + sim_between(sim, 0, 20));
        answer->worker = message->worker;
        answer->a = message->a;
        answer->card = sim_read_card(sim, message->b, message->a);
        return;
    }
    if (!message->card || message->card->state != WEBHOOK_ENABLED)
        truth_none_given(hook);
    engine_on_card(sim->workers[message->worker].engine, sim_now(sim), message->a,
                   message->card);
    message->card = NULL;
}

void sim_on_wake(struct sim *sim, struct message *message)
{
    struct sim_worker *worker = &sim->workers[message->worker];

    if (message->a == (int64_t)worker->wake_number)
        engine_on_timer(worker->engine, sim_now(sim));
}

void sim_on_outcome(struct sim *sim, struct message *message)
{
    struct sim_flight *flight =
        map_find(&sim->flights, flight_key(message->worker, (uint64_t)message->a));
    struct outcome outcome =
        sim_outcome((enum outcome_error)(message->b & 0xff), (int)(message->b >> 8 & 0xffff));

    if (!flight || flight->has_ended)
        return;
    outcome.retry_after_ms = (message->b >> 24) - 1;
    flight->has_ended = true;
    truth_end(sim, flight->delivery, flight->number, &outcome);
    engine_on_outcome(sim->workers[message->worker].engine, sim_now(sim),
                      (uint64_t)message->a, &outcome);
}
