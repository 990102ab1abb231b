#include "engine/queue.h"

#include "base/memory.h"
#include "engine/hand.h"
#include "engine/mutant.h"

void queue_init(struct queue *queue)
{
    heap_init(&queue->old);
    heap_init(&queue->young);
    queue->turn = 0;
}

void queue_done(struct queue *queue)
{
    heap_done(&queue->old);
    heap_done(&queue->young);
}

void queue_remove(struct queue *queue, struct held *held)
{
    heap_remove(held->is_young ? &queue->young : &queue->old, &held->due);
    held->is_young = false;
}

void queue_put(struct queue *queue, struct held *held, int64_t due_mono_ms)
{
    if (held->is_young)
        queue_remove(queue, held);
    heap_move(&queue->old, &held->due, due_mono_ms);
}

void queue_put_young(struct queue *queue, struct held *held, int64_t due_mono_ms)
{
    queue_remove(queue, held);
    held->is_young = true;
    heap_add(&queue->young, &held->due, due_mono_ms);
}

// For the simulation to see that it would notice.
static struct heap_item *last_of(const struct heap *heap)
{
    struct heap_item *last = heap_first(heap);

    for (size_t i = 0; i < heap->count; i++)
        if (heap->items[i]->key > last->key)
            last = heap->items[i];
    return last;
}

// The young are due, so an old one that is due before them is due as well.
struct held *queue_first(const struct queue *queue)
{
    struct heap_item *old =
        MUTANT_IS(NEWEST_FIRST) ? last_of(&queue->old) : heap_first(&queue->old);
    struct heap_item *young = heap_first(&queue->young);
    struct heap_item *first = old;

    if (young && (!old || young->key < old->key || queue->turn == QUEUE_YOUNG_TURN - 1))
        first = young;
    return first ? container_of(first, struct held, due) : NULL;
}

void queue_take(struct queue *queue, struct held *held)
{
    queue->turn = held->is_young ? 0 : queue->turn + (queue->turn < QUEUE_YOUNG_TURN - 1);
    queue_remove(queue, held);
}

size_t queue_count(const struct queue *queue)
{
    return queue->old.count + queue->young.count;
}
