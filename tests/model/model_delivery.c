#include "base/memory.h"
#include "engine/mutant.h"
#include "hook/parcel.h"
#include "model_rows.h"

#include <assert.h>

struct model_delivery *model_find_delivery(const struct store_backend *model,
                                           int64_t event_id, uint16_t n)
{
    return table_find(&model->deliveries, map_key2(event_id, n));
}

bool model_is_cancelled(const struct store_backend *model, const struct model_delivery *row)
{
    const struct model_webhook *webhook = model_find_webhook(model, row->webhook_id);

    return !webhook || (row->event_id < webhook->row.cancel_before &&
                        row->spared < webhook->row.cancel_before);
}

void model_enter(struct model_delivery *row, enum delivery_state state)
{
    assert(delivery_may_follow(row->state, state));
    row->state = state;
}

struct event *model_event_of(const struct store_backend *model, int64_t event_id)
{
    const struct model_event *row = table_find(&model->events, map_key(event_id));

    return row && !row->is_gone ? row->event : NULL;
}

struct parcel *model_parcel_of(const struct model_delivery *row, struct event *event)
{
    struct parcel *parcel = NEW(struct parcel);

    parcel->event_id = row->event_id;
    parcel->webhook_id = row->webhook_id;
    parcel->app_id = row->app_id;
    parcel->partition = partition_of(row->webhook_id);
    parcel->n = row->n;
    parcel->step = row->step;
    parcel->number = row->number;
    parcel->crashes = row->crashes;
    parcel->trigger = trigger_next(row->asked > row->served, row->is_replayed);
    parcel->is_parked = row->state == DELIVERY_PARKED;
    parcel->due_wall_ms = row->due;
    parcel->wait_ms = row->wait_ms;
    parcel->event = event_hold(event);
    return parcel;
}

void model_add_attempt(struct store_backend *model, struct model_delivery *row,
                       const struct attempt_row *attempt)
{
    struct model_attempt *added = table_add(model, &model->attempts, NULL, sizeof *added);

    model_touch(model, &model->last_attempt, sizeof model->last_attempt);
    added->row = *attempt;
    added->row.id = ++model->last_attempt;
    if (attempt->detail)
        added->row.detail = (const unsigned char *)arena_copy(
            &model->texts, (const char *)attempt->detail, attempt->detail_len);
    added->webhook_id = row->webhook_id;
    added->app_id = row->app_id;
    added->prev = row->last;
    row->last = added;
    row->number = (uint16_t)attempt->number;
    row->status = attempt->status;
    row->error = attempt->error;
}

void model_end(struct model_delivery *row, enum delivery_state state, int64_t now_ms)
{
    model_enter(row, state);
    row->ended = now_ms;
    row->served = row->asked;
}

bool model_give_up(struct model_delivery *row, int64_t now_ms)
{
    if (row->number < DELIVERY_ATTEMPTS_MAX || !delivery_is_open(row->state))
        return false;
    row->asked = row->served;
    model_end(row, DELIVERY_FAILED, now_ms);
    return true;
}

static struct model_delivery *find_of_app(const struct store_backend *model,
                                          const struct op *op)
{
    struct model_delivery *row =
        model_find_delivery(model, op->as.delivery.event_id, op->as.delivery.n);

    return row && row->app_id == op->as.delivery.app_id ? row : NULL;
}

static void ask_again(struct model_delivery *row, int64_t cancel_before, int64_t now_ms)
{
    row->asked++;
    row->old_state = row->state;
    row->old_due = delivery_is_open(row->state) ? row->due : row->ended;
    model_enter(row, DELIVERY_PARKED);
    row->due = now_ms;
    row->ended = 0;
    row->spared = cancel_before;
}

static enum op_result retry_row(struct store_backend *model, struct model_delivery *row,
                                int64_t now_ms, struct news *news)
{
    struct model_webhook *webhook = model_find_webhook(model, row->webhook_id);

    if (!webhook || webhook->row.state != WEBHOOK_ENABLED)
        return OP_GONE;
    if (row->number >= DELIVERY_ATTEMPTS_MAX)
        return OP_SPENT;
    if (MUTANT_IS(RETRY_DEDUPLICATED) && row->asked > 0)
        return OP_DONE;
    TOUCH(model, row);
    if (delivery_is_open(row->state) && model_is_cancelled(model, row))
        model_end(row, DELIVERY_CANCELLED, now_ms);
    else if (delivery_is_open(row->state) &&
             (row->due <= now_ms || row->asked > row->served || row->state == DELIVERY_HELD))
        return OP_BUSY;
    ask_again(row, webhook->row.cancel_before, now_ms);
    model_tell_parked(model, webhook, now_ms, news);
    return OP_DONE;
}

void model_retry(struct store_backend *model, struct op *op, struct news *news)
{
    struct model_delivery *row = find_of_app(model, op);

    op->result = row ? retry_row(model, row, op->as.delivery.now_ms, news) : OP_NOT_FOUND;
}

void model_cancel(struct store_backend *model, struct op *op, struct news *news)
{
    struct model_delivery *row = find_of_app(model, op);

    op->result = row ? OP_GONE : OP_NOT_FOUND;
    if (!row || !delivery_is_open(row->state) || model_is_cancelled(model, row))
        return;
    TOUCH(model, row);
    model_enter(row, DELIVERY_CANCELLED);
    row->ended = op->as.delivery.now_ms;
    row->asked = row->served;
    row->is_by_person = true;
    model_turn_leave(model, row, row->ended, news);
    news_cancelled(news, row->webhook_id, row->event_id, row->n);
    op->result = OP_DONE;
}

void model_park(struct store_backend *model, struct op *op)
{
    for (const struct parcel *at = op->as.park.parcels; at; at = at->next) {
        struct model_delivery *row = model_find_delivery(model, at->event_id, at->n);
        if (!row || row->state != DELIVERY_FRESH)
            continue;
        TOUCH(model, row);
        model_enter(row, DELIVERY_PARKED);
    }
    op->result = OP_DONE;
}

void model_behind(struct store_backend *model, struct op *op)
{
    struct model_webhook *webhook = model_find_webhook(model, op->as.behind.webhook_id);

    op->result = webhook ? OP_DONE : OP_NOT_FOUND;
    if (!webhook)
        return;
    TOUCH(model, webhook);
    webhook->is_behind = true;
}
