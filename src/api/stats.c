// Statistics of an app or of one of its webhooks, as a series of equal steps.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "api/render.h"
#include "base/text.h"

enum { WEBHOOK, SINCE, UNTIL, STEP, PARAMETERS };
enum { DAY_HOURS = 24, SPAN_HOURS_MAX = 90 * DAY_HOURS, STEP_MAX = 1000 };

static enum error_code read_time(struct text_span value, const char *name, int64_t *ret,
                                 struct error *error)
{
    if (value.at != NULL && !text_from_time(value.at, value.len, ret)) {
        return error_at(error, ERR_INVALID_FIELD, name,
                        "must be a time as 2030-01-31T12:00:00Z");
    }
    return ERR_OK;
}

// "6h" or "7d".
static enum error_code read_step(struct text_span value, int64_t *ret_ms, struct error *error)
{
    uint64_t count = 1;
    char unit = 'h';

    if (value.at != NULL) {
        unit = value.len > 1 ? value.at[value.len - 1] : '\0';
        if ((unit != 'h' && unit != 'd') ||
            !text_to_uint(value.at, value.len - 1, STEP_MAX, &count) || count == 0) {
            return error_at(error, ERR_INVALID_FIELD, "?step",
                            "must be whole hours or days, as 1h or 7d");
        }
    }
    *ret_ms = (int64_t)count * (unit == 'd' ? DAY_HOURS : 1) * STATS_HOUR_MS;
    return ERR_OK;
}

static enum error_code read_webhook(struct request *request, struct text_span value,
                                    int64_t *ret, struct error *error)
{
    uint16_t n;

    if (value.at != NULL &&
        !id_parse(request->door->options.cipher, ID_WEBHOOK, value.at, value.len, ret, &n)) {
        return error_at(error, ERR_INVALID_FIELD, "?webhook", "names no webhook");
    }
    return ERR_OK;
}

// Counts are kept by the hour, so the series begins and ends with one.
static enum error_code check_span(struct op *op, struct error *error)
{
    int64_t since_ms = op->as.stats.since_ms / STATS_HOUR_MS * STATS_HOUR_MS;
    int64_t until_ms =
        (op->as.stats.until_ms + STATS_HOUR_MS - 1) / STATS_HOUR_MS * STATS_HOUR_MS;

    if (since_ms >= until_ms ||
        until_ms - since_ms > SPAN_HOURS_MAX * (int64_t)STATS_HOUR_MS) {
        return error_at(error, ERR_INVALID_FIELD, "?since",
                        "must be before until, by at most 90 days");
    }
    if ((until_ms - since_ms - 1) / op->as.stats.step_ms >= STATS_POINTS_MAX) {
        return error_at(error, ERR_INVALID_FIELD, "?step", "makes more than %d steps",
                        STATS_POINTS_MAX);
    }
    op->as.stats.since_ms = since_ms;
    op->as.stats.until_ms = until_ms;
    return ERR_OK;
}

enum error_code stats_ask(struct request *request, struct op *op, struct error *error)
{
    static const char *const names[PARAMETERS] = {
        [WEBHOOK] = "webhook", [SINCE] = "since", [UNTIL] = "until", [STEP] = "step"};
    struct text_span values[PARAMETERS];
    int64_t until_ms = door_now(request->door).wall_ms;
    int64_t since_ms = INT64_MIN;
    enum error_code code =
        query_read(request->query, names, PARAMETERS, &op->arena, values, error);

    op->as.stats.app_id = request->app_id;
    if (code == ERR_OK) {
        code = read_webhook(request, values[WEBHOOK], &op->as.stats.webhook_id, error);
    }
    if (code == ERR_OK) {
        code = read_time(values[UNTIL], "?until", &until_ms, error);
    }
    if (code == ERR_OK) {
        code = read_time(values[SINCE], "?since", &since_ms, error);
    }
    if (code == ERR_OK) {
        code = read_step(values[STEP], &op->as.stats.step_ms, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    op->as.stats.until_ms = until_ms;
    op->as.stats.since_ms = since_ms != INT64_MIN
                                ? since_ms
                                : until_ms - (DAY_HOURS - 1) * (int64_t)STATS_HOUR_MS;
    return check_span(op, error);
}

static json_t *render_point(const struct stats_point *point)
{
    json_t *json = json_pack(
        "{so sI sI sI sI sI}", "at", render_time(point->at_ms), "accepted",
        (json_int_t)point->accepted, "delivered", (json_int_t)point->delivered, "failed",
        (json_int_t)point->failed, "attempts", (json_int_t)point->attempts, "failed_attempts",
        (json_int_t)point->failed_attempts);
    bool is_known = point->attempts > 0;

    json_object_set_new(json, "duration_ms",
                        is_known ? json_pack("{sI sI sI}", "p50", (json_int_t)point->p50_ms,
                                             "p95", (json_int_t)point->p95_ms, "p99",
                                             (json_int_t)point->p99_ms)
                                 : json_null());
    return json;
}

void stats_answer(struct request *request, struct op *op, struct response *response)
{
    json_t *data = json_array();

    (void)request;
    for (size_t i = 0; i < op->as.stats.count; i++) {
        json_array_append_new(data, render_point(&op->as.stats.points[i]));
    }
    response_json(response, 200,
                  json_pack("{so so so sI so}", "since", render_time(op->as.stats.since_ms),
                            "until", render_time(op->as.stats.until_ms), "data", data,
                            "step_s", (json_int_t)(op->as.stats.step_ms / 1000),
                            "oldest_waiting_at",
                            render_time(op->as.stats.oldest_waiting_ms)));
}
