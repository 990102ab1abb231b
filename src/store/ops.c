#include "store/ops.h"

#include "base/memory.h"

#include <stdlib.h>

struct op *op_new(enum op_kind kind, int worker, void *asker)
{
    struct op *op = NEW(struct op);

    op->kind = kind;
    op->worker = worker;
    op->asker = asker;
    arena_init(&op->arena);
    return op;
}

static void drop_list(struct op *op)
{
    if (op->as.list.query.kind != LIST_EVENTS)
        return;
    for (size_t i = 0; i < op->as.list.count; i++)
        event_drop(op->as.list.rows.events[i].event);
}

void op_free(struct op *op)
{
    if (!op)
        return;
    switch (op->kind) {
    case OP_ACCEPT: intake_done(&op->as.accept.accept); break;
    case OP_RECORD: intake_done(&op->as.record.accept); break;
    case OP_SETTLE: settle_free(op->as.settle.settle); break;
    case OP_PARK: parcel_free_all(op->as.park.parcels); break;
    case OP_CLAIM: parcel_free_all(op->as.claim.claimed.parcels); break;
    case OP_LIST: drop_list(op); break;
    case OP_GET_EVENT: event_drop(op->as.event.row.event); break;
    case OP_GET_DELIVERY: event_drop(op->as.get_delivery.event); break;
    default: break;
    }
    arena_done(&op->arena);
    free(op);
}

bool op_is_read(enum op_kind kind)
{
    return kind >= OP_KEY_BY_LOOKUP;
}
