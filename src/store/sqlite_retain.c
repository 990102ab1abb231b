#include "store/sqlite_step.h"

#include "base/limits.h"
#include "hook/id.h"
#include "store/sqlite.h"

enum { RETAIN_EVENTS = 250 };
#define DAY_MS (INT64_C(86400) * 1000)

// Has all of it ended, and long enough ago? The last attempt of all stays, so that its number
// is never given again.
static bool has_expired(struct store_backend *backend, int64_t event_id, int64_t horizon_ms)
{
    sqlite3_stmt *keeps = sqlite_statement(backend, SQL_RETAIN_KEEPS);
    bool is_kept;

    sqlite3_bind_int64(keeps, 1, event_id);
    sqlite3_bind_int64(keeps, 2, horizon_ms);
    sqlite3_bind_int64(keeps, 3, backend->last_attempt);
    is_kept = sqlite_step(backend, SQL_RETAIN_KEEPS);
    sqlite_reset(backend, SQL_RETAIN_KEEPS);
    return !is_kept;
}

// The next events that may have expired, which is a range of ids. The newest of all stays.
static size_t read_events(struct store_backend *backend, int64_t horizon_ms, int64_t *ret)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_RETAIN_EVENTS);
    int64_t end = id_first_at(horizon_ms);
    size_t count = 0;

    sqlite3_bind_int64(list, 1, backend->retained_event);
    sqlite3_bind_int64(list, 2, end < backend->last_event ? end : backend->last_event);
    while (count < RETAIN_EVENTS && sqlite_step(backend, SQL_RETAIN_EVENTS))
        ret[count++] = sqlite3_column_int64(list, 0);
    sqlite_reset(backend, SQL_RETAIN_EVENTS);
    return count;
}

bool sqlite_retain(struct store_backend *backend, int64_t now_ms)
{
    const int64_t horizon_ms = now_ms - limit(LIMIT_RETENTION_DAYS) * DAY_MS;
    int64_t ids[RETAIN_EVENTS];
    size_t count = 0;

    if (limit(LIMIT_RETENTION_DAYS) > 0)
        count = read_events(backend, horizon_ms, ids);
    for (size_t i = 0; i < count; i++) {
        backend->retained_event = ids[i];
        if (has_expired(backend, ids[i], horizon_ms))
            sqlite_erase_event(backend, ids[i]);
    }
    if (count < RETAIN_EVENTS)
        backend->retained_event = 0;
    return count == RETAIN_EVENTS;
}
