#include "base/heap.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_CAP = 16 };

// items[0] is the item of place 1.

void heap_init(struct heap *heap)
{
    *heap = (struct heap){0};
}

void heap_done(struct heap *heap)
{
    free(heap->items);
    heap_init(heap);
}

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void put(struct heap *heap, size_t place, struct heap_item *item)
{
    heap->items[place - 1] = item;
    item->place = place;
}

// Both move the hole at place, not the item, until the item fits into it.
static void sift_up(struct heap *heap, size_t place, struct heap_item *item)
{
    while (place > 1 && is_before(item, heap->items[place / 2 - 1])) {
        put(heap, place, heap->items[place / 2 - 1]);
        place /= 2;
    }
    put(heap, place, item);
}

static void sift_down(struct heap *heap, size_t place, struct heap_item *item)
{
    for (;;) {
        size_t child = 2 * place;
        if (child > heap->count)
            break;
        if (child < heap->count && is_before(heap->items[child], heap->items[child - 1]))
            child++;
        if (!is_before(heap->items[child - 1], item))
            break;
        put(heap, place, heap->items[child - 1]);
        place = child;
    }
    put(heap, place, item);
}

static void sift(struct heap *heap, size_t place, struct heap_item *item)
{
    if (place > 1 && is_before(item, heap->items[place / 2 - 1]))
        sift_up(heap, place, item);
    else
        sift_down(heap, place, item);
}

void heap_add(struct heap *heap, struct heap_item *item, int64_t key)
{
    assert(item->place == 0);
    if (heap->count == heap->cap) {
        heap->cap = heap->cap ? heap->cap * 2 : FIRST_CAP;
        heap->items = memory_resize(heap->items, heap->cap * sizeof *heap->items);
    }
    item->key = key;
    item->seq = heap->seq++;
    sift_up(heap, ++heap->count, item);
}

void heap_move(struct heap *heap, struct heap_item *item, int64_t key)
{
    if (item->place == 0) {
        heap_add(heap, item, key);
        return;
    }
    item->key = key;
    item->seq = heap->seq++;
    sift(heap, item->place, item);
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    struct heap_item *last;

    if (place == 0)
        return;
    assert(place <= heap->count && heap->items[place - 1] == item);
    last = heap->items[--heap->count];
    if (last != item)
        sift(heap, place, last);
    item->place = 0;
}

struct heap_item *heap_first(const struct heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}
