// Statistics of the model: counted anew from its rows each time that they are asked.

#include "base/histogram.h"
#include "hook/outcome.h"
#include "model_rows.h"

static bool is_same(int64_t asked, int64_t webhook_id, int64_t app_id)
{
    return asked == webhook_id || asked == app_id;
}

static bool does_count(const struct model_attempt *attempt)
{
    return attempt->row.error != OUTCOME_INTERRUPTED && attempt->row.error != OUTCOME_LOCAL &&
           attempt->row.trigger != TRIGGER_TEST;
}

// What happened from since to until, of a webhook or an app.
static void count(const struct store_backend *model, int64_t id, int64_t since_ms,
                  int64_t until_ms, struct stats_point *ret, struct histogram *histogram,
                  struct webhook_stats *sums)
{
    for (size_t i = 0; i < model->deliveries.count; i++) {
        const struct model_delivery *row = model->deliveries.rows[i];
        const struct event *event = model_event_of(model, row->event_id);
        if (event && is_same(id, row->webhook_id, row->app_id) &&
            event->trigger != TRIGGER_TEST && event->created_ms >= since_ms &&
            event->created_ms < until_ms)
            ret->accepted++;
    }
    for (size_t i = 0; i < model->attempts.count; i++) {
        const struct model_attempt *attempt = model->attempts.rows[i];
        int64_t started_ms = attempt->row.started_ms;
        if (!is_same(id, attempt->webhook_id, attempt->app_id) || !does_count(attempt) ||
            started_ms < since_ms || started_ms >= until_ms)
            continue;
        ret->attempts++;
        ret->failed_attempts += attempt->row.error != OUTCOME_NONE;
        ret->delivered += attempt->has_delivered;
        ret->failed += attempt->has_failed;
        sums->duration_sum_ms += attempt->row.duration_ms;
        if (started_ms > sums->last_attempt_ms)
            sums->last_attempt_ms = started_ms;
        histogram_add(histogram, attempt->row.duration_ms);
    }
}

static void sum(const struct store_backend *model, int64_t id, int64_t now_ms,
                struct webhook_stats *ret)
{
    int64_t today_ms = (now_ms / STATS_HOUR_MS - 23) * STATS_HOUR_MS;
    struct histogram histogram = {0};
    struct stats_point all = {0};
    struct stats_point day = {0};
    struct webhook_stats other;

    count(model, id, today_ms, INT64_MAX, &day, &histogram, &other);
    *ret = (struct webhook_stats){0};
    count(model, id, 0, INT64_MAX, &all, &histogram, ret);
    ret->accepted = all.accepted;
    ret->delivered = all.delivered;
    ret->failed = all.failed;
    ret->attempts = all.attempts;
    ret->failed_attempts = all.failed_attempts;
    ret->day_accepted = day.accepted;
    ret->day_delivered = day.delivered;
    ret->day_failed = day.failed;
}

void model_webhook_stats(const struct store_backend *model, struct op *op)
{
    size_t wanted = op->as.webhook_stats.count;

    op->as.webhook_stats.rows =
        arena_take(&op->arena, (wanted + 1) * sizeof *op->as.webhook_stats.rows);
    for (size_t i = 0; i < wanted; i++) {
        int64_t id = op->as.webhook_stats.webhook_ids[i];
        const struct model_webhook *webhook = model_find_webhook(model, id);
        op->as.webhook_stats.rows[i] = (struct webhook_stats){0};
        if (webhook && webhook->row.app_id == op->as.webhook_stats.app_id)
            sum(model, id, op->as.webhook_stats.now_ms, &op->as.webhook_stats.rows[i]);
    }
}

static int64_t oldest_waiting(const struct store_backend *model, int64_t id)
{
    int64_t oldest_ms = 0;

    for (size_t i = 0; i < model->deliveries.count; i++) {
        const struct model_delivery *row = model->deliveries.rows[i];
        const struct event *event = model_event_of(model, row->event_id);
        if (event && row->state == DELIVERY_PARKED &&
            is_same(id, row->webhook_id, row->app_id) &&
            (oldest_ms == 0 || event->created_ms < oldest_ms))
            oldest_ms = event->created_ms;
    }
    return oldest_ms;
}

void model_stats(const struct store_backend *model, struct op *op)
{
    int64_t id = op->as.stats.webhook_id ? op->as.stats.webhook_id : op->as.stats.app_id;
    int64_t step_ms = op->as.stats.step_ms;
    const struct model_webhook *webhook = model_find_webhook(model, id);
    size_t wanted =
        (size_t)((op->as.stats.until_ms - op->as.stats.since_ms + step_ms - 1) / step_ms);

    op->result = OP_NOT_FOUND;
    if (op->as.stats.webhook_id && (!webhook || webhook->row.app_id != op->as.stats.app_id))
        return;
    op->result = OP_DONE;
    op->as.stats.points = arena_take(&op->arena, wanted * sizeof *op->as.stats.points);
    op->as.stats.count = wanted;
    op->as.stats.oldest_waiting_ms = oldest_waiting(model, id);
    for (size_t i = 0; i < wanted; i++) {
        struct stats_point *point = &op->as.stats.points[i];
        struct histogram histogram = {0};
        struct webhook_stats other = {0};
        int64_t end_ms;
        *point = (struct stats_point){.at_ms = op->as.stats.since_ms + (int64_t)i * step_ms};
        end_ms = point->at_ms + step_ms;
        count(model, id, point->at_ms,
              end_ms < op->as.stats.until_ms ? end_ms : op->as.stats.until_ms, point,
              &histogram, &other);
        point->p50_ms = histogram_quantile(&histogram, 50);
        point->p95_ms = histogram_quantile(&histogram, 95);
        point->p99_ms = histogram_quantile(&histogram, 99);
    }
}
