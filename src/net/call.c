#include "net/call.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "net/dial.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { SPARE_MAX = 256 };

static void call_on_ready(struct outbound *outbound, uint32_t epoll_events);
static void on_due(struct timer *timer);

int64_t call_now_us(const struct call *call)
{
    return clock_mono_us() - call->started_us;
}

static struct call *call_new(struct call_kit *kit)
{
    if (list_is_empty(&kit->spare)) {
        struct call *call = NEW(struct call);
        call->kit = kit;
        call->timer.on_due = on_due;
        list_init(&call->link);
        answer_init(&call->answer);
        return call;
    }
    struct call *call = container_of(kit->spare.next, struct call, link);
    list_remove(&call->link);
    kit->spare_count--;
    answer_clear(&call->answer);
    return call;
}

static void call_free(struct call *call)
{
    struct call_kit *kit = call->kit;
    list_remove(&call->link);
    if (kit->spare_count >= SPARE_MAX) {
        answer_done(&call->answer);
        free(call);
        return;
    }
    list_add_first(&kit->spare, &call->link);
    kit->spare_count++;
}

void call_close(struct call *call)
{
    if (!call->outbound)
        return;
    outbound_free(call->outbound);
    call->outbound = NULL;
    call->kit->counts.open--;
}

// Lets go of everything but the answer, which the owner still reads.
static void call_detach(struct call *call)
{
    loop_timer_stop(call->kit->loop, &call->timer);
    if (call->id != 0)
        map_remove(&call->kit->resolving, (struct map_key){.low = call->id});
    call->id = 0;
    call_close(call);
    pool_release(&call->kit->pool, call->origin);
    call->origin = NULL;
    list_remove(&call->link);
}

static void call_keep(struct call *call)
{
    struct outbound *outbound = call->outbound;
    call->outbound = NULL;
    call->kit->counts.open--;
    pool_keep(&call->kit->pool, call->origin, outbound, answer_idle_max_ms(&call->answer));
}

static void call_fill(const struct call *call, enum call_result result,
                      struct call_answer *ret)
{
    const struct answer *answer = &call->answer;
    *ret = (struct call_answer){.result = result,
                                .detail = call->detail,
                                .head = "",
                                .body = "",
                                .retry_after_ms = -1,
                                .timings = call->timings,
                                .remote = call->remote,
                                .was_kept = call->was_kept};
    ret->timings.total = call_now_us(call);
    if (result != CALL_ANSWERED)
        return;
    ret->status = answer->head.status;
    ret->head = answer->bytes.data;
    ret->head_len = answer->head.len - 2; // without the empty line
    ret->body = answer->bytes.data + answer->head.len;
    ret->body_len = answer->kept;
    ret->body_cut = answer->is_cut;
    ret->retry_after_ms = answer_retry_after_ms(answer, loop_now(call->kit->loop).wall_ms);
}

// The one end of a call. The connection is given back first: the owner may call again at
// once.
void call_finish(struct call *call, enum call_result result)
{
    struct call_answer answer;
    if (result == CALL_ANSWERED)
        answer_redirect(&call->answer, call->detail, sizeof call->detail);
    call_fill(call, result, &answer);
    size_t len = call->bytes.head_len + call->bytes.body_len;
    if (result == CALL_ANSWERED && call->answer.is_reusable && call->bytes.sent == len)
        call_keep(call);
    call_detach(call);
    call->on_end(call->owner, call->tag, &answer);
    call_free(call);
}

void call_wait_until(struct call *call, int64_t mono_ms)
{
    if (mono_ms > call->until_ms)
        mono_ms = call->until_ms;
    loop_timer(call->kit->loop, &call->timer, mono_ms);
}

void call_enter(struct call *call, enum phase phase, enum limit phase_limit)
{
    call->phase = phase;
    call->phase_ms = loop_now(call->kit->loop).mono_ms + limit(phase_limit);
    call_wait_until(call, call->phase_ms);
}

static void call_enter_body(struct call *call)
{
    call->phase = PHASE_BODY;
    outbound_stop_writing(call->outbound); // who answers before has read enough
    loop_timer(call->kit->loop, &call->timer,
               loop_now(call->kit->loop).mono_ms + limit(LIMIT_RESPONSE_BODY_MS));
}

// True: the call goes on.
static bool call_take(struct call *call, enum answer_state state)
{
    if (state == ANSWER_MORE) {
        if (call->answer.has_head && call->phase != PHASE_BODY)
            call_enter_body(call);
        return true;
    }
    call_finish(call, state == ANSWER_DONE ? CALL_ANSWERED : call->answer.fault);
    return false;
}

static void call_on_end_of_stream(struct call *call, enum outbound_state how)
{
    enum answer_state state = answer_end(&call->answer, how == OUTBOUND_CLOSED);
    if (state == ANSWER_FAILED && (how == OUTBOUND_FAILED || call->write_failed))
        call->answer.fault = CALL_RESET;
    call_take(call, state);
}

static void call_read(struct call *call)
{
    for (;;) {
        size_t room, len = 0;
        char *bytes = answer_room(&call->answer, &room);
        enum outbound_state state = outbound_read(call->outbound, bytes, room, &len);
        if (state == OUTBOUND_WAITS)
            return;
        if (state != OUTBOUND_DONE) {
            call_on_end_of_stream(call, state);
            return;
        }
        if (call->timings.first_byte < 0)
            call->timings.first_byte = call_now_us(call);
        struct outbound *outbound = call->outbound;
        if (!call_take(call, answer_feed(&call->answer, len)) || !outbound_has_more(outbound))
            return;
    }
}

// What is in the peer's answer is read even where it does not take all of the request.
static void call_write(struct call *call)
{
    switch (outbound_write(call->outbound, &call->bytes)) {
    case OUTBOUND_WAITS: return;
    case OUTBOUND_DONE: call->phase = PHASE_WAITING; return;
    default: break;
    }
    if (call->was_kept && !outbound_wrote(call->outbound, &call->bytes)) {
        call_close(call);
        call->was_kept = false;
        dial_start(call);
        return;
    }
    call->write_failed = true;
    call->phase = PHASE_WAITING;
}

void call_send(struct call *call)
{
    call->phase = PHASE_SENDING;
    call_wait_until(call, call->until_ms);
    outbound_begin(call->outbound);
    call_write(call);
}

void call_hold(struct call *call, struct outbound *outbound)
{
    call->outbound = outbound;
    call->remote = outbound->remote;
    outbound->on_ready = call_on_ready;
    outbound->owner = call;
    call->kit->counts.open++;
}

static void call_on_ready(struct outbound *outbound, uint32_t epoll_events)
{
    struct call *call = outbound->owner;
    switch (call->phase) {
    case PHASE_RESOLVING: abort(); // it has no connection yet
    case PHASE_CONNECTING:
    case PHASE_HANDSHAKING: dial_on_ready(call); return;
    case PHASE_SENDING:
        if (epoll_events & EPOLLOUT)
            call_write(call);
        if (call->outbound == outbound && epoll_events & ~(uint32_t)EPOLLOUT)
            call_read(call);
        return;
    case PHASE_WAITING:
    case PHASE_BODY: call_read(call); return;
    }
}

static void on_due(struct timer *timer)
{
    struct call *call = container_of(timer, struct call, timer);
    switch (call->phase) {
    case PHASE_RESOLVING:
    case PHASE_CONNECTING:
    case PHASE_HANDSHAKING: dial_on_due(call); return;
    case PHASE_SENDING:
    case PHASE_WAITING: call_finish(call, CALL_TIMEOUT); return;
    case PHASE_BODY: call_take(call, answer_end(&call->answer, false)); return;
    }
}

void call_start(struct call_kit *kit, const struct call_request *request, call_end *on_end,
                void *owner, uint64_t tag)
{
    struct call *call = call_new(kit);
    call->on_end = on_end;
    call->owner = owner;
    call->tag = tag;
    call->bytes = (struct outbound_bytes){.head = request->head,
                                          .head_len = request->head_len,
                                          .body = request->body,
                                          .body_len = request->body_len};
    call->write_failed = false;
    call->started_us = clock_mono_us();
    call->until_ms = loop_now(kit->loop).mono_ms + request->timeout_ms;
    call->remote.len = 0;
    call->timings = (struct call_timings){-1, -1, -1, -1, -1};
    call->detail[0] = '\0';
    call->origin =
        pool_origin(&kit->pool, request->app_id, request->tls, request->host, request->port);
    list_add_last(&kit->live, &call->link);
    kit->counts.calls++;

    struct outbound *kept = pool_take(&kit->pool, call->origin);
    call->was_kept = kept != NULL;
    if (!kept) {
        dial_start(call);
        return;
    }
    kit->counts.reused++;
    call_hold(call, kept);
    call_send(call);
}

void call_cancel(struct call_kit *kit, void *owner, uint64_t tag)
{
    for (struct link *at = kit->live.next; at != &kit->live; at = at->next) {
        struct call *call = container_of(at, struct call, link);
        if (call->owner != owner || call->tag != tag)
            continue;
        call_detach(call);
        call_free(call);
        return;
    }
}

void call_kit_init(struct call_kit *kit, struct loop *loop)
{
    *kit = (struct call_kit){.loop = loop};
    pool_init(&kit->pool, loop);
    list_init(&kit->live);
    list_init(&kit->spare);
    map_init(&kit->resolving, 0);
}

void call_kit_done(struct call_kit *kit)
{
    while (!list_is_empty(&kit->live)) {
        struct call *call = container_of(kit->live.next, struct call, link);
        call_detach(call);
        call_free(call);
    }
    while (!list_is_empty(&kit->spare)) {
        struct call *call = container_of(kit->spare.next, struct call, link);
        list_remove(&call->link);
        answer_done(&call->answer);
        free(call);
    }
    map_done(&kit->resolving);
    pool_done(&kit->pool);
}
