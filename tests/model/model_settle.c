#include "engine/mutant.h"
#include "model_rows.h"

static struct attempt_row attempt_of(const struct settle *settle)
{
    return (struct attempt_row){.number = settle->number,
                                .trigger = settle->attempt.trigger,
                                .started_ms = settle->attempt.started_wall_ms,
                                .duration_ms = settle->attempt.duration_ms,
                                .status = settle->attempt.status,
                                .error = (int)settle->attempt.error,
                                .webhook_version = settle->attempt.webhook_version,
                                .detail = settle->attempt.detail,
                                .detail_len = settle->attempt.detail_len};
}

static enum settle_result restore(struct model_delivery *row, struct settle *settle,
                                  int64_t now_ms)
{
    if (row->asked > row->served)
        return SETTLED_AGAIN;
    model_enter(row, row->old_state == DELIVERY_FRESH ? DELIVERY_PARKED : row->old_state);
    settle->due_wall_ms = INT64_MAX;
    if (delivery_is_open(row->state))
        settle->due_wall_ms = row->due = model_due(row->old_due, now_ms, row->wait_ms);
    else
        row->ended = row->old_due;
    if (MUTANT_IS(MANUAL_MOVES_STEP))
        row->step = settle->step;
    return SETTLED;
}

// The schedule moves on as what the manual retry restores; the row stays due now.
static enum settle_result move_behind_retry(struct model_delivery *row,
                                            const struct settle *settle, int64_t now_ms)
{
    bool waits = settle->next == SETTLE_WAIT;

    row->old_state = waits ? DELIVERY_PARKED : DELIVERY_FAILED;
    row->old_due = waits ? settle->due_wall_ms : now_ms;
    row->wait_ms = waits ? settle->wait_ms : row->wait_ms;
    row->step = settle->step;
    row->crashes = settle->crashes;
    model_enter(row, DELIVERY_PARKED);
    row->due = now_ms;
    return SETTLED_AGAIN;
}

static enum settle_result settle_open(struct model_delivery *row, struct settle *settle,
                                      int64_t now_ms)
{
    bool is_manual = settle->attempt.trigger == TRIGGER_MANUAL;
    bool may_go_on = settle->next == SETTLE_WAIT || settle->next == SETTLE_FAILED;

    if (is_manual && settle->next != SETTLE_WAIT && row->served < row->asked)
        row->served++;
    else if (!is_manual && row->asked > row->served && may_go_on)
        return move_behind_retry(row, settle, now_ms);
    if (settle->next == SETTLE_RESTORE)
        return restore(row, settle, now_ms);
    if (settle->next == SETTLE_CANCELLED) {
        model_end(row, DELIVERY_CANCELLED, now_ms);
        return SETTLED;
    }
    row->step = settle->step;
    row->crashes = settle->next == SETTLE_DELIVERED ? 0 : settle->crashes;
    if (settle->next == SETTLE_WAIT) {
        model_enter(row, DELIVERY_PARKED);
        row->due = settle->due_wall_ms;
        row->wait_ms = settle->wait_ms;
    } else {
        model_end(row, settle->next == SETTLE_FAILED ? DELIVERY_FAILED : DELIVERY_DELIVERED,
                  now_ms);
    }
    return SETTLED;
}

static enum settle_result settle_ended(struct model_delivery *row,
                                       const struct settle *settle, int64_t now_ms)
{
    if (settle->next == SETTLE_DELIVERED && row->state != DELIVERY_DELIVERED) {
        model_end(row, DELIVERY_DELIVERED, now_ms);
        return SETTLED;
    }
    if (delivery_is_open(row->state))
        model_end(row, DELIVERY_CANCELLED, now_ms);
    return SETTLED_GONE;
}

static enum settle_result settle_again(const struct model_delivery *row,
                                       struct settle *settle, bool is_cancelled)
{
    if (row->status != settle->attempt.status || row->error != (int)settle->attempt.error)
        return SETTLED_STALE;
    if (is_cancelled || row->state == DELIVERY_CANCELLED)
        return settle->next == SETTLE_CANCELLED ? SETTLED : SETTLED_GONE;
    if (row->asked > row->served)
        return SETTLED_AGAIN;
    if (settle->next == SETTLE_RESTORE)
        settle->due_wall_ms = delivery_is_open(row->state) ? row->due : INT64_MAX;
    return SETTLED;
}

// What statistics say of the attempt that was just added.
static void note_effect(struct model_delivery *row, const struct settle *settle,
                        bool is_cancelled)
{
    bool was_delivered = row->state == DELIVERY_DELIVERED ||
                         (row->asked > row->served && row->old_state == DELIVERY_DELIVERED);

    row->last->has_delivered = settle->next == SETTLE_DELIVERED && !was_delivered;
    row->last->has_failed =
        settle->next == SETTLE_FAILED && delivery_is_open(row->state) && !is_cancelled;
}

static enum settle_result settle_row(struct store_backend *model, struct settle *settle,
                                     int64_t now_ms, struct news *news)
{
    struct model_delivery *row = model_find_delivery(model, settle->event_id, settle->n);
    struct attempt_row attempt = attempt_of(settle);
    enum settle_result result;
    bool is_cancelled, was_ended;

    if (!row || !model_event_of(model, row->event_id))
        return SETTLED_GONE;
    is_cancelled = delivery_is_open(row->state) && model_is_cancelled(model, row);
    if (settle->number == row->number)
        return settle_again(row, settle, is_cancelled);
    if (settle->number != row->number + 1)
        return SETTLED_STALE;
    TOUCH(model, row);
    model_add_attempt(model, row, &attempt);
    note_effect(row, settle, is_cancelled);
    was_ended = is_cancelled || !delivery_is_open(row->state);
    if (was_ended)
        result = settle_ended(row, settle, now_ms);
    else
        result = settle_open(row, settle, now_ms);
    if (model_give_up(row, now_ms)) {
        settle->due_wall_ms = INT64_MAX;
        result = SETTLED;
    }
    if (!delivery_is_open(row->state))
        model_turn_leave(model, row, now_ms, news);
    if (!was_ended && settle->next == SETTLE_FAILED &&
        trigger_is_of_schedule(settle->attempt.trigger))
        model_post_failed(model, settle, now_ms);
    return result;
}

void model_settle(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news)
{
    struct settle *settle = op->as.settle.settle;

    op->result = OP_DONE;
    op->as.settle.result = settle_row(model, settle, now_ms, news);
    if (op->as.settle.result != SETTLED_STALE)
        model_note_end(model, settle, now_ms, news);
}
