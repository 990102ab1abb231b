#include "api/key_uses.h"

#include "api/door_parts.h"
#include "base/limits.h"
#include "store/store.h"

#include <string.h>

// A session's idling is told from what is written, so it is written twice as often as one may
// idle where that is less than the usual.
static int every_ms_of(const struct known_key *key)
{
    int64_t half_ms = limit(LIMIT_SESSION_IDLE_MS) / 2;

    return key->is_session && half_ms < KEY_USE_EVERY_MS ? (int)half_ms : KEY_USE_EVERY_MS;
}

void key_uses_note(struct key_uses *uses, struct known_key *key, int64_t now_ms)
{
    int every_ms = every_ms_of(key);

    if (now_ms - key->noted_ms < every_ms || uses->count == KEY_USES_MAX) {
        return;
    }
    key->noted_ms = now_ms;
    uses->rows[uses->count++] = (struct key_use){.key_id = key->id,
                                                 .at_ms = now_ms,
                                                 .is_session = key->is_session,
                                                 .every_ms = every_ms};
}

// Nobody waits for the answer (door_on_op() frees it): a use that was not written is noted
// again a minute later.
void key_uses_flush(struct door *door)
{
    struct key_uses *uses = &door->uses;

    if (uses->count == 0) {
        return;
    }
    struct op *op = op_new(OP_KEY_USES, door->options.worker, NULL);
    struct key_use *rows = arena_take(&op->arena, uses->count * sizeof *rows);
    memcpy(rows, uses->rows, uses->count * sizeof *rows);
    op->as.key_uses.rows = rows;
    op->as.key_uses.count = uses->count;
    uses->count = 0;
    store_submit(door->options.store, op);
}
