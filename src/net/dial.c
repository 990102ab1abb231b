#include "net/dial.h"

#include "base/clock.h"
#include "net/call.h"
#include "net/guard.h"
#include "net/tls_client.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { HANDSHAKES_US = 2000 }; // of a turn; a full one costs as much as a hundred calls

// Handshakes are paced: over the turn's share, the rest waits for the next turn.
static bool may_shake(struct call_kit *kit)
{
    int64_t now_ms = loop_now(kit->loop).mono_ms;
    if (kit->handshakes_ms != now_ms) {
        kit->handshakes_ms = now_ms;
        kit->handshakes_us = 0;
    }
    return kit->handshakes_us < HANDSHAKES_US;
}

static void dial_handshake(struct call *call)
{
    if (!may_shake(call->kit)) {
        outbound_yield(call->outbound);
        return;
    }
    int64_t before_us = clock_mono_us();
    enum outbound_state state = outbound_handshake(call->outbound);
    call->kit->handshakes_us += clock_mono_us() - before_us;
    if (state == OUTBOUND_FAILED || state == OUTBOUND_CLOSED) {
        static_assert((int)CALL_DETAIL_MAX >= (int)TLS_DETAIL_MAX,
                      "the detail takes TLS's words");
        call_finish(call, tls_client_fault(call->outbound->ssl, call->detail));
        return;
    }
    if (state == OUTBOUND_WAITS)
        return;
    if (!tls_client_speaks_http(call->outbound->ssl)) {
        snprintf(call->detail, sizeof call->detail,
                 "it chose a protocol that was not offered");
        call_finish(call, CALL_TLS);
        return;
    }
    call->timings.tls = call_now_us(call);
    call_send(call);
}

static void dial_on_connected(struct call *call)
{
    call->timings.connect = call_now_us(call);
    if (!call->origin->tls) {
        call_send(call);
        return;
    }
    if (!outbound_start_tls(call->outbound, call->kit->tls, call->origin->host,
                            &call->origin->session)) {
        call_finish(call, CALL_LOCAL);
        return;
    }
    call_enter(call, PHASE_HANDSHAKING, LIMIT_TLS_MS);
    dial_handshake(call);
}

// Each address has an equal share of the time that is left, so that one that swallows packets
// does not hide the others.
static void dial_wait(struct call *call)
{
    int64_t now_ms = loop_now(call->kit->loop).mono_ms;
    int64_t left_ms = call->phase_ms - now_ms;
    int64_t left = (int64_t)(call->address_count - call->address_at) + 1;
    call_wait_until(call, now_ms + (left_ms > 0 ? left_ms / left : 0));
}

static enum outbound_state dial_open(struct call *call, enum call_result *ret_result)
{
    const struct address *address = &call->addresses[call->address_at++];
    struct outbound *outbound;
    call->remote = *address;
    enum outbound_state state = outbound_new(call->kit->loop, address, &outbound, ret_result);
    if (state == OUTBOUND_FAILED && *ret_result == CALL_LOCAL && pool_evict(&call->kit->pool))
        state = outbound_new(call->kit->loop, address, &outbound, ret_result);
    if (outbound) {
        call_hold(call, outbound);
        call->kit->counts.connects++;
    }
    return state;
}

// Tries the addresses that are left; why is what became of the one before. That one of them
// is unreachable tells the least: many hosts have no IPv6.
static void dial_connect(struct call *call, enum call_result why)
{
    for (;;) {
        call_close(call);
        if (why != CALL_UNREACHABLE)
            call->refusal = why;
        // BLOCKED: the network led elsewhere than to the vetted address.
        if (why == CALL_BLOCKED || call->address_at == call->address_count) {
            call_finish(call, call->refusal);
            return;
        }
        enum outbound_state state = dial_open(call, &why);
        if (state == OUTBOUND_WAITS) {
            dial_wait(call);
            return;
        }
        if (state == OUTBOUND_DONE)
            state = outbound_connected(call->outbound, &why);
        if (state == OUTBOUND_DONE) {
            dial_on_connected(call);
            return;
        }
    }
}

static void dial_on_connecting(struct call *call)
{
    enum call_result why;
    if (outbound_connected(call->outbound, &why) == OUTBOUND_DONE)
        dial_on_connected(call);
    else
        dial_connect(call, why);
}

void dial_start(struct call *call)
{
    struct call_kit *kit = call->kit;
    call->id = ++kit->last_id;
    map_put(&kit->resolving, (struct map_key){.low = call->id}, call);
    call_enter(call, PHASE_RESOLVING, LIMIT_DNS_MS);
    resolver_ask(kit->resolver, call->origin->app_id, call->origin->host, call->origin->port,
                 kit->mailbox, 0, call->id);
}

// Every address of the answer is vetted, not only those that will be tried: an honest
// receiver publishes no address of somebody's inside.
static const struct address *find_denied(const struct call *call,
                                         const struct resolved *resolved)
{
    for (size_t i = 0; i < resolved->count; i++)
        if (guard_denies(call->kit->guard, &resolved->addresses[i], call->origin->tls))
            return &resolved->addresses[i];
    return NULL;
}

static void dial_on_addresses(struct call *call, const struct resolved *resolved)
{
    call->timings.dns = call_now_us(call);
    if (resolved->error != 0 || resolved->count == 0) {
        if (resolved->error == EAI_MEMORY) {
            call_finish(call, CALL_LOCAL);
            return;
        }
        bool is_unknown = resolved->error == EAI_NONAME || resolved->error == EAI_NODATA;
        snprintf(call->detail, sizeof call->detail, "%s",
                 is_unknown ? "there is no such name" : "the name servers gave no answer");
        call_finish(call, CALL_DNS);
        return;
    }
    const struct address *denied = find_denied(call, resolved);
    if (denied) {
        call->remote = *denied;
        call_finish(call, CALL_BLOCKED);
        return;
    }
    size_t count = resolved->count < (size_t)limit(LIMIT_ADDRESSES)
                       ? resolved->count
                       : (size_t)limit(LIMIT_ADDRESSES);
    assert(count <= CALL_ADDRESSES_MAX);
    memcpy(call->addresses, resolved->addresses, count * sizeof *call->addresses);
    call->address_count = count;
    call->address_at = 0;
    call->refusal = CALL_UNREACHABLE;
    call_enter(call, PHASE_CONNECTING, LIMIT_CONNECT_MS);
    dial_connect(call, CALL_UNREACHABLE);
}

void dial_on_resolved(struct call_kit *kit, const struct resolved *resolved)
{
    struct call *call = map_remove(&kit->resolving, (struct map_key){.low = resolved->tag});
    if (!call)
        return; // it ended meanwhile
    call->id = 0;
    dial_on_addresses(call, resolved);
}

void dial_on_ready(struct call *call)
{
    if (call->phase == PHASE_CONNECTING)
        dial_on_connecting(call);
    else
        dial_handshake(call);
}

void dial_on_due(struct call *call)
{
    switch (call->phase) {
    case PHASE_RESOLVING: call_finish(call, CALL_DNS_TIMEOUT); return;
    case PHASE_HANDSHAKING: call_finish(call, CALL_TLS_TIMEOUT); return;
    default: break;
    }
    int64_t now_ms = loop_now(call->kit->loop).mono_ms;
    if (now_ms >= call->phase_ms || now_ms >= call->until_ms)
        call_finish(call, CALL_CONNECT_TIMEOUT);
    else
        dial_connect(call, CALL_CONNECT_TIMEOUT);
}
