#include "hook/delivery.h"

#include <assert.h>
#include <stddef.h>

#define TO(state) (1u << DELIVERY_##state)

// A fresh or parked one may settle any way. A held one waits for its turn, or is cancelled;
// an attempt from before it was held may still end it. One that recover takes up may be held.
// One that has ended is opened again only by a person's retry: it is parked, due now; and a
// test or an attempt still in flight when it was cancelled may yet succeed.
static const unsigned next[DELIVERY_STATES] = {
    [DELIVERY_FRESH] = TO(FRESH) | TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED),
    [DELIVERY_PARKED] = TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED),
    [DELIVERY_HELD] = TO(FRESH) | TO(PARKED) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED),
    [DELIVERY_DELIVERED] = TO(PARKED),
    [DELIVERY_FAILED] = TO(PARKED) | TO(HELD) | TO(DELIVERED),
    [DELIVERY_CANCELLED] = TO(PARKED) | TO(HELD) | TO(DELIVERED),
};

bool delivery_is_open(enum delivery_state state)
{
    return state == DELIVERY_FRESH || state == DELIVERY_PARKED || state == DELIVERY_HELD;
}

bool delivery_may_follow(enum delivery_state from, enum delivery_state to)
{
    assert((size_t)from < DELIVERY_STATES && (size_t)to < DELIVERY_STATES);
    return (next[from] >> to & 1u) != 0;
}
