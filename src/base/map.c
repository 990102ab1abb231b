#include "base/map.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 16 };

struct map_slot {
    struct map_key key;
    void *value; // NULL: free
};

// Two rounds of multiply-and-fold. The constants are odd numbers without pattern; the seed
// enters both rounds, so that whoever does not know it cannot choose colliding keys at once.
static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= a >> 32;
    a *= UINT64_C(0x9e3779b97f4a7c15);
    a ^= a >> 29;
    a += b;
    a *= UINT64_C(0xbf58476d1ce4e5b9);
    return a ^ a >> 32;
}

static size_t home(const struct map *map, struct map_key key)
{
    uint64_t hash = mix(key.high ^ map->seed, key.low);

    return (size_t)mix(hash + key.low, map->seed) & (map->cap - 1);
}

static bool is_same(struct map_key a, struct map_key b)
{
    return a.low == b.low && a.high == b.high;
}

void map_init(struct map *map, uint64_t seed)
{
    *map = (struct map){.seed = seed};
}

void map_done(struct map *map)
{
    free(map->slots);
    map_init(map, map->seed);
}

// The slot of the key, or the free one where it belongs. The table is never full.
static struct map_slot *slot_of(const struct map *map, struct map_key key)
{
    size_t at = home(map, key);

    while (map->slots[at].value && !is_same(map->slots[at].key, key))
        at = (at + 1) & (map->cap - 1);
    return &map->slots[at];
}

void *map_find(const struct map *map, struct map_key key)
{
    return map->count ? slot_of(map, key)->value : NULL;
}

static void grow(struct map *map)
{
    struct map_slot *old = map->slots;
    size_t old_cap = map->cap;

    map->cap = old_cap ? old_cap * 2 : FIRST_CAP;
    map->slots = NEW_ARRAY(struct map_slot, map->cap);
    for (size_t at = 0; at < old_cap; at++)
        if (old[at].value)
            *slot_of(map, old[at].key) = old[at];
    free(old);
}

void *map_put(struct map *map, struct map_key key, void *value)
{
    struct map_slot *slot;
    void *replaced;

    assert(value);
    if (map->count >= map->cap / 4 * 3)
        grow(map);
    slot = slot_of(map, key);
    replaced = slot->value;
    map->count += !replaced;
    *slot = (struct map_slot){key, value};
    return replaced;
}

// Closes the gap: every later slot of the run whose home does not lie behind the gap moves
// into it, so that no search ever has to step over a grave.
static void close_gap(struct map *map, size_t gap)
{
    const size_t mask = map->cap - 1;

    for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t from_home = (at - home(map, map->slots[at].key)) & mask;
        if (from_home >= ((at - gap) & mask)) {
            map->slots[gap] = map->slots[at];
            gap = at;
        }
    }
    map->slots[gap].value = NULL;
}

void *map_remove(struct map *map, struct map_key key)
{
    struct map_slot *slot;
    void *value;

    if (map->count == 0)
        return NULL;
    slot = slot_of(map, key);
    value = slot->value;
    if (value) {
        map->count--;
        close_gap(map, (size_t)(slot - map->slots));
    }
    return value;
}

bool map_next(const struct map *map, size_t *at, struct map_key *ret_key, void **ret_value)
{
    while (*at < map->cap) {
        const struct map_slot *slot = &map->slots[(*at)++];
        if (!slot->value)
            continue;
        *ret_key = slot->key;
        *ret_value = slot->value;
        return true;
    }
    return false;
}
