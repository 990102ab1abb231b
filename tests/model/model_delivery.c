#include "base/memory.h"
#include "engine/mutant.h"
#include "hook/parcel.h"
#include "model_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CRASHES_MAX = 3, CRASH_WAIT_MS = 60000 };

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

static void enter(struct model_delivery *row, enum delivery_state state)
{
    assert(delivery_may_follow(row->state, state));
    row->state = state;
}

// accept

static bool is_same_key(const struct dedupe *a, const struct dedupe *b)
{
    return a->kind == b->kind && !memcmp(a->key, b->key, sizeof a->key);
}

static enum op_result look_up_keys(const struct store_backend *model, struct op *op)
{
    int64_t app_id = op->as.accept.accept.event->app_id;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < model->idems.count; i++) {
            const struct dedupe *dedupe = &op->as.accept.dedupe[k];
            const struct model_idem *idem = model->idems.rows[i];
            if (dedupe->kind == DEDUPE_NONE || idem->app_id != app_id ||
                !is_same_key(&idem->dedupe, dedupe))
                continue;
            op->as.accept.event_id = idem->event_id;
            return memcmp(idem->dedupe.body, dedupe->body, sizeof dedupe->body)
                       ? OP_OTHER_BODY
                       : OP_REPLAY;
        }
    return OP_PENDING;
}

static enum op_result check_plan(const struct store_backend *model, const struct accept *plan)
{
    const struct model_app *app = model_find_app(model, plan->event->app_id);

    if (!app)
        return OP_NOT_FOUND;
    if (app->row.version != plan->app_version && !MUTANT_IS(STALE_ACCEPTED))
        return OP_STALE;
    for (size_t n = 0; n < plan->target_count; n++) {
        const struct model_webhook *webhook = model_find_webhook(model, plan->webhook_ids[n]);
        if (!webhook || webhook->row.app_id != app->row.id ||
            plan->event->id < webhook->row.cancel_before)
            return OP_STALE;
    }
    return table_find(&model->events, map_key(plan->event->id)) ? OP_STALE : OP_PENDING;
}

static struct parcel *parcel_of(const struct model_delivery *row, struct event *event)
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
    parcel->trigger = row->asked > row->served ? TRIGGER_MANUAL : TRIGGER_SCHEDULED;
    parcel->is_parked = row->state == DELIVERY_PARKED;
    parcel->due_wall_ms = row->due;
    parcel->wait_ms = row->wait_ms;
    parcel->event = event_hold(event);
    return parcel;
}

static void add_delivery(struct store_backend *model, const struct accept *plan, size_t n,
                         int64_t now_ms, struct news *news)
{
    struct model_webhook *webhook = model_find_webhook(model, plan->webhook_ids[n]);
    struct map_key key = map_key2(plan->event->id, (int64_t)n);
    struct model_delivery *row =
        table_add(model, &model->deliveries, &key, sizeof(struct model_delivery));

    row->event_id = plan->event->id;
    row->webhook_id = plan->webhook_ids[n];
    row->app_id = plan->event->app_id;
    row->n = (uint16_t)n;
    row->state = webhook->is_behind ? DELIVERY_PARKED : DELIVERY_FRESH;
    row->due = now_ms;
    if (!webhook->is_behind) {
        news_arrival(news, parcel_of(row, plan->event));
    } else if (webhook->due_told_in != model->group) {
        TOUCH(model, webhook);
        webhook->due_told_in = model->group;
        news_due(news, webhook->row.id, webhook->row.app_id, now_ms);
    }
}

static void keep_keys(struct store_backend *model, const struct op *op)
{
    for (size_t k = 0; k < 2; k++) {
        struct model_idem *idem;
        if (op->as.accept.dedupe[k].kind == DEDUPE_NONE)
            continue;
        idem = table_add(model, &model->idems, NULL, sizeof *idem);
        idem->app_id = op->as.accept.accept.event->app_id;
        idem->event_id = op->as.accept.accept.event->id;
        idem->dedupe = op->as.accept.dedupe[k];
    }
}

void model_accept(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news)
{
    const struct accept *plan = &op->as.accept.accept;
    struct map_key key = map_key(plan->event->id);
    struct model_event *event;
    struct model_app *app;

    op->result = look_up_keys(model, op);
    if (op->result == OP_PENDING)
        op->result = check_plan(model, plan);
    if (op->result != OP_PENDING)
        return;
    event = table_add(model, &model->events, &key, sizeof *event);
    event->event = event_hold(plan->event);
    event->fan = (int)plan->target_count;
    for (size_t n = 0; n < plan->target_count; n++)
        add_delivery(model, plan, n, now_ms, news);
    keep_keys(model, op);
    app = model_find_app(model, plan->event->app_id);
    TOUCH(model, app);
    app->is_used = true;
    model_touch(model, &model->last_event, sizeof model->last_event);
    if (plan->event->id > model->last_event)
        model->last_event = plan->event->id;
    op->as.accept.event_id = plan->event->id;
    op->result = OP_DONE;
}

// settle

static void add_attempt(struct store_backend *model, struct model_delivery *row,
                        const struct attempt_row *attempt)
{
    struct model_attempt *added = table_add(model, &model->attempts, NULL, sizeof *added);

    model_touch(model, &model->last_attempt, sizeof model->last_attempt);
    added->row = *attempt;
    added->row.id = ++model->last_attempt;
    if (attempt->detail)
        added->row.detail = (const unsigned char *)arena_copy(
            &model->texts, (const char *)attempt->detail, attempt->detail_len);
    added->prev = row->last;
    row->last = added;
    row->number = (uint16_t)attempt->number;
    row->status = attempt->status;
    row->error = attempt->error;
}

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

static void end(struct model_delivery *row, enum delivery_state state, int64_t now_ms)
{
    enter(row, state);
    row->ended = now_ms;
    row->served = row->asked;
}

static enum settle_result restore(struct model_delivery *row, struct settle *settle)
{
    if (row->asked > row->served)
        return SETTLED_AGAIN;
    enter(row, row->old_state == DELIVERY_FRESH ? DELIVERY_PARKED : row->old_state);
    settle->due_wall_ms = INT64_MAX;
    if (delivery_is_open(row->state))
        settle->due_wall_ms = row->due = row->old_due;
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
    enter(row, DELIVERY_PARKED);
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
        return restore(row, settle);
    if (settle->next == SETTLE_CANCELLED) {
        end(row, DELIVERY_CANCELLED, now_ms);
        return SETTLED;
    }
    row->step = settle->step;
    row->crashes = settle->next == SETTLE_DELIVERED ? 0 : settle->crashes;
    if (settle->next == SETTLE_WAIT) {
        enter(row, DELIVERY_PARKED);
        row->due = settle->due_wall_ms;
        row->wait_ms = settle->wait_ms;
    } else {
        end(row, settle->next == SETTLE_FAILED ? DELIVERY_FAILED : DELIVERY_DELIVERED,
            now_ms);
    }
    return SETTLED;
}

static enum settle_result settle_ended(struct model_delivery *row,
                                       const struct settle *settle, int64_t now_ms)
{
    if (settle->next == SETTLE_DELIVERED && row->state != DELIVERY_DELIVERED) {
        end(row, DELIVERY_DELIVERED, now_ms);
        return SETTLED;
    }
    if (delivery_is_open(row->state))
        end(row, DELIVERY_CANCELLED, now_ms);
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

static enum settle_result settle_row(struct store_backend *model, struct settle *settle,
                                     int64_t now_ms)
{
    struct model_delivery *row = model_find_delivery(model, settle->event_id, settle->n);
    struct attempt_row attempt = attempt_of(settle);
    bool is_cancelled;

    if (!row)
        return SETTLED_GONE;
    is_cancelled = delivery_is_open(row->state) && model_is_cancelled(model, row);
    if (settle->number == row->number)
        return settle_again(row, settle, is_cancelled);
    if (settle->number != row->number + 1)
        return SETTLED_STALE;
    TOUCH(model, row);
    add_attempt(model, row, &attempt);
    if (is_cancelled || !delivery_is_open(row->state))
        return settle_ended(row, settle, now_ms);
    return settle_open(row, settle, now_ms);
}

void model_settle(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news)
{
    struct settle *settle = op->as.settle.settle;

    op->result = OP_DONE;
    op->as.settle.result = settle_row(model, settle, now_ms);
    if (settle->disable_webhook && op->as.settle.result != SETTLED_STALE)
        model_disable_if(model, settle->webhook_id, settle->attempt.webhook_version, now_ms,
                         news);
}

// retry, cancel, park

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
    enter(row, DELIVERY_PARKED);
    row->due = now_ms;
    row->ended = 0;
    row->spared = cancel_before;
}

static enum op_result retry_row(struct store_backend *model, struct model_delivery *row,
                                int64_t now_ms, struct news *news)
{
    const struct model_webhook *webhook = model_find_webhook(model, row->webhook_id);

    if (!webhook || webhook->row.state != WEBHOOK_ENABLED)
        return OP_GONE;
    if (MUTANT_IS(RETRY_DEDUPLICATED) && row->asked > 0)
        return OP_DONE;
    TOUCH(model, row);
    if (delivery_is_open(row->state) && model_is_cancelled(model, row))
        end(row, DELIVERY_CANCELLED, now_ms);
    else if (delivery_is_open(row->state) &&
             (row->due <= now_ms || row->asked > row->served || row->state == DELIVERY_HELD))
        return OP_BUSY;
    ask_again(row, webhook->row.cancel_before, now_ms);
    news_due(news, row->webhook_id, row->app_id, now_ms);
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
    enter(row, DELIVERY_CANCELLED);
    row->ended = op->as.delivery.now_ms;
    row->asked = row->served;
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
        enter(row, DELIVERY_PARKED);
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

// claim, resume

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

static struct event *event_of(const struct store_backend *model, int64_t event_id)
{
    const struct model_event *row = table_find(&model->events, map_key(event_id));

    return row && !row->is_gone ? row->event : NULL;
}

static void take_rows(const struct store_backend *model, const struct claim *claim,
                      struct model_delivery **rows, size_t count, struct claimed *claimed)
{
    struct parcel **tail = &claimed->parcels;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        struct event *event = event_of(model, rows[i]->event_id);
        if (rows[i]->due > claim->due_max_wall_ms || claimed->count >= claim->limit ||
            (claimed->count && bytes >= claim->bytes_max)) {
            claimed->next_due_wall_ms = rows[i]->due;
            claimed->reached_end = rows[i]->due > claim->due_max_wall_ms;
            return;
        }
        if (!event)
            continue;
        *tail = parcel_of(rows[i], event);
        tail = &(*tail)->next;
        bytes += event->body_len;
        claimed->count++;
    }
}

void model_claim(struct store_backend *model, struct op *op)
{
    const struct claim *claim = &op->as.claim.claim;
    struct claimed *claimed = &op->as.claim.claimed;
    struct model_webhook *webhook = model_find_webhook(model, claim->webhook_id);
    struct model_delivery **rows;
    size_t count;

    parcel_free_all(claimed->parcels); // of a try that was undone
    *claimed = (struct claimed){
        .webhook_id = claim->webhook_id, .reached_end = true, .next_due_wall_ms = INT64_MAX};
    rows = parked_rows(model, claim->webhook_id, &count);
    take_rows(model, claim, rows, count, claimed);
    free(rows);
    if (webhook && webhook->is_behind && claimed->reached_end) {
        TOUCH(model, webhook);
        webhook->is_behind = false;
    }
    op->result = OP_DONE;
}

void model_cut_off(struct store_backend *model, const struct cut_off *cut, int64_t now_ms)
{
    struct model_delivery *row = model_find_delivery(model, cut->event_id, cut->n);
    struct attempt_row attempt = {
        .number = cut->number, .started_ms = now_ms, .error = OUTCOME_INTERRUPTED};

    if (!row || row->number + 1 != cut->number || !delivery_is_open(row->state))
        return;
    TOUCH(model, row);
    attempt.trigger = row->asked > row->served ? TRIGGER_MANUAL : TRIGGER_SCHEDULED;
    add_attempt(model, row, &attempt);
    row->crashes++;
    row->due = now_ms;
    if (MUTANT_IS(STEP_RESET))
        row->step = 0;
    if (row->crashes < CRASHES_MAX)
        return;
    enter(row, DELIVERY_PARKED);
    row->due = now_ms + CRASH_WAIT_MS;
    row->wait_ms = CRASH_WAIT_MS;
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
        struct event *event = event_of(model, row->event_id);
        if (row->state == DELIVERY_FRESH && event && !model_is_cancelled(model, row))
            news_arrival(news, parcel_of(row, event));
    }
    for (size_t i = 0; i < model->webhooks.count; i++)
        hand_out_lane(model, model->webhooks.rows[i], news);
}
