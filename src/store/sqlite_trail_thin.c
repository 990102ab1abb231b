#include "store/sqlite_trail.h"

#include "base/limits.h"
#include "base/memory.h"
#include "hook/id.h"
#include "store/sqlite.h"
#include "store/sqlite_trail_run.h"

#include <stdlib.h>

enum { FEW = 8 }; // a run is thinned when one event in so many is left
#define DAY_MS (INT64_C(86400) * 1000)

// Sorted.
struct event_ids {
    int64_t *ids;
    size_t count, cap;
};

static void add_id(struct event_ids *events, int64_t id)
{
    if (events->count == events->cap) {
        events->cap = events->cap ? events->cap * 2 : 64;
        events->ids = memory_resize(events->ids, events->cap * sizeof *events->ids);
    }
    events->ids[events->count++] = id;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static bool has_id(const struct event_ids *events, int64_t id)
{
    return events->count &&
           bsearch(&id, events->ids, events->count, sizeof *events->ids, by_number);
}

// The run anew, with the entries of these events alone, or without them.
static void rewrite(struct store_backend *backend, const struct trail_run *old,
                    const struct event_ids *events, bool keeps_them)
{
    struct trail_run run = *old;
    struct trail_leaves *leaves = NEW(struct trail_leaves);
    struct trail_writer *writer = NEW(struct trail_writer);
    const struct trail_entry *entry;

    writer->run = backend->trail.state.number++;
    trail_open(leaves, old->number);
    for (; (entry = trail_peek(backend, leaves)); leaves->at++)
        if (has_id(events, entry->event_id) == keeps_them)
            trail_write(backend, writer, entry);
    trail_drop(backend, old);
    trail_write_end(backend, writer, &run);
    free(writer);
    free(leaves);
}

// The next run behind that number whose events are all older; false: none.
static bool next_run(struct store_backend *backend, int64_t number, int64_t before,
                     struct trail_run *ret)
{
    sqlite3_stmt *next = sqlite_statement(backend, SQL_TRAIL_RUN_AFTER);
    bool is_there;

    sqlite3_bind_int64(next, 1, number);
    sqlite3_bind_int64(next, 2, before);
    is_there = sqlite_step(backend, SQL_TRAIL_RUN_AFTER);
    if (is_there)
        trail_read_run(next, ret);
    sqlite_reset(backend, SQL_TRAIL_RUN_AFTER);
    return is_there;
}

// --- what retention has forgotten ---

// Those that are left of a run's time, but no more than that many and one.
static struct event_ids read_left(struct store_backend *backend, const struct trail_run *run,
                                  int64_t most)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_TRAIL_LEFT);
    struct event_ids left = {0};

    sqlite3_bind_int64(list, 1, run->first);
    sqlite3_bind_int64(list, 2, run->last);
    sqlite3_bind_int64(list, 3, most + 1);
    while (sqlite_step(backend, SQL_TRAIL_LEFT))
        add_id(&left, sqlite3_column_int64(list, 0));
    sqlite_reset(backend, SQL_TRAIL_LEFT);
    return left;
}

static void thin(struct store_backend *backend, const struct trail_run *run)
{
    const int64_t most = run->events / FEW;
    struct event_ids left = read_left(backend, run, most);

    if (left.count == 0) {
        trail_drop(backend, run);
        backend->trail.state.small -= run->level == TRAIL_SMALL;
    } else if ((int64_t)left.count <= most) {
        rewrite(backend, run, &left, true);
    }
    free(left.ids);
}

// The newest run stays: it says where the tail begins.
bool trail_expire(struct store_backend *backend, int64_t now_ms)
{
    const int64_t horizon = id_first_at(now_ms - limit(LIMIT_RETENTION_DAYS) * DAY_MS);
    const int64_t last = backend->trail.state.last;
    struct trail_run run;

    if (limit(LIMIT_RETENTION_DAYS) == 0 ||
        !next_run(backend, backend->expired_run, horizon < last ? horizon : last, &run)) {
        backend->expired_run = 0;
        return false;
    }
    backend->expired_run = run.number;
    thin(backend, &run);
    return true;
}

// --- an app that is erased ---

static struct event_ids read_owned(struct store_backend *backend, const struct trail_run *run,
                                   int64_t owner)
{
    const struct trail_entry from = {owner, INT64_MIN, -1};
    struct trail_leaves *leaves = NEW(struct trail_leaves);
    struct event_ids owned = {0};
    const struct trail_entry *entry;

    trail_open_at(backend, leaves, run->number, &from);
    for (; (entry = trail_peek(backend, leaves)) && entry->owner <= owner; leaves->at++)
        if (entry->owner == owner)
            add_id(&owned, entry->event_id);
    free(leaves);
    return owned;
}

bool trail_forget(struct store_backend *backend, int64_t app_id, int64_t *place)
{
    struct trail_run run;
    struct event_ids owned;

    if (*place == 0)
        sqlite_trail_flush(backend);
    if (!next_run(backend, *place, INT64_MAX, &run))
        return false;
    *place = run.number;
    owned = read_owned(backend, &run, trail_owner(app_id, NULL));
    if (owned.count)
        rewrite(backend, &run, &owned, false);
    free(owned.ids);
    return true;
}
