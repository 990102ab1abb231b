#include "store/sqlite_stat.h"

#include "base/histogram.h"
#include "base/memory.h"
#include "hook/outcome.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FOLD_ROWS = 1000,  // of each kind, in one piece
    LATE_ROWS = 20000, // so many are folded without waiting for a group
    WAIT_MS = 500,     // few rows wait for company that long
    KEEP_HOURS = 90 * 24,
    ALL_TIME = -1 // in the place of an hour
};

// What a piece adds to one row of the table.
struct sums {
    int64_t hour, id;
    int64_t accepted, delivered, failed, attempts, failed_attempts, ms;
    int64_t last_ms;
    struct histogram *durations; // or NULL
};

static int64_t hour_of(int64_t wall_ms)
{
    return wall_ms > 0 ? wall_ms / STATS_HOUR_MS : 0;
}

// SQL's merge_histograms(a, b); either may be NULL.
static void merge_histograms(sqlite3_context *context, int count, sqlite3_value **values)
{
    unsigned char packed[HISTOGRAM_PACKED_MAX];
    struct histogram sum = {0};
    struct histogram part;

    for (int i = 0; i < count; i++)
        if (histogram_unpack(sqlite3_value_blob(values[i]),
                             (size_t)sqlite3_value_bytes(values[i]), &part))
            histogram_merge(&sum, &part);
    sqlite3_result_blob(context, packed, (int)histogram_pack(&sum, packed), SQLITE_TRANSIENT);
}

int stat_define(sqlite3 *db)
{
    return sqlite3_create_function(db, "merge_histograms", 2,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, merge_histograms,
                                   NULL, NULL);
}

bool stat_load(struct store_backend *backend)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_SETTING_GET);
    struct stat_state *state = &backend->stat;
    long long attempt = 0, event = 0;
    int n = -1;

    sqlite_note(backend, stat_define(backend->db));
    sqlite3_bind_text(get, 1, "stat_to", -1, SQLITE_STATIC);
    if (sqlite_step(backend, SQL_SETTING_GET)) {
        const char *text = (const char *)sqlite3_column_text(get, 0);
        char *end = NULL;
        attempt = text ? strtoll(text, &end, 10) : 0;
        event = end ? strtoll(end, &end, 10) : 0;
        n = end ? (int)strtol(end, NULL, 10) : -1;
    }
    sqlite_reset(backend, SQL_SETTING_GET);
    state->attempt = attempt;
    state->event = event;
    state->n = n;
    state->deliveries = 1; // perhaps
    return !backend->code;
}

static void save(struct store_backend *backend)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_SETTING_SET);
    char text[80];

    snprintf(text, sizeof text, "%lld %lld %d", (long long)backend->stat.attempt,
             (long long)backend->stat.event, backend->stat.n);
    sqlite3_bind_text(set, 1, "stat_to", -1, SQLITE_STATIC);
    sqlite3_bind_text(set, 2, text, -1, SQLITE_TRANSIENT);
    sqlite_run(backend, SQL_SETTING_SET);
}

static int64_t rows_left(const struct store_backend *backend)
{
    return backend->last_attempt - backend->stat.attempt + backend->stat.deliveries;
}

bool stat_is_due(const struct store_backend *backend, int64_t now_ms)
{
    int64_t waited_ms = now_ms - backend->stat.folded_ms;
    int64_t rows = rows_left(backend);

    return rows >= LATE_ROWS || (rows > 0 && (waited_ms >= WAIT_MS || waited_ms < 0));
}

// --- one row of the table ---

static void add_sums(struct store_backend *backend, const struct sums *sums)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_STAT_ADD);
    unsigned char packed[HISTOGRAM_PACKED_MAX];
    int at = 1;

    sqlite3_bind_int64(add, at++, sums->hour);
    sqlite3_bind_int64(add, at++, sums->id);
    sqlite3_bind_int64(add, at++, sums->accepted);
    sqlite3_bind_int64(add, at++, sums->delivered);
    sqlite3_bind_int64(add, at++, sums->failed);
    sqlite3_bind_int64(add, at++, sums->attempts);
    sqlite3_bind_int64(add, at++, sums->failed_attempts);
    sqlite3_bind_int64(add, at++, sums->ms);
    sqlite3_bind_int64(add, at++, sums->last_ms);
    if (sums->durations)
        sqlite3_bind_blob(add, at, packed, (int)histogram_pack(sums->durations, packed),
                          SQLITE_STATIC);
    else
        sqlite3_bind_null(add, at);
    sqlite_run(backend, SQL_STAT_ADD);
}

// --- a piece ---

static struct sums *sums_of(struct map *all, int64_t hour, int64_t id)
{
    struct map_key key = map_key2(hour, id);
    struct sums *sums = map_find(all, key);

    if (!sums) {
        sums = NEW(struct sums);
        sums->hour = hour;
        sums->id = id;
        map_put(all, key, sums);
    }
    return sums;
}

// The four rows that a webhook's delivery or attempt counts in.
static void rows_of(const struct store_backend *backend, struct map *all, int64_t webhook_id,
                    int64_t wall_ms, struct sums *ret[4])
{
    const struct known_webhook *webhook = sqlite_known_webhook(backend, webhook_id);
    int64_t app_id = webhook ? webhook->app_id : 0;

    ret[0] = sums_of(all, hour_of(wall_ms), webhook_id);
    ret[1] = sums_of(all, ALL_TIME, webhook_id);
    ret[2] = sums_of(all, hour_of(wall_ms), app_id);
    ret[3] = sums_of(all, ALL_TIME, app_id);
}

static void count_accepted(const struct store_backend *backend, struct map *all,
                           int64_t webhook_id, int64_t created_ms)
{
    struct sums *rows[4];

    rows_of(backend, all, webhook_id, created_ms, rows);
    for (size_t i = 0; i < 4; i++)
        rows[i]->accepted++;
}

static int64_t read_deliveries(struct store_backend *backend, struct map *all, int64_t rows)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_STAT_DELIVERIES);
    int64_t count = 0;

    sqlite3_bind_int64(list, 1, backend->stat.event);
    sqlite3_bind_int(list, 2, backend->stat.n);
    sqlite3_bind_int64(list, 3, rows);
    for (; sqlite_step(backend, SQL_STAT_DELIVERIES); count++) {
        backend->stat.event = sqlite3_column_int64(list, 0);
        backend->stat.n = sqlite3_column_int(list, 1);
        if (sqlite3_column_int(list, 4) != TRIGGER_TEST)
            count_accepted(backend, all, sqlite3_column_int64(list, 2),
                           sqlite3_column_int64(list, 3));
    }
    sqlite_reset(backend, SQL_STAT_DELIVERIES);
    return count;
}

// What says nothing about the receiver does not count, nor does a test.
static bool does_count(sqlite3_stmt *row)
{
    int error = sqlite3_column_int(row, 4);

    return sqlite3_column_int64(row, 1) != 0 && error != OUTCOME_INTERRUPTED &&
           error != OUTCOME_LOCAL && sqlite3_column_int(row, 5) != TRIGGER_TEST;
}

static void count_attempt(const struct store_backend *backend, struct map *all,
                          sqlite3_stmt *row)
{
    int64_t started_ms = sqlite3_column_int64(row, 2);
    int64_t ms = sqlite3_column_int64(row, 3);
    int effect = sqlite3_column_int(row, 6);
    struct sums *rows[4];

    rows_of(backend, all, sqlite3_column_int64(row, 1), started_ms, rows);
    for (size_t i = 0; i < 4; i++) {
        rows[i]->attempts++;
        rows[i]->failed_attempts += sqlite3_column_int(row, 4) != OUTCOME_NONE;
        rows[i]->delivered += effect == EFFECT_DELIVERED;
        rows[i]->failed += effect == EFFECT_FAILED;
        rows[i]->ms += ms;
        rows[i]->last_ms = started_ms > rows[i]->last_ms ? started_ms : rows[i]->last_ms;
        if (rows[i]->hour == ALL_TIME)
            continue;
        if (!rows[i]->durations)
            rows[i]->durations = NEW(struct histogram);
        histogram_add(rows[i]->durations, ms);
    }
}

static int64_t read_attempts(struct store_backend *backend, struct map *all, int64_t rows)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_STAT_ATTEMPTS);
    int64_t count = 0;

    sqlite3_bind_int64(list, 1, backend->stat.attempt);
    sqlite3_bind_int64(list, 2, rows);
    for (; sqlite_step(backend, SQL_STAT_ATTEMPTS); count++) {
        backend->stat.attempt = sqlite3_column_int64(list, 0);
        if (does_count(list))
            count_attempt(backend, all, list);
    }
    sqlite_reset(backend, SQL_STAT_ATTEMPTS);
    return count;
}

static void write_all(struct store_backend *backend, struct map *all)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(all, &at, &key, &value);) {
        struct sums *sums = value;
        if (sums->id != 0) // of an app that is no longer known
            add_sums(backend, sums);
        free(sums->durations);
        free(sums);
    }
    map_done(all);
}

static void fold(struct store_backend *backend, int64_t rows, int64_t now_ms)
{
    struct stat_state *state = &backend->stat;
    struct map all;
    int64_t deliveries, attempts;

    map_init(&all, 0);
    deliveries = read_deliveries(backend, &all, rows);
    attempts = read_attempts(backend, &all, rows);
    write_all(backend, &all);
    save(backend);
    state->deliveries -= deliveries;
    if (deliveries < rows)
        state->deliveries = 0;
    else if (state->deliveries <= 0)
        state->deliveries = 1; // perhaps
    if (attempts < rows)       // ids that are missing were rolled back
        state->attempt = backend->last_attempt;
    state->folded_ms = now_ms;
}

void stat_fold(struct store_backend *backend, int64_t now_ms)
{
    fold(backend, FOLD_ROWS, now_ms);
}

void stat_fold_along(struct store_backend *backend, size_t ops, int64_t now_ms)
{
    if (rows_left(backend) >= 2 * FOLD_ROWS)
        fold(backend, FOLD_ROWS + (int64_t)ops, now_ms);
}

void stat_note_accepted(struct store_backend *backend, int64_t event_id, int64_t created_ms,
                        const int64_t *webhook_ids, size_t count)
{
    struct map all;

    if (event_id > backend->stat.event) {
        backend->stat.deliveries += (int64_t)count;
        return;
    }
    map_init(&all, 0);
    for (size_t i = 0; i < count; i++)
        count_accepted(backend, &all, webhook_ids[i], created_ms);
    write_all(backend, &all);
}

void stat_drop(struct store_backend *backend, int64_t id, int64_t now_ms)
{
    sqlite3_stmt *drop = sqlite_statement(backend, SQL_STAT_DROP);
    int64_t last = hour_of(now_ms) + 1; // what began before the clock was set back

    sqlite3_bind_int64(drop, 2, id);
    for (int64_t hour = last - KEEP_HOURS - 1; hour <= last && !backend->code; hour++) {
        sqlite3_bind_int64(drop, 1, hour);
        sqlite_run(backend, SQL_STAT_DROP);
    }
    sqlite3_bind_int64(drop, 1, ALL_TIME);
    sqlite_run(backend, SQL_STAT_DROP);
}

bool stat_prune(struct store_backend *backend, int64_t now_ms)
{
    sqlite3_bind_int64(sqlite_statement(backend, SQL_STAT_PRUNE), 1,
                       hour_of(now_ms) - KEEP_HOURS);
    sqlite_run(backend, SQL_STAT_PRUNE);
    return sqlite3_changes(backend->db) > 0;
}
