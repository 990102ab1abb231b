#include "serve/to_sender.h"

#include "hook/card.h"
#include "hook/wire.h"
#include "net/guard.h"
#include "serve/common.h"
#include "serve/worker.h"
#include "store/store.h"

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

// The exchange's place in the in-flight file: each worker has its own run of them.
static size_t slot_of(const struct worker *worker, uint64_t exchange)
{
    return (size_t)worker->number * (size_t)worker->common->in_flight_each +
           exchange_slot(exchange);
}

static const char *rule_against(const struct guard *guard, const struct address *remote)
{
    const char *rule = NULL;

    if (remote->len)
        rule = guard_denies(guard, remote, true);
    if (!rule && remote->len)
        rule = guard_denies(guard, remote, false); // allowed, but not without TLS
    return rule ? rule : "";
}

void to_sender_outcome(const struct guard *guard, const struct call_answer *answer,
                       char remote[ADDRESS_TEXT_MAX], struct outcome *ret)
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
    if (answer->remote.len)
        address_text(&answer->remote, remote);
    if (answer->result ==
        CALL_BLOCKED) // where and by which rule: the API tells operators alone
        ret->detail = rule_against(guard, &answer->remote);
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
    char remote[ADDRESS_TEXT_MAX];
    struct outcome outcome;

    to_sender_outcome(worker->common->guard, answer, remote, &outcome);
    engine_on_outcome(worker->engine, loop_now(worker->loop), exchange, &outcome);
}

static void port_send(void *world, uint64_t exchange, const struct wire *wire,
                      int64_t event_id, uint16_t n, uint16_t number)
{
    struct worker *worker = world;
    struct call_request request = to_sender_request(wire);

    store_in_flight(worker->common->store, slot_of(worker, exchange), event_id, n, number);
    caller_call(worker->caller, &request, on_end, worker, exchange);
}

static void port_abort(void *world, uint64_t exchange)
{
    struct worker *worker = world;

    caller_cancel(worker->caller, worker, exchange);
}

static void port_sent(void *world, uint64_t exchange)
{
    struct worker *worker = world;

    store_not_in_flight(worker->common->store, slot_of(worker, exchange));
}

void to_sender_init(struct engine_ports *ports)
{
    ports->send = port_send;
    ports->sent = port_sent;
    ports->abort = port_abort;
}
