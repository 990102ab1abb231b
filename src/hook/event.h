// An accepted event: the bytes that go on the wire, and what is known about them. Built once
// at the door, stored as it stands, sent as it stands. Immutable and counted: the only object
// that several threads hold (its count is atomic).

#ifndef HOOK_EVENT_H
#define HOOK_EVENT_H

#include "hook/trigger.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum event_mode { EVENT_LIVE, EVENT_TEST };
enum { EVENT_TYPE_MAX = 128, EVENT_ORDER_KEY_MAX = 128 };

struct event {
    atomic_int refs;
    int64_t id;
    int64_t app_id;
    int64_t created_ms; // wall
    enum event_mode mode;
    enum trigger
        trigger; // SCHEDULED; TEST: sent once, to one webhook, because a person asked
    char type[EVENT_TYPE_MAX + 1];
    char *uid;         // the publisher's own id, or NULL
    char *order_key;   // events of one key go to each webhook in order; NULL: no order
    size_t payload_at; // where the payload stands in the body; the same bytes as came in …
    size_t payload_len;
    char *original; // … unless the profile edited it: then the payload as it came; else NULL
    size_t original_len;
    size_t body_len;
    char body[]; // with a NUL behind it
};

struct event *event_new(size_t body_len); // zeroed, one reference, the caller's
struct event *event_hold(struct event *event);
void event_drop(struct event *event); // frees the last; does nothing to NULL

// The payload exactly as the publisher sent it.
const char *event_payload(const struct event *event, size_t *ret_len);

#endif
