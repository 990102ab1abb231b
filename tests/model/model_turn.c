#include "engine/mutant.h"
#include "model_rows.h"

#include <string.h>

static bool is_same_line(const struct store_backend *model, const struct model_delivery *a,
                         const struct model_delivery *b)
{
    const struct event *left = model_event_of(model, a->event_id);
    const struct event *right = model_event_of(model, b->event_id);

    return a->webhook_id == b->webhook_id && left && right && left->order_key &&
           right->order_key && !strcmp(left->order_key, right->order_key);
}

// What is only meant to be cancelled stands in nobody's way.
static bool stands_in_line(const struct store_backend *model,
                           const struct model_delivery *row)
{
    return row->is_in_line &&
           !(delivery_is_open(row->state) && model_is_cancelled(model, row));
}

static struct model_delivery *first_like(const struct store_backend *model,
                                         const struct model_delivery *like)
{
    struct model_delivery *first = NULL;

    for (size_t i = 0; i < model->deliveries.count; i++) {
        struct model_delivery *row = model->deliveries.rows[i];
        if (stands_in_line(model, row) && (!first || row->sequence < first->sequence) &&
            is_same_line(model, row, like))
            first = row;
    }
    return first;
}

bool model_turn_join(struct store_backend *model, struct model_delivery *row)
{
    if (!row->sequence)
        return true;
    row->is_in_line = true;
    return MUTANT_IS(ORDER_IGNORED) || first_like(model, row) == row;
}

void model_turn_leave(struct store_backend *model, struct model_delivery *row, int64_t now_ms,
                      struct news *news)
{
    struct model_delivery *first;

    if (!row->sequence)
        return;
    TOUCH(model, row);
    row->is_in_line = false;
    first = MUTANT_IS(HELD_FOREVER) ? NULL : first_like(model, row);
    if (!first || first->state != DELIVERY_HELD)
        return;
    TOUCH(model, first);
    model_enter(first, DELIVERY_PARKED);
    first->due = model_due(first->due, now_ms, first->wait_ms);
    first->due = first->due > now_ms ? first->due : now_ms;
    model_tell_parked(model, model_find_webhook(model, first->webhook_id), now_ms, news);
}
