#include "store/sqlite_trail.h"

#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_trail_run.h"

#include <stdlib.h>

bool sqlite_trail_load(struct store_backend *backend)
{
    struct trail *trail = &backend->trail;
    sqlite3_stmt *state = sqlite_statement(backend, SQL_TRAIL_STATE);
    sqlite3_stmt *events = sqlite_statement(backend, SQL_TRAIL_EVENTS);
    sqlite3_stmt *deliveries = sqlite_statement(backend, SQL_TRAIL_DELIVERIES);

    if (sqlite_step(backend, SQL_TRAIL_STATE))
        trail->state = (struct trail_state){.last = sqlite3_column_int64(state, 0),
                                            .number = sqlite3_column_int64(state, 1),
                                            .small = sqlite3_column_int(state, 2)};
    sqlite_reset(backend, SQL_TRAIL_STATE);
    sqlite3_bind_int64(events, 1, trail->state.last);
    while (sqlite_step(backend, SQL_TRAIL_EVENTS))
        trail_add_event(trail, sqlite3_column_int64(events, 0),
                        sqlite3_column_int64(events, 1),
                        (const char *)sqlite3_column_text(events, 2));
    sqlite_reset(backend, SQL_TRAIL_EVENTS);
    sqlite3_bind_int64(deliveries, 1, trail->state.last);
    while (sqlite_step(backend, SQL_TRAIL_DELIVERIES))
        trail_add(trail, sqlite3_column_int64(deliveries, 0),
                  sqlite3_column_int64(deliveries, 1), sqlite3_column_int(deliveries, 2));
    sqlite_reset(backend, SQL_TRAIL_DELIVERIES);
    return !backend->code;
}

// What the group added below what runs hold already would be taken for a part of them.
static void note_late(struct store_backend *backend)
{
    const struct trail *trail = &backend->trail;
    sqlite3_stmt *add;

    for (size_t i = trail->count_before; i < trail->count; i++) {
        if (trail->entries[i].event_id > trail->state.last)
            continue;
        add = sqlite_statement(backend, SQL_TRAIL_LATE_ADD);
        sqlite3_bind_int64(add, 1, trail->entries[i].event_id);
        sqlite_run(backend, SQL_TRAIL_LATE_ADD);
    }
}

static int64_t first_of(const struct trail_entry *entries, size_t count)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < count; i++)
        if (entries[i].event_id < first)
            first = entries[i].event_id;
    return first;
}

// All that is late goes with it.
static void write_run(struct store_backend *backend, bool is_all)
{
    struct trail *trail = &backend->trail;
    struct trail_run run = {.level = TRAIL_SMALL};
    struct trail_writer writer = {.run = trail->state.number++};
    size_t count;
    struct trail_entry *entries = trail_take(trail, is_all, &count, &run.last);

    run.first = first_of(entries, count);
    for (size_t i = 0; i < count && !backend->code; i++)
        trail_write(backend, &writer, &entries[i]);
    trail_write_end(backend, &writer, &run);
    free(entries);
    sqlite_run(backend, SQL_TRAIL_LATE_CLEAR);
    trail->state.last = run.last;
    trail->state.small++;
    trail->has_written = true;
}

static size_t read_small(struct store_backend *backend, struct trail_run *ret)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_TRAIL_SMALL);
    size_t count = 0;

    sqlite3_bind_int(list, 1, TRAIL_MERGE);
    while (count < TRAIL_MERGE && sqlite_step(backend, SQL_TRAIL_SMALL))
        trail_read_run(list, &ret[count++]);
    sqlite_reset(backend, SQL_TRAIL_SMALL);
    return count;
}

// The least entry of all, and the run that it stands in; NULL: no more.
static struct trail_leaves *least_of(struct store_backend *backend, struct trail_leaves *all,
                                     size_t count)
{
    struct trail_leaves *least = NULL;

    for (size_t i = 0; i < count; i++)
        if (trail_peek(backend, &all[i]) &&
            (!least ||
             trail_compare(&all[i].entries[all[i].at], &least->entries[least->at]) < 0))
            least = &all[i];
    return least;
}

static void merge_leaves(struct store_backend *backend, const struct trail_run *runs,
                         size_t count, struct trail_writer *writer)
{
    struct trail_leaves *all = NEW_ARRAY(struct trail_leaves, count);
    struct trail_leaves *least;

    for (size_t i = 0; i < count; i++)
        trail_open(&all[i], runs[i].number);
    while (!backend->code && (least = least_of(backend, all, count)))
        trail_write(backend, writer, &least->entries[least->at++]);
    free(all);
}

static void merge(struct store_backend *backend)
{
    struct trail *trail = &backend->trail;
    struct trail_run runs[TRAIL_MERGE];
    struct trail_run large = {.level = TRAIL_LARGE, .first = INT64_MAX};
    struct trail_writer writer = {.run = trail->state.number++};
    size_t count = read_small(backend, runs);

    merge_leaves(backend, runs, count, &writer);
    for (size_t i = 0; i < count; i++) {
        large.first = runs[i].first < large.first ? runs[i].first : large.first;
        large.last = runs[i].last > large.last ? runs[i].last : large.last;
        trail_drop(backend, &runs[i]);
    }
    trail_write_end(backend, &writer, &large);
    trail->state.small -= (int)count;
}

void sqlite_trail_flush(struct store_backend *backend)
{
    if (backend->trail.count > 0)
        write_run(backend, true);
}

void sqlite_trail_along(struct store_backend *backend)
{
    if (backend->trail.count == backend->trail.count_before)
        return;
    note_late(backend);
    if (trail_is_due(&backend->trail))
        write_run(backend, false);
    if (backend->trail.state.small >= TRAIL_MERGE)
        merge(backend);
}
