#include "store/ops.h"

#include "base/arena.h"
#include "base/limits.h"
#include "hook/id.h"
#include "store/sqlite_claim.h"
#include "store/sqlite_read.h"

#include <string.h>

// One list: how its rows are found and read. Rows come newest first, and the first two
// columns of a query that has two keys are (id, n).
struct list_kind_row {
    const char *text; // ?1: app, ?2, ?3: the cursor
    size_t row_size;
    bool has_n;
    // False: the filters leave it out.
    bool (*read)(struct store_reader *reader, struct op *op, sqlite3_stmt *row, void *ret);
};

static bool read_app_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                           void *ret)
{
    (void)reader;
    read_app(&op->arena, row, ret);
    return true;
}

static bool read_key_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                           void *ret)
{
    (void)reader;
    read_key(&op->arena, row, ret);
    return true;
}

static bool read_session_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                               void *ret)
{
    struct session_row *session = ret;

    (void)reader;
    read_session(&op->arena, row, session);
    return session_is_in_force(session, limit(LIMIT_SESSION_IDLE_MS),
                               op->as.list.query.now_ms);
}

static bool read_webhook_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                               void *ret)
{
    (void)reader;
    read_webhook(&op->arena, row, ret);
    return true;
}

// What is asked of the event: by its type, its mode and when it was accepted.
static bool event_fits(const struct list_query *query, const char *type, int mode,
                       int64_t created_ms)
{
    return (!query->type || (type && !strcmp(query->type, type))) &&
           (query->mode == LIST_ANY || query->mode == mode) &&
           (query->since_ms == 0 || created_ms >= query->since_ms) &&
           (query->until_ms == 0 || created_ms < query->until_ms);
}

static bool read_event_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                             void *ret)
{
    const struct list_query *query = &op->as.list.query;
    sqlite3_stmt *get;
    int64_t id = sqlite3_column_int64(row, 0);
    struct event_row *event = ret;

    if ((query->app_id && sqlite3_column_int64(row, 1) != query->app_id) ||
        !event_fits(query, (const char *)sqlite3_column_text(row, 2),
                    sqlite3_column_int(row, 3), sqlite3_column_int64(row, 4)))
        return false;
    get = reader_statement(reader, "SELECT app, type, mode, created, span_at, span_len, uid,"
                                   " body, original, trigger, fan FROM event WHERE id = ?1");
    sqlite3_bind_int64(get, 1, id);
    if (!reader_step(reader, get))
        return false;
    event->event = event_of_row(get, id);
    event->fan = sqlite3_column_int(get, 10);
    sqlite3_reset(get);
    return true;
}

static bool state_fits(const struct list_query *query, const struct delivery_row *row)
{
    bool is_open = delivery_is_open(row->state);

    if (query->state == LIST_STATES_OPEN
            ? !is_open
            : query->state != LIST_ANY && query->state != (int)row->state)
        return false;
    if (query->due_now != LIST_ANY &&
        (!is_open || (row->due_ms <= query->now_ms) != (query->due_now == 1)))
        return false;
    return query->status_class == 0 || row->last_status / 100 == query->status_class;
}

enum { WEBHOOK_APP = DELIVERY_COLUMN_COUNT, LAST_ATTEMPT };

static int64_t duration_of(struct store_reader *reader, int64_t attempt_id)
{
    sqlite3_stmt *get = reader_statement(reader, "SELECT ms FROM attempt WHERE id = ?1");
    int64_t duration_ms = 0;

    sqlite3_bind_int64(get, 1, attempt_id);
    if (reader_step(reader, get))
        duration_ms = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return duration_ms;
}

static bool read_delivery_entry(struct store_reader *reader, struct op *op, sqlite3_stmt *row,
                                void *ret)
{
    const struct list_query *query = &op->as.list.query;
    struct delivery_row *delivery = ret;
    const char *type;
    sqlite3_stmt *get;
    bool fits;

    if (query->app_id && sqlite3_column_int64(row, WEBHOOK_APP) != query->app_id)
        return false;
    read_delivery(row, delivery);
    if ((query->webhook_id && query->webhook_id != delivery->webhook_id) ||
        !state_fits(query, delivery))
        return false;
    get = reader_statement(reader, "SELECT type, mode, created FROM event WHERE id = ?1");
    sqlite3_bind_int64(get, 1, delivery->event_id);
    if (!reader_step(reader, get))
        return false;
    type = (const char *)sqlite3_column_text(get, 0);
    delivery->created_ms = sqlite3_column_int64(get, 2);
    fits = event_fits(query, type, sqlite3_column_int(get, 1), delivery->created_ms);
    if (fits)
        delivery->type = read_text(&op->arena, get, 0);
    sqlite3_reset(get);
    if (fits)
        delivery->last_ms = duration_of(reader, sqlite3_column_int64(row, LAST_ATTEMPT));
    return fits;
}

#define DELIVERIES                                                                           \
    "SELECT " DELIVERY_COLUMNS ", w.app, d.last_attempt FROM delivery d LEFT JOIN webhook w" \
    " ON w.id = d.webhook WHERE (d.event, d.n) < (?2, ?3)"
#define WEBHOOK_FITS "w.state <> 2 AND (?3 = -1 OR w.state = ?3)"
#define NEWEST_FIRST " ORDER BY d.event DESC, d.n DESC"

static const struct list_kind_row kinds[] = {
    [LIST_APPS] = {"SELECT " APP_COLUMNS
                   " FROM app WHERE version >= 0 AND id < ?2 AND id <> 28528"
                   " AND (?1 = 0 OR id = ?1) ORDER BY id DESC",
                   sizeof(struct app_row), false, read_app_entry},
    [LIST_KEYS] = {"SELECT " KEY_COLUMNS " FROM api_key WHERE app = ?1 AND id < ?2"
                   " AND revoked = 0 ORDER BY id DESC",
                   sizeof(struct key_row), false, read_key_entry},
    [LIST_WEBHOOKS] = {"SELECT " WEBHOOK_COLUMNS " FROM webhook w WHERE w.app = ?1"
                       " AND w.id < ?2 AND " WEBHOOK_FITS " ORDER BY w.id DESC"
                       " LIMIT -1 OFFSET ?4",
                       sizeof(struct webhook_row), false, read_webhook_entry},
    [LIST_EVENTS] = {"SELECT id, app, type, mode, created FROM event WHERE id < ?2"
                     " ORDER BY id DESC",
                     sizeof(struct event_row), false, read_event_entry},
    [LIST_DELIVERIES] = {DELIVERIES NEWEST_FIRST, sizeof(struct delivery_row), true,
                         read_delivery_entry},
    [LIST_SESSIONS] = {"SELECT " SESSION_COLUMNS " FROM session s WHERE s.app = ?1"
                       " AND s.id < ?2 ORDER BY s.id DESC",
                       sizeof(struct session_row), false, read_session_entry},
};

// Failed deliveries of a webhook have an index of their own; one event's stand together.
static const char *text_of(const struct list_query *query)
{
    if (query->kind != LIST_DELIVERIES)
        return kinds[query->kind].text;
    if (query->event_id)
        return DELIVERIES " AND d.event = ?4" NEWEST_FIRST;
    if (query->webhook_id && query->state == DELIVERY_FAILED)
        return DELIVERIES " AND d.state >= 4 AND d.webhook = ?5" NEWEST_FIRST;
    return kinds[query->kind].text;
}

// The cursor, or the newest that the time asked for can hold. Ids are times, but a clock that
// was set leaves some ahead of theirs: an hour of slack is looked through.
static sqlite3_stmt *start(struct store_reader *reader, const struct list_query *query)
{
    enum { SLACK_MS = 3600000 };
    sqlite3_stmt *list = reader_statement(reader, text_of(query));
    bool by_time = query->kind == LIST_EVENTS || query->kind == LIST_DELIVERIES;
    int64_t before = query->before_id ? query->before_id : INT64_MAX;
    int n = query->before_id ? query->before_n : 0;

    if (by_time && query->until_ms && id_first_at(query->until_ms + SLACK_MS) < before &&
        id_first_at(query->until_ms + SLACK_MS) > 0) {
        before = id_first_at(query->until_ms + SLACK_MS);
        n = 0;
    }
    sqlite3_bind_int64(list, 1, query->app_id);
    sqlite3_bind_int64(list, 2, before);
    if (query->kind == LIST_WEBHOOKS) {
        sqlite3_bind_int(list, 3, query->state);
        sqlite3_bind_int(list, 4, query->skip);
    }
    if (kinds[query->kind].has_n) {
        sqlite3_bind_int(list, 3, n);
        sqlite3_bind_int64(list, 4, query->event_id);
        sqlite3_bind_int64(list, 5, query->webhook_id);
    }
    return list;
}

static int64_t count_webhooks(struct store_reader *reader, const struct list_query *query)
{
    sqlite3_stmt *count =
        reader_statement(reader, "SELECT count(*) FROM webhook w WHERE w.app = ?1"
                                 " AND " WEBHOOK_FITS);
    int64_t total = 0;

    sqlite3_bind_int64(count, 1, query->app_id);
    sqlite3_bind_int(count, 3, query->state);
    if (reader_step(reader, count))
        total = sqlite3_column_int64(count, 0);
    sqlite3_reset(count);
    return total;
}

// Below this id nothing can be as new as was asked.
static int64_t oldest_of(const struct list_query *query)
{
    enum { SLACK_MS = 3600000 };

    if (query->since_ms <= SLACK_MS ||
        (query->kind != LIST_EVENTS && query->kind != LIST_DELIVERIES))
        return 0;
    return id_first_at(query->since_ms - SLACK_MS);
}

static void *rows_of(struct op *op, size_t most, size_t size)
{
    void *rows = arena_take(&op->arena, most * size);

    switch (op->as.list.query.kind) {
    case LIST_APPS: op->as.list.rows.apps = rows; break;
    case LIST_KEYS: op->as.list.rows.keys = rows; break;
    case LIST_WEBHOOKS: op->as.list.rows.webhooks = rows; break;
    case LIST_EVENTS: op->as.list.rows.events = rows; break;
    case LIST_DELIVERIES: op->as.list.rows.deliveries = rows; break;
    case LIST_SESSIONS: op->as.list.rows.sessions = rows; break;
    }
    return rows;
}

// A page ends when it is full, or when enough was looked at; it may be short or empty then,
// and its cursor goes on from the last entry seen.
void sqlite_list(struct store_reader *reader, struct op *op)
{
    const struct list_query *query = &op->as.list.query;
    const struct list_kind_row *kind = &kinds[query->kind];
    const size_t most = query->limit > 0 && query->limit < limit(LIMIT_LIST)
                            ? (size_t)query->limit
                            : (size_t)limit(LIMIT_LIST);
    const int64_t oldest = oldest_of(query);
    sqlite3_stmt *list = start(reader, query);
    char *rows = rows_of(op, most, kind->row_size);
    int64_t seen = 0;
    int64_t last_id = 0;
    int last_n = 0;

    if (query->kind == LIST_WEBHOOKS && query->counts)
        op->as.list.total = count_webhooks(reader, query);
    while (reader_step(reader, list)) {
        int64_t id = sqlite3_column_int64(list, 0);
        if (id < oldest)
            return;
        if (op->as.list.count == most || seen == limit(LIMIT_LIST_READ)) {
            op->as.list.next_id = last_id;
            op->as.list.next_n = (uint16_t)last_n;
            return;
        }
        seen++;
        last_id = id;
        last_n = kind->has_n ? sqlite3_column_int(list, 1) : 0;
        if (kind->read(reader, op, list, rows + op->as.list.count * kind->row_size))
            op->as.list.count++;
    }
}
