// An intrusive binary heap: the least key first; equal keys in order of arrival. An item
// knows its place, so it can be moved or removed in O(log n).

#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
    int64_t key;
    uint64_t seq;
    size_t place; // 1-based; 0: in no heap
};

struct heap {
    struct heap_item **items;
    size_t count;
    size_t cap;
    uint64_t seq;
};

void heap_init(struct heap *heap);
// The items are the caller's: they are not looked at, and may be gone already.
void heap_done(struct heap *heap);

void heap_add(struct heap *heap, struct heap_item *item, int64_t key);
void heap_move(struct heap *heap, struct heap_item *item,
               int64_t key);                                 // adds it if it is in none
void heap_remove(struct heap *heap, struct heap_item *item); // does nothing if it is in none
struct heap_item *heap_first(const struct heap *heap);       // NULL: empty

#endif
