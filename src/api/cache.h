// A bounded cache, the least recently used item going first. Items are intrusive: the owner
// embeds struct cache_item and frees what is dropped.

#ifndef API_CACHE_H
#define API_CACHE_H

#include "base/list.h"
#include "base/map.h"

#include <stddef.h>

struct cache_item {
    struct link link;
    struct map_key key;
};

struct cache {
    struct map items;
    struct link order; // most recently used first
    size_t max;
    void (*drop)(struct cache_item *item);
};

void cache_init(struct cache *cache, size_t max, void (*drop)(struct cache_item *item));
void cache_done(struct cache *cache); // drops all

struct cache_item *cache_find(struct cache *cache, struct map_key key); // NULL: not there
// Takes the item over; one of the same key is dropped before.
void cache_put(struct cache *cache, struct map_key key, struct cache_item *item);
void cache_drop(struct cache *cache, struct map_key key); // does nothing if it is not there
// Drops every item that matches.
void cache_drop_if(struct cache *cache,
                   _Bool (*matches)(const struct cache_item *item, const void *with),
                   const void *with);

#endif
