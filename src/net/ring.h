// The replies that a connection owes, in the order of its requests. Answers may come in any
// order; they leave in this one. A request's turn is its number on the connection, which
// wraps around.

#ifndef NET_RING_H
#define NET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_FIRST = 4 };

struct owed {
    char *bytes; // the answer that waits for the ones before it, from malloc(); or NULL
    size_t len;
    bool is_answered;
    bool is_last; // the connection ends after it
    bool is_head; // the request was a HEAD: its answer has no body
};

struct ring {
    uint32_t first; // the turn that is answered next
    uint32_t next;  // the turn of the next request
    uint32_t cap;   // of more; a power of two, or 0
    struct owed few[RING_FIRST];
    struct owed *more; // once few were too few
};

void ring_init(struct ring *ring);
void ring_done(struct ring *ring); // with what was answered and has not left

uint32_t ring_push(struct ring *ring, bool is_last, bool is_head); // returns its turn
struct owed *ring_find(struct ring *ring, uint32_t turn);          // NULL: not owed
struct owed *ring_first(struct ring *ring);                        // NULL: nothing is owed
void ring_pop(struct ring *ring); // the first is gone; its bytes are freed

static inline uint32_t ring_count(const struct ring *ring)
{
    return ring->next - ring->first;
}

#endif
