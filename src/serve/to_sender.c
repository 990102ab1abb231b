#include "serve/to_sender.h"

#include "base/limits.h"
#include "base/memory.h"
#include "hook/card.h"
#include "hook/wire.h"
#include "serve/common.h"
#include "serve/worker.h"
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>

// Outcomes that the store has not acknowledged keep their slot. Where they have used all up,
// an attempt goes out unnoted: were the process killed just then, it would not be told as
// interrupted.
#define NO_SLOT UINT32_MAX

struct sending {
    uint32_t slot; // of the in-flight file
    bool is_calling;
};

// The sender's words for a failure, and the domain's. Both tables are held to the same slugs
// by tests/unit/test_to_sender.c.
static const enum outcome_error errors[CALL_RESULTS_COUNT] = {
    [CALL_ANSWERED] = OUTCOME_NONE,
    [CALL_DNS] = OUTCOME_DNS,
    [CALL_DNS_TIMEOUT] = OUTCOME_DNS_TIMEOUT,
    [CALL_BLOCKED] = OUTCOME_BLOCKED,
    [CALL_REFUSED] = OUTCOME_REFUSED,
    [CALL_UNREACHABLE] = OUTCOME_UNREACHABLE,
    [CALL_CONNECT_TIMEOUT] = OUTCOME_CONNECT_TIMEOUT,
    [CALL_TLS] = OUTCOME_TLS,
    [CALL_TLS_TIMEOUT] = OUTCOME_TLS_TIMEOUT,
    [CALL_TLS_EXPIRED] = OUTCOME_TLS_EXPIRED,
    [CALL_TLS_NAME] = OUTCOME_TLS_NAME,
    [CALL_TLS_UNTRUSTED] = OUTCOME_TLS_UNTRUSTED,
    [CALL_TLS_VERSION] = OUTCOME_TLS_VERSION,
    [CALL_TIMEOUT] = OUTCOME_TIMEOUT,
    [CALL_RESET] = OUTCOME_RESET,
    [CALL_INCOMPLETE] = OUTCOME_INCOMPLETE,
    [CALL_BAD_STATUS_LINE] = OUTCOME_BAD_STATUS_LINE,
    [CALL_BAD_RESPONSE] = OUTCOME_BAD_RESPONSE,
    [CALL_BAD_FRAMING] = OUTCOME_BAD_FRAMING,
    [CALL_HEADERS_TOO_LARGE] = OUTCOME_HEADERS_TOO_LARGE,
    [CALL_TOO_MANY_INTERIM] = OUTCOME_TOO_MANY_INTERIM,
    [CALL_UNEXPECTED_101] = OUTCOME_UNEXPECTED_101,
    [CALL_LOCAL] = OUTCOME_LOCAL,
};

enum outcome_error to_sender_error(enum call_result result)
{
    return errors[result];
}

static struct map_key exchange_key(uint64_t exchange)
{
    return (struct map_key){.low = exchange};
}

void to_sender_outcome(const struct call_answer *answer, char remote[ADDRESS_TEXT_MAX],
                       struct outcome *ret)
{
    *ret = (struct outcome){
        .error = to_sender_error(answer->result),
        .detail = answer->detail,
        .status = answer->status,
        .head = answer->head,
        .head_len = answer->head_len,
        .body = answer->body,
        .body_len = answer->body_len,
        .body_cut = answer->body_cut,
        .retry_after_ms = answer->retry_after_ms,
        .dns_us = answer->timings.dns,
        .connect_us = answer->timings.connect,
        .tls_us = answer->timings.tls,
        .first_byte_us = answer->timings.first_byte,
        .total_us = answer->timings.total,
        .remote = remote,
    };
    remote[0] = '\0';
    if (answer->remote.len && answer->result != CALL_BLOCKED) // no port scanner for merchants
        address_text(&answer->remote, remote);
}

struct call_request to_sender_request(const struct wire *wire)
{
    const struct target *target = &wire->card->target;

    return (struct call_request){
        .app_id = wire->card->app_id,
        .tls = target->tls,
        .host = target->host,
        .port = target->port,
        .head = wire->head,
        .head_len = wire->head_len,
        .body = wire->body,
        .body_len = wire->body_len,
        .timeout_ms = wire->timeout_ms,
    };
}

static void on_end(void *owner, uint64_t exchange, const struct call_answer *answer)
{
    struct worker *worker = owner;
    struct sending *sending = map_find(&worker->sendings, exchange_key(exchange));
    char remote[ADDRESS_TEXT_MAX];
    struct outcome outcome;

    to_sender_outcome(answer, remote, &outcome);
    sending->is_calling = false;
    engine_on_outcome(worker->engine, loop_now(worker->loop), exchange, &outcome);
}

static void port_send(void *world, uint64_t exchange, const struct wire *wire,
                      int64_t event_id, uint16_t n, uint16_t number)
{
    struct worker *worker = world;
    struct sending *sending = NEW(struct sending);
    struct call_request request = to_sender_request(wire);

    sending->slot = worker->free_count ? worker->free_slots[--worker->free_count] : NO_SLOT;
    sending->is_calling = true;
    map_put(&worker->sendings, exchange_key(exchange), sending);
    if (sending->slot != NO_SLOT)
        store_in_flight(worker->common->store, sending->slot, event_id, n, number);
    caller_call(worker->caller, &request, on_end, worker, exchange);
}

static void port_abort(void *world, uint64_t exchange)
{
    struct worker *worker = world;
    struct sending *sending = map_find(&worker->sendings, exchange_key(exchange));

    if (sending && sending->is_calling) {
        sending->is_calling = false;
        caller_cancel(worker->caller, worker, exchange);
    }
}

static void port_sent(void *world, uint64_t exchange)
{
    struct worker *worker = world;
    struct sending *sending = map_remove(&worker->sendings, exchange_key(exchange));

    if (!sending)
        return; // nothing had been sent
    assert(!sending->is_calling);
    if (sending->slot != NO_SLOT) {
        store_not_in_flight(worker->common->store, sending->slot);
        worker->free_slots[worker->free_count++] = sending->slot;
    }
    free(sending);
}

void to_sender_init(struct worker *worker, struct engine_ports *ports)
{
    size_t count = (size_t)limit(LIMIT_IN_FLIGHT);
    uint32_t first = (uint32_t)(count * (size_t)worker->number);

    map_init(&worker->sendings, 0);
    worker->free_slots = NEW_ARRAY(uint32_t, count);
    for (size_t i = 0; i < count; i++)
        worker->free_slots[i] = first + (uint32_t)(count - 1 - i); // the lowest goes first
    worker->free_count = count;
    ports->send = port_send;
    ports->sent = port_sent;
    ports->abort = port_abort;
}

void to_sender_done(struct worker *worker)
{
    struct map_key key;
    void *sending;

    for (size_t at = 0; map_next(&worker->sendings, &at, &key, &sending);)
        free(sending);
    map_done(&worker->sendings);
    free(worker->free_slots);
}
