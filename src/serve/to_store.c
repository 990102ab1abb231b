#include "serve/to_store.h"

#include "api/door.h"
#include "base/log.h"
#include "base/memory.h"
#include "hook/card.h"
#include "serve/common.h"
#include "serve/post_office.h"
#include "serve/serve.h"
#include "serve/worker.h"
#include "store/store.h"

#include <stdlib.h>

enum { REFUSED_MS = 1000 }; // until a claim that was not done is made again

// A card that was asked for and has not come. A change meanwhile may be older or younger than
// what the reader saw, so the card is then asked again before the engine is told.
struct card_ask {
    int64_t app_id;
    bool again;
    bool has_failed; // it is asked again with the next tick
};

static struct op *worker_op(struct worker *worker, enum op_kind kind)
{
    return op_new(kind, worker->number, worker); // asker: the worker itself, not its door
}

static void port_settle(void *world, struct settle *settle)
{
    struct worker *worker = world;
    struct op *op = worker_op(worker, OP_SETTLE);

    op->as.settle.settle = settle;
    store_submit(worker->common->store, op);
}

static void port_park(void *world, struct parcel *first)
{
    struct worker *worker = world;
    struct op *op = worker_op(worker, OP_PARK);

    op->as.park.parcels = first;
    store_submit(worker->common->store, op);
}

static void port_claim(void *world, const struct claim *claim)
{
    struct worker *worker = world;
    struct op *op = worker_op(worker, OP_CLAIM);

    op->as.claim.claim = *claim;
    store_submit(worker->common->store, op);
}

static void port_behind(void *world, int64_t webhook_id)
{
    struct worker *worker = world;
    struct op *op = worker_op(worker, OP_BEHIND);

    op->as.behind.webhook_id = webhook_id;
    store_submit(worker->common->store, op);
}

static void ask_card(struct worker *worker, int64_t app_id, int64_t webhook_id)
{
    struct op *op = worker_op(worker, OP_HOOK_CARD);

    op->as.hook_card.app_id = app_id;
    op->as.hook_card.id = webhook_id;
    store_submit(worker->common->store, op);
}

static void port_card(void *world, int64_t app_id, int64_t webhook_id)
{
    struct worker *worker = world;
    struct card_ask *ask = map_find(&worker->card_asks, map_key(webhook_id));

    if (ask)
        return; // its answer is on the way, and is asked again if a change overtook it
    ask = NEW(struct card_ask);
    ask->app_id = app_id;
    map_put(&worker->card_asks, map_key(webhook_id), ask);
    ask_card(worker, app_id, webhook_id);
}

void to_store_init(struct worker *worker, struct engine_ports *ports)
{
    map_init(&worker->card_asks, 0);
    ports->settle = port_settle;
    ports->park = port_park;
    ports->claim = port_claim;
    ports->behind = port_behind;
    ports->card = port_card;
}

void to_store_done(struct worker *worker)
{
    struct map_key key;
    void *ask;

    for (size_t at = 0; map_next(&worker->card_asks, &at, &key, &ask);)
        free(ask);
    map_done(&worker->card_asks);
    parcel_free_all(worker->unparked);
}

static struct hook_card *card_of(struct worker *worker, struct op *op)
{
    char user_agent[] = "Posthorn/" POSTHORN_VERSION;
    struct hook_card *card = NULL;
    struct error error;

    if (op->result != OP_DONE || op->as.hook_card.row.state == WEBHOOK_DELETED)
        return NULL;
    if (hook_card_new(&worker->common->profiles, worker->common->keyring, user_agent,
                      op->as.hook_card.profile, &op->as.hook_card.row,
                      op->as.hook_card.secrets, op->as.hook_card.secret_count, &card,
                      &error) != ERR_OK)
        log_write(LOG_ERROR, "webhook.damaged",
                  "its deliveries wait until it is repaired: %s", error.text);
    return card;
}

static void take_card(struct worker *worker, struct op *op)
{
    int64_t webhook_id = op->as.hook_card.id;
    struct card_ask *ask = map_find(&worker->card_asks, map_key(webhook_id));
    bool is_unanswered = op->result != OP_DONE && op->result != OP_NOT_FOUND;

    if (ask && is_unanswered) { // a read that merely failed says nothing about the webhook
        ask->has_failed = true;
        return;
    }
    if (ask && ask->again) {
        ask->again = false;
        ask_card(worker, ask->app_id, webhook_id);
        return;
    }
    free(map_remove(&worker->card_asks, map_key(webhook_id)));
    engine_on_card(worker->engine, loop_now(worker->loop), webhook_id, card_of(worker, op));
}

static enum settle_result settle_result_of(const struct op *op)
{
    if (op->result == OP_FULL)
        return SETTLED_FULL;
    return op->as.settle.result;
}

static void take_settle(struct worker *worker, struct op *op)
{
    struct settle *settle = op->as.settle.settle;

    op->as.settle.settle = NULL;
    if (op->result == OP_FAILED) // the process ends; the next start finds the delivery due
        settle_free(settle);
    else
        engine_on_settled(worker->engine, loop_now(worker->loop), settle,
                          settle_result_of(op));
}

// A claim that was not done is answered too, or its lane would wait for it for ever.
static void take_claim(struct worker *worker, struct op *op)
{
    struct moment now = loop_now(worker->loop);
    struct claimed nothing = {.webhook_id = op->as.claim.claim.webhook_id,
                              .next_due_wall_ms = now.wall_ms + REFUSED_MS};

    if (op->result != OP_DONE) {
        engine_on_claimed(worker->engine, now, &nothing);
        return;
    }
    engine_on_claimed(worker->engine, now, &op->as.claim.claimed);
    op->as.claim.claimed.parcels = NULL;
}

// What a full disk did not let the store note stays in hand, and is offered to the lanes
// again with the next tick.
static void take_park(struct worker *worker, struct op *op)
{
    struct parcel *parcels = op->as.park.parcels;

    if (op->result != OP_FULL || !parcels)
        return;
    op->as.park.parcels = NULL;
    while (parcels) {
        struct parcel *next = parcels->next;

        parcels->next = worker->unparked;
        worker->unparked = parcels;
        parcels = next;
    }
}

void to_store_tick(struct worker *worker)
{
    struct parcel *parcels = worker->unparked;
    struct map_key key;
    void *value;

    worker->unparked = NULL;
    if (parcels)
        engine_on_arrivals(worker->engine, loop_now(worker->loop), parcels);
    for (size_t at = 0; map_next(&worker->card_asks, &at, &key, &value);) {
        struct card_ask *ask = value;

        if (!ask->has_failed)
            continue;
        ask->has_failed = ask->again = false;
        ask_card(worker, ask->app_id, (int64_t)key.low);
    }
}

static void take_own_op(struct worker *worker, struct op *op)
{
    switch (op->kind) {
    case OP_SETTLE: take_settle(worker, op); break;
    case OP_CLAIM: take_claim(worker, op); break;
    case OP_PARK: take_park(worker, op); break;
    case OP_HOOK_CARD: take_card(worker, op); break;
    default: break; // BEHIND: where the disk was full, the next birth too many says it again
    }
}

// Tell the asks under way that what they bring may be old.
static void outdate_asks(struct worker *worker, const struct store_change *change)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&worker->card_asks, &at, &key, &value);) {
        struct card_ask *ask = value;

        if (change->webhook_id ? (int64_t)key.low == change->webhook_id
                               : ask->app_id == change->app_id)
            ask->again = true;
    }
}

static void take_change(struct worker *worker, struct store_change *change)
{
    door_on_change(worker->door, change->app_id, change->webhook_id);
    outdate_asks(worker, change);
    if (change->webhook_id && (int)(partition_of(change->webhook_id) %
                                    (uint32_t)worker->common->worker_count) == worker->number)
        engine_on_changed(worker->engine, loop_now(worker->loop), change->webhook_id);
    store_change_done(change);
}

// An answer goes to who asked.
static void take_op(struct worker *worker, struct op *op)
{
    if (op->asker == worker) {
        take_own_op(worker, op);
        op_free(op);
    } else if (op->asker == NULL) { // the door's own, of no request
        door_on_op(worker->door, op);
    } else if (!worker->office || !post_office_on_op(worker->office, op)) {
        door_on_op(worker->door, op);
    }
}

void to_store_take(struct worker *worker, struct mail *mail)
{
    struct moment now = loop_now(worker->loop);
    struct store_arrivals *arrivals;
    struct store_cancelled *cancelled;

    switch ((enum store_mail_kind)mail->kind) {
    case STORE_MAIL_OP: take_op(worker, container_of(mail, struct op, mail)); break;
    case STORE_MAIL_ARRIVALS:
        arrivals = container_of(mail, struct store_arrivals, mail);
        if (arrivals->parcels)
            engine_on_arrivals(worker->engine, now, arrivals->parcels);
        arrivals->parcels = NULL;
        if (arrivals->due_count)
            engine_on_lanes(worker->engine, now, arrivals->dues, arrivals->due_count);
        store_arrivals_free(arrivals);
        break;
    case STORE_MAIL_CHANGE:
        take_change(worker, container_of(mail, struct store_change, mail));
        break;
    case STORE_MAIL_CANCELLED:
        cancelled = container_of(mail, struct store_cancelled, mail);
        engine_on_cancelled(worker->engine, now, cancelled->webhook_id, cancelled->event_id,
                            cancelled->n);
        free(cancelled);
        break;
    }
}
