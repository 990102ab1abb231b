#include "store/sqlite_read.h"

#include "base/arena.h"
#include "base/histogram.h"
#include "store/ops.h"

enum { DAY_HOURS = 24, ALL_TIME = -1 };

static sqlite3_stmt *find_stat(struct store_reader *reader, int64_t hour, int64_t id)
{
    sqlite3_stmt *get = reader_statement(
        reader, "SELECT accepted, delivered, failed, attempts, failures, ms, last, histogram"
                " FROM stat WHERE hour = ?1 AND id = ?2");

    sqlite3_bind_int64(get, 1, hour);
    sqlite3_bind_int64(get, 2, id);
    return get;
}

static bool is_of_app(struct store_reader *reader, int64_t webhook_id, int64_t app_id)
{
    sqlite3_stmt *get =
        reader_statement(reader, "SELECT 1 FROM webhook WHERE id = ?1 AND app = ?2");
    bool is_there;

    sqlite3_bind_int64(get, 1, webhook_id);
    sqlite3_bind_int64(get, 2, app_id);
    is_there = reader_step(reader, get);
    sqlite3_reset(get);
    return is_there;
}

static void read_webhook_stats(struct store_reader *reader, int64_t id, int64_t now_ms,
                               struct webhook_stats *ret)
{
    sqlite3_stmt *get = find_stat(reader, ALL_TIME, id);
    int64_t hour = now_ms / STATS_HOUR_MS;

    if (reader_step(reader, get)) {
        ret->accepted = sqlite3_column_int64(get, 0);
        ret->delivered = sqlite3_column_int64(get, 1);
        ret->failed = sqlite3_column_int64(get, 2);
        ret->attempts = sqlite3_column_int64(get, 3);
        ret->failed_attempts = sqlite3_column_int64(get, 4);
        ret->duration_sum_ms = sqlite3_column_int64(get, 5);
        ret->last_attempt_ms = sqlite3_column_int64(get, 6);
    }
    sqlite3_reset(get);
    for (int64_t i = 0; i < DAY_HOURS && i <= hour; i++) {
        get = find_stat(reader, hour - i, id);
        if (reader_step(reader, get)) {
            ret->day_accepted += sqlite3_column_int64(get, 0);
            ret->day_delivered += sqlite3_column_int64(get, 1);
            ret->day_failed += sqlite3_column_int64(get, 2);
        }
        sqlite3_reset(get);
    }
}

void sqlite_webhook_stats(struct store_reader *reader, struct op *op)
{
    size_t count = op->as.webhook_stats.count;

    if (count > WEBHOOK_STATS_MAX) {
        op->result = OP_FAILED;
        return;
    }
    op->as.webhook_stats.rows =
        arena_take(&op->arena, (count + 1) * sizeof *op->as.webhook_stats.rows);
    for (size_t i = 0; i < count; i++) {
        int64_t id = op->as.webhook_stats.webhook_ids[i];
        op->as.webhook_stats.rows[i] = (struct webhook_stats){0};
        if (is_of_app(reader, id, op->as.webhook_stats.app_id))
            read_webhook_stats(reader, id, op->as.webhook_stats.now_ms,
                               &op->as.webhook_stats.rows[i]);
    }
}

// --- a series ---

static void add_hour(struct store_reader *reader, int64_t hour, int64_t id,
                     struct stats_point *point, struct histogram *histogram)
{
    sqlite3_stmt *get = find_stat(reader, hour, id);
    struct histogram more;

    if (reader_step(reader, get)) {
        point->accepted += sqlite3_column_int64(get, 0);
        point->delivered += sqlite3_column_int64(get, 1);
        point->failed += sqlite3_column_int64(get, 2);
        point->attempts += sqlite3_column_int64(get, 3);
        point->failed_attempts += sqlite3_column_int64(get, 4);
        if (histogram_unpack(sqlite3_column_blob(get, 7),
                             (size_t)sqlite3_column_bytes(get, 7), &more))
            histogram_merge(histogram, &more);
    }
    sqlite3_reset(get);
}

static void read_point(struct store_reader *reader, const struct op *op, int64_t id,
                       struct stats_point *point)
{
    struct histogram histogram = {0};
    int64_t hour = point->at_ms / STATS_HOUR_MS;
    int64_t end_ms = point->at_ms + op->as.stats.step_ms;

    for (; hour * STATS_HOUR_MS < end_ms && hour * STATS_HOUR_MS < op->as.stats.until_ms;
         hour++)
        add_hour(reader, hour, id, point, &histogram);
    point->p50_ms = histogram_quantile(&histogram, 50);
    point->p95_ms = histogram_quantile(&histogram, 95);
    point->p99_ms = histogram_quantile(&histogram, 99);
}

// When the event of the delivery that is due first was accepted; 0: none waits.
static int64_t waiting_since(struct store_reader *reader, int64_t webhook_id)
{
    sqlite3_stmt *get = reader_statement(
        reader, "SELECT e.created FROM (SELECT event FROM delivery WHERE webhook = ?1"
                " AND state = 1 ORDER BY due, event, n LIMIT 1) d"
                " JOIN event e ON e.id = d.event");
    int64_t since_ms = 0;

    sqlite3_bind_int64(get, 1, webhook_id);
    if (reader_step(reader, get))
        since_ms = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return since_ms;
}

static int64_t app_waiting_since(struct store_reader *reader, int64_t app_id)
{
    sqlite3_stmt *list =
        reader_statement(reader, "SELECT id FROM webhook WHERE app = ?1 AND state = 0");
    int64_t oldest_ms = 0;

    sqlite3_bind_int64(list, 1, app_id);
    while (reader_step(reader, list)) {
        int64_t since_ms = waiting_since(reader, sqlite3_column_int64(list, 0));
        if (since_ms && (oldest_ms == 0 || since_ms < oldest_ms))
            oldest_ms = since_ms;
    }
    sqlite3_reset(list);
    return oldest_ms;
}

void sqlite_stats(struct store_reader *reader, struct op *op)
{
    int64_t webhook_id = op->as.stats.webhook_id, app_id = op->as.stats.app_id;
    int64_t span_ms = op->as.stats.until_ms - op->as.stats.since_ms;
    int64_t step_ms = op->as.stats.step_ms;
    int64_t count = step_ms > 0 && span_ms > 0 ? (span_ms + step_ms - 1) / step_ms : 0;

    op->result = OP_NOT_FOUND;
    if (webhook_id && !is_of_app(reader, webhook_id, app_id))
        return;
    op->result = OP_FAILED;
    if (count == 0 || count > STATS_POINTS_MAX)
        return;
    op->result = OP_DONE;
    op->as.stats.points = arena_take(&op->arena, (size_t)count * sizeof *op->as.stats.points);
    for (int64_t i = 0; i < count; i++) {
        op->as.stats.points[i] =
            (struct stats_point){.at_ms = op->as.stats.since_ms + i * step_ms};
        read_point(reader, op, webhook_id ? webhook_id : app_id, &op->as.stats.points[i]);
    }
    op->as.stats.count = (size_t)count;
    op->as.stats.oldest_waiting_ms =
        webhook_id ? waiting_since(reader, webhook_id) : app_waiting_since(reader, app_id);
}
