#include "engine/hand.h"

#include "base/memory.h"
#include "hook/event.h"
#include "hook/parcel.h"

#include <assert.h>
#include <stdlib.h>

static struct map_key key_of(const struct parcel *parcel)
{
    return map_key2(parcel->event_id, parcel->n);
}

void hand_init(struct hand *hand)
{
    *hand = (struct hand){0};
    map_init(&hand->map, 0);
}

void hand_done(struct hand *hand)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&hand->map, &at, &key, &value);) {
        struct held *held = value;
        parcel_free(held->parcel);
        free(held);
    }
    map_done(&hand->map);
    while (hand->spares) {
        struct held *spare = hand->spares;
        hand->spares = spare->next_spare;
        free(spare);
    }
}

struct held *hand_find(const struct hand *hand, int64_t event_id, uint16_t n)
{
    return map_find(&hand->map, map_key2(event_id, n));
}

struct held *hand_add(struct hand *hand, struct parcel *parcel)
{
    struct held *held = hand->spares;

    if (held)
        hand->spares = held->next_spare;
    else
        held = NEW(struct held);
    *held = (struct held){.parcel = parcel};
    hand->bytes += held_bytes(held);
    void *twin = map_put(&hand->map, key_of(parcel), held);
    assert(!twin); // no delivery is in hand twice
    return held;
}

struct parcel *hand_take(struct hand *hand, struct held *held)
{
    struct parcel *parcel = held->parcel;

    assert(held->due.place == 0);
    hand->bytes -= held_bytes(held);
    map_remove(&hand->map, key_of(parcel));
    held->next_spare = hand->spares;
    hand->spares = held;
    return parcel;
}

void hand_release(struct hand *hand, struct held *held)
{
    parcel_free(hand_take(hand, held));
}

int64_t held_bytes(const struct held *held)
{
    return (int64_t)held->parcel->event->body_len;
}
