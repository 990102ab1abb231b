#include "base/clock.h"
#include "base/limits.h"
#include "hook/id.h"
#include "store/ops.h"
#include "store/sqlite_entry.h"
#include "store/sqlite_walk.h"

#include <limits.h>

// One list: how its rows are found and read. Rows come newest first, and the first two
// columns of a query that has two keys are (id, n).
struct list_kind_row {
    const char *text; // ?1: app, ?2, ?3: the cursor
    size_t row_size;
    bool has_n;
};

#define DELIVERIES                                                          \
    "SELECT " ENTRY_DELIVERY_COLUMNS " FROM delivery d LEFT JOIN webhook w" \
    " ON w.id = d.webhook WHERE (d.event, d.n) < (?2, ?3)"
#define EVENTS "SELECT " ENTRY_EVENT_COLUMNS " FROM event"
#define WEBHOOK_FITS "w.state <> 2 AND (?3 = -1 OR w.state = ?3)"
#define NEWEST_FIRST " ORDER BY d.event DESC, d.n DESC"

// Ids are times, give or take.
enum { SLACK_MS = 3600000 };

static bool is_by_time(const struct list_query *query)
{
    return query->kind == LIST_EVENTS || query->kind == LIST_DELIVERIES;
}

static bool is_of_failed(const struct list_query *query)
{
    return query->webhook_id && query->state == DELIVERY_FAILED;
}

// An app's events and deliveries, and a webhook's deliveries, are found by their trail.
static bool is_walked(const struct list_query *query)
{
    return is_by_time(query) && (query->app_id || query->webhook_id) && !query->event_id &&
           !is_of_failed(query);
}

static const struct list_kind_row kinds[] = {
    [LIST_APPS] = {"SELECT " APP_COLUMNS
                   " FROM app WHERE version >= 0 AND id < ?2 AND id <> 28528"
                   " AND (?1 = 0 OR id = ?1) ORDER BY id DESC",
                   sizeof(struct app_row), false},
    [LIST_KEYS] = {"SELECT " KEY_COLUMNS " FROM api_key WHERE app = ?1 AND id < ?2"
                   " AND revoked = 0 ORDER BY id DESC",
                   sizeof(struct key_row), false},
    [LIST_WEBHOOKS] = {"SELECT " WEBHOOK_COLUMNS " FROM webhook w WHERE w.app = ?1"
                       " AND w.id < ?2 AND " WEBHOOK_FITS " ORDER BY w.id DESC"
                       " LIMIT -1 OFFSET ?4",
                       sizeof(struct webhook_row), false},
    [LIST_EVENTS] = {EVENTS " WHERE id < ?2 ORDER BY id DESC", sizeof(struct event_row),
                     false},
    [LIST_DELIVERIES] = {DELIVERIES NEWEST_FIRST, sizeof(struct delivery_row), true},
    [LIST_SESSIONS] = {"SELECT " SESSION_COLUMNS " FROM session s WHERE s.app = ?1"
                       " AND s.id < ?2 ORDER BY s.id DESC",
                       sizeof(struct session_row), false},
    [LIST_AUDIT] = {"SELECT " AUDIT_COLUMNS " FROM audit WHERE seq < ?2 ORDER BY seq DESC",
                    sizeof(struct audit_row), false},
};

// Failed deliveries of a webhook have an index of their own; one event's stand together.
static const char *text_of(const struct list_query *query)
{
    if (query->kind != LIST_DELIVERIES)
        return kinds[query->kind].text;
    if (query->event_id)
        return DELIVERIES " AND d.event = ?4" NEWEST_FIRST;
    if (is_of_failed(query))
        return DELIVERIES " AND d.state >= 4 AND d.webhook = ?5" NEWEST_FIRST;
    return kinds[query->kind].text;
}

// Where a page begins: the cursor, or the newest that the time asked for can hold. Ids are
// times, but a clock that was set leaves some ahead of theirs: an hour of slack is looked
// through.
static void find_start(const struct list_query *query, int64_t *ret_before, int *ret_n)
{
    int64_t newest = query->until_ms ? id_first_at(query->until_ms + SLACK_MS) : 0;

    *ret_before = query->before_id ? query->before_id : INT64_MAX;
    *ret_n = query->before_id ? query->before_n : 0;
    if (is_by_time(query) && newest > 0 && newest < *ret_before) {
        *ret_before = newest;
        *ret_n = 0;
    }
}

static sqlite3_stmt *start(struct store_reader *reader, const struct list_query *query)
{
    sqlite3_stmt *list = reader_statement(reader, text_of(query));
    int64_t before;
    int n;

    find_start(query, &before, &n);
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
    return is_by_time(query) && query->since_ms > SLACK_MS
               ? id_first_at(query->since_ms - SLACK_MS)
               : 0;
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
    case LIST_AUDIT: op->as.list.rows.audits = rows; break;
    }
    return rows;
}

// A page ends when it is full, or when it was looked for long enough; it may be short or
// empty then, and its cursor goes on from the last entry seen.
struct page {
    struct store_reader *reader;
    struct op *op;
    const struct list_kind_row *kind;
    char *rows;
    size_t most;
    int64_t oldest;
    int64_t until_ms; // by the clock that never jumps
    int64_t seen;
    int64_t last_id;
    int last_n;
};

// The clock is looked at now and then, so that a page always gets on.
static bool has_seen_enough(const struct page *page)
{
    enum { EVERY = 64 };

    return page->seen % EVERY == EVERY - 1 && clock_now().mono_ms >= page->until_ms;
}

// Is this entry past the end of it?
static bool ends_before(struct page *page, int64_t id)
{
    struct op *op = page->op;

    if (id < page->oldest)
        return true;
    if (op->as.list.count < page->most && !has_seen_enough(page))
        return false;
    op->as.list.next_id = page->last_id;
    op->as.list.next_n = (uint16_t)page->last_n;
    return true;
}

static void saw(struct page *page, int64_t id, int n)
{
    page->seen++;
    page->last_id = id;
    page->last_n = n;
}

// The rows of a statement, from the first on. False: the page has ended.
static bool take_rows(struct page *page, sqlite3_stmt *list)
{
    struct op *op = page->op;

    while (reader_step(page->reader, list)) {
        int64_t id = sqlite3_column_int64(list, 0);
        if (ends_before(page, id))
            return false;
        saw(page, id, page->kind->has_n ? sqlite3_column_int(list, 1) : 0);
        if (entry_read(page->reader, op, list,
                       page->rows + op->as.list.count * page->kind->row_size))
            op->as.list.count++;
    }
    return true;
}

// The rows that an entry of a walk leads to: an event, a delivery, or the deliveries of an
// event.
static sqlite3_stmt *rows_at(struct page *page, const struct trail_entry *entry,
                             bool is_event)
{
    const struct list_query *query = &page->op->as.list.query;
    const char *text = is_event ? DELIVERIES " AND d.event = ?4" NEWEST_FIRST
                                : DELIVERIES " AND d.event = ?4 AND d.n = ?5";
    sqlite3_stmt *list;
    int64_t before;
    int n;

    find_start(query, &before, &n);
    list = reader_statement(page->reader,
                            query->kind == LIST_EVENTS ? EVENTS " WHERE id = ?4" : text);
    sqlite3_bind_int64(list, 2, before);
    sqlite3_bind_int(list, 3, n);
    sqlite3_bind_int64(list, 4, entry->event_id);
    sqlite3_bind_int(list, 5, entry->n);
    return list;
}

// False: the page has ended.
static bool take_entry(struct page *page, const struct trail_entry *entry, bool is_event)
{
    const int64_t seen = page->seen;
    sqlite3_stmt *list = rows_at(page, entry, is_event);
    bool is_open = take_rows(page, list);

    sqlite3_reset(list);
    if (is_open && page->seen == seen) // it is gone, or had no delivery
        saw(page, entry->event_id, entry->n);
    return is_open;
}

// A walk of events beside that of deliveries, so that few rows of other types are read.
struct beside {
    struct walk *walk; // NULL: none, and every event is on it
    struct trail_entry at;
};

// May the event be on it? Where it is far behind, the row itself is the quicker answer.
static bool may_be_beside(struct beside *beside, int64_t event_id)
{
    enum { STEPS = 256 };

    for (int i = 0; beside->walk && i < STEPS && beside->at.event_id > event_id; i++)
        if (!walk_next(beside->walk, &beside->at))
            beside->at.event_id = 0;
    return !beside->walk || beside->at.event_id >= event_id;
}

static void take_walk(struct page *page, struct walk *walk, struct beside *beside)
{
    struct trail_entry entry;
    bool is_open = true;

    while (is_open && walk_next(walk, &entry) && !ends_before(page, entry.event_id))
        if (may_be_beside(beside, entry.event_id))
            is_open = take_entry(page, &entry, walk_is_of_events(walk));
        else if (beside->at.event_id > 0)
            saw(page, entry.event_id, entry.n);
        else
            is_open = false; // nor is any that is older
}

static enum walk_kind walk_kind_of(const struct list_query *query)
{
    if (query->webhook_id)
        return WALK_DELIVERIES;
    if (query->kind == LIST_DELIVERIES && query->state == DELIVERY_FAILED)
        return WALK_FAILED;
    return query->type ? WALK_TYPE : WALK_EVENTS;
}

static struct walk *walk_of(struct store_reader *reader, const struct list_query *query)
{
    struct walk_query of = {.kind = walk_kind_of(query),
                            .id = query->webhook_id ? query->webhook_id : query->app_id,
                            .type = query->type};

    find_start(query, &of.before_event, &of.before_n);
    return walk_new(reader, &of);
}

static struct beside beside_of(struct store_reader *reader, const struct list_query *query)
{
    struct walk_query of = {
        .kind = WALK_TYPE, .id = query->app_id, .type = query->type, .before_n = INT_MAX};
    int n;

    if (walk_kind_of(query) == WALK_TYPE || !query->type || !query->app_id)
        return (struct beside){0};
    find_start(query, &of.before_event, &n);
    return (struct beside){walk_new(reader, &of), {.event_id = INT64_MAX}};
}

static void list_walked(struct page *page)
{
    const struct list_query *query = &page->op->as.list.query;
    struct walk *walk = walk_of(page->reader, query);
    struct beside beside = beside_of(page->reader, query);

    take_walk(page, walk, &beside);
    walk_free(beside.walk);
    walk_free(walk);
}

static bool is_of_anothers_webhook(struct store_reader *reader,
                                   const struct list_query *query)
{
    sqlite3_stmt *get;
    bool is = true;

    if (!query->webhook_id || !query->app_id)
        return false;
    get = reader_statement(reader, "SELECT app FROM webhook WHERE id = ?1");
    sqlite3_bind_int64(get, 1, query->webhook_id);
    if (reader_step(reader, get))
        is = sqlite3_column_int64(get, 0) != query->app_id;
    sqlite3_reset(get);
    return is;
}

void sqlite_list(struct store_reader *reader, struct op *op)
{
    const struct list_query *query = &op->as.list.query;
    struct page page = {.reader = reader,
                        .op = op,
                        .kind = &kinds[query->kind],
                        .most = query->limit > 0 && query->limit < limit(LIMIT_LIST)
                                    ? (size_t)query->limit
                                    : (size_t)limit(LIMIT_LIST),
                        .oldest = oldest_of(query),
                        .until_ms = clock_now().mono_ms + limit(LIMIT_LIST_MS)};

    page.rows = rows_of(op, page.most, page.kind->row_size);
    if (query->kind == LIST_WEBHOOKS && query->counts)
        op->as.list.total = count_webhooks(reader, query);
    if (is_of_anothers_webhook(reader, query))
        return;
    if (is_walked(query))
        list_walked(&page);
    else
        take_rows(&page, start(reader, query));
}
