// How the wall clock went while this engine ran: the store knows due times by the wall clock,
// which a person may set, while waits are to be kept by the clock that never jumps. Each
// stretch between two jumps is remembered, so that a due time can be read as it was written.

#ifndef ENGINE_EPOCHS_H
#define ENGINE_EPOCHS_H

#include "base/moment.h"

#include <stdint.h>

enum { EPOCHS_MAX = 16 };

struct epochs {
    struct {
        int64_t since_mono_ms;
        int64_t offset_ms; // wall − mono
    } rows[EPOCHS_MAX];    // oldest first
    int count;
};

void epochs_see(struct epochs *epochs, struct moment now); // at every turn

// The wall time now by the epoch that was furthest ahead: what is due by it may be due.
int64_t epochs_horizon_ms(const struct epochs *epochs, struct moment now);

// When something is due that was written as due_wall_ms after a wait of that length began:
// never before the wait is over, and not later than that from now on where nobody knows what
// the clock said then.
int64_t epochs_due_mono_ms(const struct epochs *epochs, struct moment now,
                           int64_t due_wall_ms, int64_t wait_ms);

#endif
