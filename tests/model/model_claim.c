#include "base/memory.h"
#include "engine/mutant.h"
#include "hook/parcel.h"
#include "model_rows.h"

#include <stdlib.h>

enum { CRASHES_MAX = 3, CRASH_WAIT_MS = 60000 };

static bool is_behind_place(const struct model_delivery *row, const struct lane_place *place)
{
    if (row->due != place->due_wall_ms)
        return row->due > place->due_wall_ms;
    if (row->event_id != place->event_id)
        return row->event_id > place->event_id;
    return row->n > place->n;
}

static int compare_due(const void *a, const void *b)
{
    const struct model_delivery *left = *(struct model_delivery *const *)a;
    const struct model_delivery *right = *(struct model_delivery *const *)b;

    if (left->due != right->due)
        return left->due < right->due ? -1 : 1;
    if (left->event_id != right->event_id)
        return left->event_id < right->event_id ? -1 : 1;
    return left->n < right->n ? -1 : left->n > right->n;
}

// The webhook's parked rows in order; the caller's to free.
static struct model_delivery **parked_rows(const struct store_backend *model,
                                           int64_t webhook_id, size_t *ret_count)
{
    struct model_delivery **rows =
        NEW_ARRAY(struct model_delivery *, model->deliveries.count);

    *ret_count = 0;
    for (size_t i = 0; i < model->deliveries.count; i++) {
        struct model_delivery *row = model->deliveries.rows[i];
        if (row->webhook_id == webhook_id && row->state == DELIVERY_PARKED &&
            !model_is_cancelled(model, row))
            rows[(*ret_count)++] = row;
    }
    if (*ret_count)
        qsort(rows, *ret_count, sizeof(struct model_delivery *), compare_due);
    return rows;
}

static void take_rows(const struct store_backend *model, const struct claim *claim,
                      struct model_delivery **rows, size_t count, struct claimed *claimed)
{
    struct parcel **tail = &claimed->parcels;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        struct event *event = model_event_of(model, rows[i]->event_id);
        if (!is_behind_place(rows[i], &claim->after))
            continue;
        if (rows[i]->due > claim->due_max_wall_ms || claimed->count >= claim->limit ||
            (claimed->count && bytes >= claim->bytes_max)) {
            claimed->next_due_wall_ms = rows[i]->due;
            claimed->reached_end = rows[i]->due > claim->due_max_wall_ms;
            return;
        }
        claimed->last = (struct lane_place){rows[i]->due, rows[i]->event_id, rows[i]->n};
        if (!event)
            continue;
        *tail = model_parcel_of(rows[i], event);
        tail = &(*tail)->next;
        bytes += event->body_len;
        claimed->count++;
    }
}

static void take_newest(const struct store_backend *model, const struct claim *claim,
                        int64_t now_ms, struct model_delivery **rows, size_t count,
                        struct claimed *claimed)
{
    struct parcel **tail = &claimed->parcels;
    int64_t last_due = claimed->last.due_wall_ms;
    size_t taken = 0;

    while (*tail)
        tail = &(*tail)->next;
    for (size_t i = count; i-- > 0 && taken < claim->newest && rows[i]->due > last_due;) {
        struct event *event = model_event_of(model, rows[i]->event_id);
        if (rows[i]->due > now_ms || rows[i]->number > 0 || !event)
            continue;
        *tail = model_parcel_of(rows[i], event);
        (*tail)->is_newest = true;
        tail = &(*tail)->next;
        taken++;
    }
    claimed->count += taken;
}

void model_note_parked(struct store_backend *model, struct model_webhook *webhook,
                       int64_t due_ms)
{
    if (due_ms >= webhook->parked_ms || MUTANT_IS(PARKED_UNSEEN))
        return;
    TOUCH(model, webhook);
    webhook->parked_ms = due_ms;
}

void model_tell_parked(struct store_backend *model, struct model_webhook *webhook,
                       int64_t due_ms, struct news *news)
{
    model_note_parked(model, webhook, due_ms);
    news_due(news, webhook->row.id, webhook->row.app_id, due_ms);
}

static void begin_before_parked(struct store_backend *model, struct claim *claim,
                                struct model_webhook *webhook)
{
    TOUCH(model, webhook);
    if (webhook->parked_ms <= claim->after.due_wall_ms)
        claim->after = (struct lane_place){.due_wall_ms = webhook->parked_ms};
    webhook->parked_ms = INT64_MAX;
}

void model_claim(struct store_backend *model, struct op *op, int64_t now_ms)
{
    struct claim *claim = &op->as.claim.claim;
    struct claimed *claimed = &op->as.claim.claimed;
    struct model_webhook *webhook = model_find_webhook(model, claim->webhook_id);
    struct model_delivery **rows;
    size_t count;

    parcel_free_all(claimed->parcels); // of a try that was undone
    if (webhook)
        begin_before_parked(model, claim, webhook);
    *claimed = (struct claimed){.webhook_id = claim->webhook_id,
                                .reached_end = true,
                                .next_due_wall_ms = INT64_MAX,
                                .last = claim->after};
    rows = parked_rows(model, claim->webhook_id, &count);
    take_rows(model, claim, rows, count, claimed);
    if (!claimed->reached_end)
        take_newest(model, claim, now_ms, rows, count, claimed);
    free(rows);
    if (webhook && webhook->is_behind && claimed->reached_end) {
        TOUCH(model, webhook);
        webhook->is_behind = false;
    }
    op->result = OP_DONE;
}

void model_cut_off(struct store_backend *model, const struct cut_off *cut, int64_t now_ms,
                   struct news *news)
{
    struct model_delivery *row = model_find_delivery(model, cut->event_id, cut->n);
    struct attempt_row attempt = {
        .number = cut->number, .started_ms = now_ms, .error = OUTCOME_INTERRUPTED};

    if (!row || row->number + 1 != cut->number || !delivery_is_open(row->state))
        return;
    TOUCH(model, row);
    attempt.trigger = trigger_next(row->asked > row->served, row->is_replayed);
    model_add_attempt(model, row, &attempt);
    row->crashes++;
    row->due = now_ms;
    if (MUTANT_IS(STEP_RESET))
        row->step = 0;
    if (model_give_up(row, now_ms))
        model_turn_leave(model, row, now_ms, news);
    if (!delivery_is_open(row->state) || row->crashes < CRASHES_MAX)
        return;
    model_enter(row, DELIVERY_PARKED);
    row->due = now_ms + CRASH_WAIT_MS;
    if (attempt.trigger != TRIGGER_MANUAL || row->wait_ms < CRASH_WAIT_MS)
        row->wait_ms = CRASH_WAIT_MS;
}

int64_t model_due(int64_t due, int64_t now_ms, int64_t wait_ms)
{
    return due < now_ms + wait_ms ? due : now_ms + wait_ms;
}

void model_rewind(struct store_backend *model, int64_t now_ms)
{
    for (size_t i = 0; i < model->deliveries.count && !MUTANT_IS(CLOCK_FORGOTTEN); i++) {
        struct model_delivery *row = model->deliveries.rows[i];
        if (row->state == DELIVERY_FRESH || row->state == DELIVERY_PARKED)
            row->due =
                model_due(row->due, now_ms, row->asked > row->served ? 0 : row->wait_ms);
    }
    for (size_t i = 0; i < model->posts.count; i++) {
        struct model_post *post = model->posts.rows[i];
        post->due_ms = model_due(post->due_ms, now_ms,
                                 post->row.kind == POST_ALERT ? MODEL_ALERT_MS : 0);
        post->sent_ms = model_due(post->sent_ms, now_ms, 0);
    }
}

static void hand_out_lane(const struct store_backend *model, const struct model_webhook *lane,
                          struct news *news)
{
    size_t count;
    struct model_delivery **rows = parked_rows(model, lane->row.id, &count);

    if (count && lane->row.state == WEBHOOK_ENABLED)
        news_due(news, lane->row.id, lane->row.app_id, rows[0]->due);
    free(rows);
}

void model_hand_out(struct store_backend *model, struct news *news)
{
    for (size_t i = 0; i < model->deliveries.count; i++) {
        struct model_delivery *row = model->deliveries.rows[i];
        struct event *event = model_event_of(model, row->event_id);
        if (row->state == DELIVERY_FRESH && event && !model_is_cancelled(model, row))
            news_arrival(news, model_parcel_of(row, event));
    }
    for (size_t i = 0; i < model->webhooks.count; i++)
        hand_out_lane(model, model->webhooks.rows[i], news);
}
