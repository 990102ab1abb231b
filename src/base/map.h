// Hash maps from a 64-bit or a 128-bit key to a pointer, or to nothing (a set). Iteration
// order depends on the keys and on the order of changes alone, never on addresses, so a
// simulation can be replayed.

#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_key {
    uint64_t high; // 0 for plain 64-bit keys
    uint64_t low;
};

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t count;
    size_t cap;    // a power of two, or 0
    uint64_t seed; // 0 unless the keys come from strangers
};

void map_init(struct map *map, uint64_t seed);
void map_done(struct map *map); // the values are the caller's

void *map_find(const struct map *map, struct map_key key); // NULL: none
// value must not be NULL. Returns the value that it replaces, or NULL.
void *map_put(struct map *map, struct map_key key, void *value);
void *map_remove(struct map *map, struct map_key key); // NULL: none

// for (size_t at = 0; map_next(&map, &at, &key, &value);) … ; no change while walking.
bool map_next(const struct map *map, size_t *at, struct map_key *ret_key, void **ret_value);

static inline struct map_key map_key(int64_t id)
{
    return (struct map_key){.low = (uint64_t)id};
}

static inline struct map_key map_key2(int64_t high, int64_t low)
{
    return (struct map_key){.high = (uint64_t)high, .low = (uint64_t)low};
}

#endif
