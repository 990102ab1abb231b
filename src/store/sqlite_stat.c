#include "store/sqlite_stat.h"

#include "base/histogram.h"
#include "base/memory.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FOLD_ROWS = 2000, // of each kind, in one piece
    WAIT_MS = 500,    // fewer rows wait for company that long
    KEEP_HOURS = 90 * 24,
    ALL_TIME = -1 // in the place of an hour
};

// What a piece adds to one row of the table.
struct sums {
    int64_t hour, id;
    int64_t accepted, delivered, failed, attempts, failed_attempts, ms;
    int64_t last_ms;
    struct histogram histogram;
};

static int64_t hour_of(int64_t wall_ms)
{
    return wall_ms > 0 ? wall_ms / STATS_HOUR_MS : 0;
}

bool stat_load(struct store_backend *backend)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_SETTING_GET);
    struct stat_state *state = &backend->stat;
    long long attempt = 0, event = 0;
    int n = -1;

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

bool stat_is_due(const struct store_backend *backend, int64_t now_ms)
{
    const struct stat_state *state = &backend->stat;
    int64_t rows = backend->last_attempt - state->attempt + state->deliveries;

    return rows >= 2 * FOLD_ROWS ||
           (rows > 0 && (now_ms - state->folded_ms >= WAIT_MS || now_ms < state->folded_ms));
}

// --- one row of the table ---

static void read_old(struct store_backend *backend, struct sums *sums)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_STAT_GET);
    struct histogram old;

    sqlite3_bind_int64(get, 1, sums->hour);
    sqlite3_bind_int64(get, 2, sums->id);
    if (sqlite_step(backend, SQL_STAT_GET)) {
        int64_t last_ms = sqlite3_column_int64(get, 6);
        sums->accepted += sqlite3_column_int64(get, 0);
        sums->delivered += sqlite3_column_int64(get, 1);
        sums->failed += sqlite3_column_int64(get, 2);
        sums->attempts += sqlite3_column_int64(get, 3);
        sums->failed_attempts += sqlite3_column_int64(get, 4);
        sums->ms += sqlite3_column_int64(get, 5);
        sums->last_ms = last_ms > sums->last_ms ? last_ms : sums->last_ms;
        if (histogram_unpack(sqlite3_column_blob(get, 7),
                             (size_t)sqlite3_column_bytes(get, 7), &old))
            histogram_merge(&sums->histogram, &old);
    }
    sqlite_reset(backend, SQL_STAT_GET);
}

static void add_sums(struct store_backend *backend, struct sums *sums)
{
    sqlite3_stmt *put = sqlite_statement(backend, SQL_STAT_PUT);
    unsigned char packed[HISTOGRAM_PACKED_MAX];
    int at = 1;

    read_old(backend, sums);
    sqlite3_bind_int64(put, at++, sums->hour);
    sqlite3_bind_int64(put, at++, sums->id);
    sqlite3_bind_int64(put, at++, sums->accepted);
    sqlite3_bind_int64(put, at++, sums->delivered);
    sqlite3_bind_int64(put, at++, sums->failed);
    sqlite3_bind_int64(put, at++, sums->attempts);
    sqlite3_bind_int64(put, at++, sums->failed_attempts);
    sqlite3_bind_int64(put, at++, sums->ms);
    sqlite3_bind_int64(put, at++, sums->last_ms);
    sqlite3_bind_blob(put, at, packed,
                      sums->hour == ALL_TIME ? 0
                                             : (int)histogram_pack(&sums->histogram, packed),
                      SQLITE_STATIC);
    sqlite_run(backend, SQL_STAT_PUT);
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

static int64_t read_deliveries(struct store_backend *backend, struct map *all)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_STAT_DELIVERIES);
    int64_t count = 0;

    sqlite3_bind_int64(list, 1, backend->stat.event);
    sqlite3_bind_int(list, 2, backend->stat.n);
    sqlite3_bind_int(list, 3, FOLD_ROWS);
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
        if (rows[i]->hour != ALL_TIME)
            histogram_add(&rows[i]->histogram, ms);
    }
}

static int64_t read_attempts(struct store_backend *backend, struct map *all)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_STAT_ATTEMPTS);
    int64_t count = 0;

    sqlite3_bind_int64(list, 1, backend->stat.attempt);
    sqlite3_bind_int(list, 2, FOLD_ROWS);
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
        free(sums);
    }
    map_done(all);
}

bool stat_fold(struct store_backend *backend, int64_t now_ms)
{
    struct map all;
    int64_t deliveries, attempts;

    map_init(&all, 0);
    deliveries = read_deliveries(backend, &all);
    attempts = read_attempts(backend, &all);
    write_all(backend, &all);
    save(backend);
    backend->stat.deliveries -= deliveries;
    if (deliveries < FOLD_ROWS)
        backend->stat.deliveries = 0;
    else if (backend->stat.deliveries <= 0)
        backend->stat.deliveries = 1; // perhaps
    if (attempts < FOLD_ROWS)         // ids that are missing were rolled back
        backend->stat.attempt = backend->last_attempt;
    backend->stat.folded_ms = now_ms;
    return deliveries == FOLD_ROWS || attempts == FOLD_ROWS;
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
    int64_t last = hour_of(now_ms) + 1;
    int64_t hour = hour_of(id_wall_ms(id));

    if (hour < last - KEEP_HOURS)
        hour = last - KEEP_HOURS;
    sqlite3_bind_int64(drop, 2, id);
    sqlite3_bind_int64(drop, 1, ALL_TIME);
    sqlite_run(backend, SQL_STAT_DROP);
    for (; hour <= last && !backend->code; hour++) {
        sqlite3_bind_int64(drop, 1, hour);
        sqlite_run(backend, SQL_STAT_DROP);
    }
}

bool stat_prune(struct store_backend *backend, int64_t now_ms)
{
    sqlite3_bind_int64(sqlite_statement(backend, SQL_STAT_PRUNE), 1,
                       hour_of(now_ms) - KEEP_HOURS);
    sqlite_run(backend, SQL_STAT_PRUNE);
    return sqlite3_changes(backend->db) > 0;
}
