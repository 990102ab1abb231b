#include "store/sqlite_claim.h"

#include "base/memory.h"
#include "store/sqlite.h"
#include "store/sqlite_delivery.h"

#include <string.h>

enum {
    NEWEST_SEEN_MAX = 1000,
    SKIPPED_MAX = 5000, // cancelled rows that a claim steps over
    FRESH_ROWS_MAX = 16384,
    FRESH_BYTES_MAX = 64 << 20
};

static char *copy_of(const void *bytes, int len)
{
    return bytes ? memory_copy(bytes, (size_t)len) : NULL;
}

struct event *event_of_row(sqlite3_stmt *row, int64_t id)
{
    const void *body = sqlite3_column_blob(row, 7);
    size_t body_len = (size_t)sqlite3_column_bytes(row, 7);
    struct event *event = event_new(body_len);
    const unsigned char *type = sqlite3_column_text(row, 1);
    int64_t at = sqlite3_column_int64(row, 4);
    int64_t len = sqlite3_column_int64(row, 5);

    event->id = id;
    event->app_id = sqlite3_column_int64(row, 0);
    if (type)
        strncat(event->type, (const char *)type, EVENT_TYPE_MAX);
    event->mode = (enum event_mode)sqlite3_column_int(row, 2);
    event->created_ms = sqlite3_column_int64(row, 3);
    event->trigger =
        sqlite3_column_int(row, 9) == TRIGGER_TEST ? TRIGGER_TEST : TRIGGER_SCHEDULED;
    // A span that a tampered row lays outside of the body is none.
    if (at >= 0 && len >= 0 && (size_t)at <= body_len &&
        (size_t)len <= body_len - (size_t)at) {
        event->payload_at = (size_t)at;
        event->payload_len = (size_t)len;
    }
    event->uid = copy_of(sqlite3_column_text(row, 6), sqlite3_column_bytes(row, 6));
    event->original = copy_of(sqlite3_column_blob(row, 8), sqlite3_column_bytes(row, 8));
    event->original_len = event->original ? (size_t)sqlite3_column_bytes(row, 8) : 0;
    if (body_len)
        memcpy(event->body, body, body_len);
    return event;
}

static struct event *load_event(struct store_backend *backend, int64_t id)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_EVENT_GET);
    struct event *event = NULL;

    sqlite3_bind_int64(get, 1, id);
    if (sqlite_step(backend, SQL_EVENT_GET))
        event = event_of_row(get, id);
    sqlite_reset(backend, SQL_EVENT_GET);
    return event;
}

// Of a row with the columns that CLAIM and FRESH share; NULL: its event is not there.
static struct parcel *parcel_of_row(struct store_backend *backend, sqlite3_stmt *row,
                                    int64_t webhook_id)
{
    struct event *event = load_event(backend, sqlite3_column_int64(row, 0));
    struct parcel *parcel;

    if (!event)
        return NULL;
    parcel = NEW(struct parcel);
    parcel->event = event;
    parcel->event_id = event->id;
    parcel->app_id = event->app_id;
    parcel->webhook_id = webhook_id;
    parcel->partition = partition_of(webhook_id);
    parcel->n = (uint16_t)sqlite3_column_int(row, 1);
    parcel->due_wall_ms = sqlite3_column_int64(row, 2);
    parcel->wait_ms = sqlite3_column_int64(row, 3);
    parcel->step = (uint16_t)sqlite3_column_int(row, 4);
    parcel->number = (uint16_t)sqlite3_column_int(row, 5);
    parcel->crashes = (uint16_t)sqlite3_column_int(row, 6);
    parcel->trigger = trigger_next(sqlite3_column_int(row, 7) > sqlite3_column_int(row, 8),
                                   sqlite3_column_int(row, 10) != 0);
    return parcel;
}

// Rows of a disabled webhook wait for the background work; nobody is handed one.
static bool is_cancelled(const struct store_backend *backend, sqlite3_stmt *row,
                         int64_t webhook_id)
{
    return delivery_is_cancelled(backend, webhook_id, sqlite3_column_int64(row, 0),
                                 sqlite3_column_int64(row, 9));
}

// True: that is all the claim takes; *ret_next_due is of the row that it stopped at.
static bool is_enough(const struct claim *claim, const struct claimed *claimed, size_t bytes,
                      int skipped, int64_t due)
{
    return due > claim->due_max_wall_ms || skipped >= SKIPPED_MAX ||
           claimed->count >= claim->limit || (claimed->count && bytes >= claim->bytes_max);
}

static void take_rows(struct store_backend *backend, const struct claim *claim,
                      struct claimed *claimed)
{
    sqlite3_stmt *rows = sqlite_statement(backend, SQL_CLAIM);
    struct parcel **tail = &claimed->parcels;
    size_t bytes = 0;
    int skipped = 0;

    sqlite3_bind_int64(rows, 1, claim->webhook_id);
    sqlite3_bind_int64(rows, 2, claim->after.due_wall_ms);
    sqlite3_bind_int64(rows, 3, claim->after.event_id);
    sqlite3_bind_int(rows, 4, claim->after.n);
    while (sqlite_step(backend, SQL_CLAIM)) {
        struct parcel *parcel = NULL;
        int64_t due = sqlite3_column_int64(rows, 2);

        if (is_enough(claim, claimed, bytes, skipped, due)) {
            claimed->next_due_wall_ms = due;
            claimed->reached_end = due > claim->due_max_wall_ms;
            break;
        }
        claimed->last = (struct lane_place){due, sqlite3_column_int64(rows, 0),
                                            (uint16_t)sqlite3_column_int(rows, 1)};
        if (!is_cancelled(backend, rows, claim->webhook_id))
            parcel = parcel_of_row(backend, rows, claim->webhook_id);
        if (!parcel) {
            skipped++;
            continue;
        }
        parcel->is_parked = true;
        bytes += parcel->event->body_len;
        *tail = parcel;
        tail = &parcel->next;
        claimed->count++;
    }
    sqlite_reset(backend, SQL_CLAIM);
}

// The newest that are due and were not yet tried, for a lane whose head is all old.
static void take_newest(struct store_backend *backend, const struct claim *claim,
                        int64_t now_ms, struct claimed *claimed)
{
    sqlite3_stmt *rows = sqlite_statement(backend, SQL_CLAIM_NEWEST);
    struct parcel **tail = &claimed->parcels;
    size_t count = 0;
    size_t bytes = 0;
    int seen = 0;

    while (*tail)
        tail = &(*tail)->next;
    sqlite3_bind_int64(rows, 1, claim->webhook_id);
    sqlite3_bind_int64(rows, 2, now_ms);
    while (count < claim->newest && bytes < claim->bytes_max && seen++ < NEWEST_SEEN_MAX &&
           sqlite_step(backend, SQL_CLAIM_NEWEST)) {
        if (sqlite3_column_int64(rows, 2) <= claimed->last.due_wall_ms)
            break; // the head has them, or comes to them next
        if (sqlite3_column_int(rows, 5) > 0 || is_cancelled(backend, rows, claim->webhook_id))
            continue;
        *tail = parcel_of_row(backend, rows, claim->webhook_id);
        if (!*tail)
            continue;
        (*tail)->is_parked = (*tail)->is_newest = true;
        bytes += (*tail)->event->body_len;
        tail = &(*tail)->next;
        count++;
    }
    claimed->count += count;
    sqlite_reset(backend, SQL_CLAIM_NEWEST);
}

static void catch_up(struct store_backend *backend, struct known_webhook *webhook)
{
    if (backend->caught_up_count == backend->caught_up_cap) {
        backend->caught_up_cap = backend->caught_up_cap ? backend->caught_up_cap * 2 : 16;
        backend->caught_up = memory_resize(
            backend->caught_up, backend->caught_up_cap * sizeof *backend->caught_up);
    }
    backend->caught_up[backend->caught_up_count++] = webhook;
    webhook->is_behind = false;
}

// The claim itself remembers it, for the try after one that is rolled back.
static void begin_before_parked(struct claim *claim, struct known_webhook *webhook)
{
    if (webhook->parked_ms <= claim->after.due_wall_ms)
        claim->after = (struct lane_place){.due_wall_ms = webhook->parked_ms};
    webhook->parked_ms = INT64_MAX;
}

void sqlite_claim(struct store_backend *backend, struct op *op, int64_t now_ms)
{
    struct claim *claim = &op->as.claim.claim;
    struct claimed *claimed = &op->as.claim.claimed;
    struct known_webhook *webhook = sqlite_known_webhook(backend, claim->webhook_id);

    parcel_free_all(claimed->parcels); // of a try that was rolled back
    if (webhook)
        begin_before_parked(claim, webhook);
    *claimed = (struct claimed){.webhook_id = claim->webhook_id,
                                .reached_end = true,
                                .next_due_wall_ms = INT64_MAX,
                                .last = claim->after};
    take_rows(backend, claim, claimed);
    if (claim->newest && !claimed->reached_end)
        take_newest(backend, claim, now_ms, claimed);
    if (webhook && webhook->is_behind && claimed->reached_end)
        catch_up(backend, webhook);
    op->result = OP_DONE;
}

void sqlite_behind(struct store_backend *backend, struct op *op)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, op->as.behind.webhook_id);

    if (webhook)
        webhook->is_behind = true;
    op->result = webhook ? OP_DONE : OP_NOT_FOUND;
}

// A row past the room is parked: its lane finds it when it claims.
static void park_row(struct store_backend *backend, sqlite3_stmt *row)
{
    sqlite3_stmt *park = sqlite_statement(backend, SQL_DELIVERY_PARK);

    sqlite3_bind_int64(park, 1, sqlite3_column_int64(row, 0));
    sqlite3_bind_int(park, 2, sqlite3_column_int(row, 1));
    sqlite_run(backend, SQL_DELIVERY_PARK);
}

static void hand_out_fresh(struct store_backend *backend, struct news *news)
{
    sqlite3_stmt *rows = sqlite_statement(backend, SQL_FRESH);
    size_t bytes = 0;
    int count = 0;

    sqlite3_bind_int64(rows, 1, 0);
    sqlite3_bind_int(rows, 2, 0);
    while (sqlite_step(backend, SQL_FRESH)) {
        int64_t webhook_id = sqlite3_column_int64(rows, 11);
        struct parcel *parcel;

        if (is_cancelled(backend, rows, webhook_id))
            continue;
        if (count >= FRESH_ROWS_MAX || bytes >= FRESH_BYTES_MAX) {
            park_row(backend, rows);
            continue;
        }
        parcel = parcel_of_row(backend, rows, webhook_id);
        if (!parcel)
            continue;
        bytes += parcel->event->body_len;
        count++;
        news_arrival(news, parcel);
    }
    sqlite_reset(backend, SQL_FRESH);
}

// One seek per webhook that waits, whatever waits there.
static void hand_out_lanes(struct store_backend *backend, struct news *news)
{
    sqlite3_stmt *next = sqlite_statement(backend, SQL_LANE_NEXT);
    int64_t webhook_id = 0;
    bool is_there = true;

    while (is_there) {
        sqlite3_bind_int64(next, 1, webhook_id);
        is_there = sqlite_step(backend, SQL_LANE_NEXT);
        if (is_there) {
            const struct known_webhook *webhook;
            webhook_id = sqlite3_column_int64(next, 0);
            webhook = sqlite_known_webhook(backend, webhook_id);
            if (webhook && webhook->state == WEBHOOK_ENABLED)
                news_due(news, webhook_id, webhook->app_id, sqlite3_column_int64(next, 1));
        }
        sqlite_reset(backend, SQL_LANE_NEXT);
    }
}

void sqlite_hand_out(struct store_backend *backend, struct news *news)
{
    hand_out_fresh(backend, news);
    hand_out_lanes(backend, news);
}
