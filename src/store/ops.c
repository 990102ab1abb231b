#include "store/ops.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

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

static void set_versions(struct audit_row *row, enum verb verb, int version)
{
    row->before = verb == VERB_CREATE ? 0 : verb == VERB_UPDATE ? version - 1 : version;
    row->after = verb == VERB_DELETE ? 0 : version;
}

void op_fill_audit(struct op *op, int64_t now_ms)
{
    op->audit->at_ms = now_ms;
    if (op->kind == OP_SESSION)
        op->audit->app_id = op->as.session.row.app_id;
    if (op->kind == OP_APP)
        set_versions(op->audit, op->as.app.verb, op->as.app.row.version);
    else if (op->kind == OP_WEBHOOK)
        set_versions(op->audit, op->as.webhook.verb, op->as.webhook.row.version);
}

// "webhook." stands for all that begin so.
static bool is_action(const char *wanted, const char *action)
{
    size_t len = strlen(wanted);

    return action && (len > 0 && wanted[len - 1] == '.' ? !strncmp(wanted, action, len)
                                                        : !strcmp(wanted, action));
}

bool list_audit_fits(const struct list_query *query, const struct audit_row *row)
{
    return (query->app_id == 0 || query->app_id == row->app_id) &&
           (query->action == NULL || is_action(query->action, row->action)) &&
           (query->actor == LIST_ANY || query->actor == (int)row->actor) &&
           (query->actor_id == 0 || query->actor_id == row->actor_id) &&
           (query->since_ms == 0 || row->at_ms >= query->since_ms) &&
           (query->until_ms == 0 || row->at_ms < query->until_ms);
}

bool op_is_read(enum op_kind kind)
{
    return kind >= OP_KEY_BY_LOOKUP;
}
