#include "hook/event.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct event *event_new(size_t body_len)
{
    assert(body_len < SIZE_MAX - sizeof(struct event) - 1);
    struct event *event = memory_new(sizeof *event + body_len + 1);
    atomic_init(&event->refs, 1);
    event->body_len = body_len;
    return event;
}

struct event *event_hold(struct event *event)
{
    int before = atomic_fetch_add_explicit(&event->refs, 1, memory_order_relaxed);
    assert(before > 0);
    return event;
}

void event_drop(struct event *event)
{
    if (!event)
        return;
    int before = atomic_fetch_sub_explicit(&event->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    free(event->uid);
    free(event->order_key);
    free(event->original);
    free(event);
}

const char *event_payload(const struct event *event, size_t *ret_len)
{
    if (event->original) {
        *ret_len = event->original_len;
        return event->original;
    }
    assert(event->payload_at <= event->body_len &&
           event->payload_len <= event->body_len - event->payload_at);
    *ret_len = event->payload_len;
    return event->body + event->payload_at;
}
