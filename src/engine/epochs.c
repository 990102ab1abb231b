#include "engine/epochs.h"

#include <string.h>

// A clock that is kept right by small steps drifts less than this between two turns.
enum { JUMP_MS = 1000 };

// What was written before this engine ran counts as of the first epoch.
#define FIRST_MS (INT64_MIN / 2)

void epochs_see(struct epochs *epochs, struct moment now)
{
    int64_t offset = now.wall_ms - now.mono_ms;
    int64_t known = epochs->count ? epochs->rows[epochs->count - 1].offset_ms : 0;

    if (epochs->count && offset - known <= JUMP_MS && known - offset <= JUMP_MS)
        return;
    if (epochs->count == EPOCHS_MAX)
        memmove(epochs->rows, epochs->rows + 1,
                (size_t)--epochs->count * sizeof *epochs->rows);
    epochs->rows[epochs->count].since_mono_ms = epochs->count ? now.mono_ms : FIRST_MS;
    epochs->rows[epochs->count].offset_ms = offset;
    epochs->count++;
}

int64_t epochs_horizon_ms(const struct epochs *epochs, struct moment now)
{
    int64_t horizon = now.wall_ms;

    for (int i = 0; i < epochs->count; i++) {
        int64_t then = now.mono_ms + epochs->rows[i].offset_ms;
        horizon = then > horizon ? then : horizon;
    }
    return horizon;
}

// A due time is of an epoch if its wait began in it. Where several fit, the latest counts.
int64_t epochs_due_mono_ms(const struct epochs *epochs, struct moment now,
                           int64_t due_wall_ms, int64_t wait_ms)
{
    int64_t ahead = due_wall_ms - now.wall_ms;
    int64_t due = INT64_MIN;

    if (ahead <= wait_ms)
        return now.mono_ms + ahead;
    for (int i = 0; i + 1 < epochs->count; i++) {
        int64_t began = due_wall_ms - wait_ms - epochs->rows[i].offset_ms;
        if (began >= epochs->rows[i].since_mono_ms - JUMP_MS &&
            began <= epochs->rows[i + 1].since_mono_ms + JUMP_MS && began + wait_ms > due)
            due = began + wait_ms;
    }
    return due == INT64_MIN ? now.mono_ms + wait_ms : due;
}
