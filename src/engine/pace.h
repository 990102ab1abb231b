// How fast attempts to one webhook may start, where it has a limit: evenly, so that no second
// holds more than are allowed. It delays what is due; it never makes anything early. What a
// slow turn of the loop missed is made good for 10 ms, where they come closer than that.

#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    int64_t next_us; // when the next attempt may start; 0: at once
};

// per_second 0: there is no limit.
int64_t pace_at_ms(const struct pace *pace, int per_second);       // when one may start
void pace_take(struct pace *pace, int per_second, int64_t now_ms); // one starts

#endif
