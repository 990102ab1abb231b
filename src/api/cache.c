#include "api/cache.h"

#include "base/memory.h"
#include "base/random.h"

void cache_init(struct cache *cache, size_t max, void (*drop)(struct cache_item *item))
{
    map_init(&cache->items, random_u64());
    list_init(&cache->order);
    cache->max = max;
    cache->drop = drop;
}

static void remove_item(struct cache *cache, struct cache_item *item)
{
    list_remove(&item->link);
    map_remove(&cache->items, item->key);
    cache->drop(item);
}

void cache_done(struct cache *cache)
{
    while (!list_is_empty(&cache->order)) {
        remove_item(cache, container_of(cache->order.next, struct cache_item, link));
    }
    map_done(&cache->items);
}

struct cache_item *cache_find(struct cache *cache, struct map_key key)
{
    struct cache_item *item = map_find(&cache->items, key);

    if (item != NULL && cache->order.next != &item->link) {
        list_remove(&item->link);
        list_add_first(&cache->order, &item->link);
    }
    return item;
}

void cache_put(struct cache *cache, struct map_key key, struct cache_item *item)
{
    cache_drop(cache, key);
    if (cache->items.count >= cache->max) {
        remove_item(cache, container_of(cache->order.prev, struct cache_item, link));
    }
    item->key = key;
    list_init(&item->link);
    list_add_first(&cache->order, &item->link);
    map_put(&cache->items, key, item);
}

void cache_drop(struct cache *cache, struct map_key key)
{
    struct cache_item *item = map_find(&cache->items, key);

    if (item != NULL) {
        remove_item(cache, item);
    }
}

void cache_drop_if(struct cache *cache,
                   _Bool (*matches)(const struct cache_item *item, const void *with),
                   const void *with)
{
    struct link *link = cache->order.next;

    while (link != &cache->order) {
        struct cache_item *item = container_of(link, struct cache_item, link);
        link = link->next;
        if (matches(item, with)) {
            remove_item(cache, item);
        }
    }
}
