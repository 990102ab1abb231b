#include "hook/delivery.h"

#include <assert.h>
#include <stddef.h>

#define TO(state) (1u << DELIVERY_##state)

// A fresh or parked one may settle any way. A held one waits for its turn, or is cancelled;
// an attempt from before it was held may still end it. One that recover takes up may be held.
// One that has ended is opened again only by a person's retry: it is parked, due now; and a
// test or an attempt still in flight when it was cancelled may yet succeed.
static const struct {
    const char *name;
    unsigned next;
} rows[DELIVERY_STATES] = {
    [DELIVERY_FRESH] = {"fresh",
                        TO(FRESH) | TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED)},
    [DELIVERY_PARKED] = {"parked", TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED)},
    [DELIVERY_HELD] = {"held",
                       TO(FRESH) | TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED)},
    [DELIVERY_DELIVERED] = {"delivered", TO(PARKED)},
    [DELIVERY_FAILED] = {"failed", TO(PARKED) | TO(HELD) | TO(DELIVERED)},
    [DELIVERY_CANCELLED] = {"cancelled", TO(PARKED) | TO(HELD) | TO(DELIVERED)},
};

const char *delivery_state_name(enum delivery_state state)
{
    assert((size_t)state < DELIVERY_STATES);
    return rows[state].name;
}

bool delivery_is_open(enum delivery_state state)
{
    return state == DELIVERY_FRESH || state == DELIVERY_PARKED || state == DELIVERY_HELD;
}

bool delivery_may_follow(enum delivery_state from, enum delivery_state to)
{
    assert((size_t)from < DELIVERY_STATES && (size_t)to < DELIVERY_STATES);
    return (rows[from].next >> to & 1u) != 0;
}
