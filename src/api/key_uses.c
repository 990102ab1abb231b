#include "api/key_uses.h"

#include "api/door_parts.h"
#include "store/store.h"

#include <string.h>

void key_uses_note(struct key_uses *uses, struct known_key *key, int64_t now_ms)
{
    if (now_ms - key->noted_ms < KEY_USE_EVERY_MS || uses->count == KEY_USES_MAX) {
        return;
    }
    key->noted_ms = now_ms;
    uses->rows[uses->count++] = (struct key_use){.key_id = key->id, .at_ms = now_ms};
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
