#include "net/ring.h"

#include "base/memory.h"

#include <stdlib.h>

void ring_init(struct ring *ring)
{
    *ring = (struct ring){0};
}

void ring_done(struct ring *ring)
{
    while (ring_first(ring))
        ring_pop(ring);
    free(ring->more);
    ring_init(ring);
}

static struct owed *slot_of(struct ring *ring, uint32_t turn)
{
    return ring->cap ? &ring->more[turn & (ring->cap - 1)] : &ring->few[turn % RING_FIRST];
}

static void grow(struct ring *ring)
{
    uint32_t cap = ring->cap ? ring->cap * 2 : RING_FIRST * 4;
    struct owed *more = NEW_ARRAY(struct owed, cap);

    for (uint32_t turn = ring->first; turn != ring->next; turn++)
        more[turn & (cap - 1)] = *slot_of(ring, turn);
    free(ring->more);
    ring->more = more;
    ring->cap = cap;
}

uint32_t ring_push(struct ring *ring, bool is_last, bool is_head)
{
    if (ring_count(ring) == (ring->cap ? ring->cap : RING_FIRST))
        grow(ring);
    *slot_of(ring, ring->next) = (struct owed){.is_last = is_last, .is_head = is_head};
    return ring->next++;
}

struct owed *ring_find(struct ring *ring, uint32_t turn)
{
    return turn - ring->first < ring_count(ring) ? slot_of(ring, turn) : NULL;
}

struct owed *ring_first(struct ring *ring)
{
    return ring_find(ring, ring->first);
}

void ring_pop(struct ring *ring)
{
    free(slot_of(ring, ring->first)->bytes);
    ring->first++;
}
