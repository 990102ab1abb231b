// How often somebody may do something, counted across all threads: the one thing that they
// share and change. It is a table of fixed size, each place of it one word that says when the
// next request of its owner would be due, were they evenly spread (GCRA). A request may come
// early by a burst.
//
// A word only grows and is changed by compare-and-exchange, so two threads never give the
// same allowance away, and the clock never jumps (base/clock.h), so nobody is refilled or
// locked out by one that does. Only a newcomer takes a lock, for the length of a search. An
// owner whose allowance is whole again needs no place and may lose it; where all places that
// an owner may have are held, it shares one, and the two are then allowed less, never more.

#ifndef THREAD_LIMIT_H
#define THREAD_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limit_table;

struct rate {
    int64_t interval_ns; // between two requests, on the long run; at least 1
    int64_t burst;       // at once, after a silence; at least 1
};

struct taken {
    int64_t burst;    // 0: nothing was counted
    int64_t window_s; // in which a whole burst comes back
    int64_t left;     // of it
    int64_t wait_s;   // until one more is there (refused), or all of it (taken)
};

// seed: dice, so that nobody can choose owners that meet. places: rounded up to a power of 2.
struct limit_table *limit_table_new(size_t places, uint64_t seed);
void limit_table_free(struct limit_table *table); // does nothing to NULL

// Takes one from who's allowance. False: none is left; nothing was taken. Any thread.
bool limit_take(struct limit_table *table, uint64_t who, const struct rate *rate,
                int64_t mono_ms, struct taken *ret);

#endif
