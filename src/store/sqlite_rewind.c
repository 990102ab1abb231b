// The wall clock was set back while the server was down. What is stored is due by the clock
// that was ahead; nothing may wait for that time longer than its own wait from now on. A
// process that runs through a jump is not concerned: its engine keeps waits by the clock
// that never jumps.
//
// A row of table setting holds a time that no stored due time was written after. A start
// before it goes over all that waits, in steps, and then lets the row say the new time.

#include "store/sqlite_step.h"

#include "store/sqlite.h"
#include "store/sqlite_config.h"
#include "store/sqlite_post.h"

// The row is written so far ahead, so that it is written no more often than that.
enum { NOTE_MS = 1000 };
enum { REWIND_ROWS = 500 };

static const char name[] = "clock";

static void write_note(struct store_backend *backend, int64_t until_ms)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_SETTING_SET);

    backend->noted_ms = until_ms;
    bind_text(set, 1, name);
    sqlite3_bind_int64(set, 2, until_ms);
    sqlite_run(backend, SQL_SETTING_SET);
}

static void read_note(struct store_backend *backend)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_SETTING_GET);

    bind_text(get, 1, name);
    if (sqlite_step(backend, SQL_SETTING_GET))
        backend->noted_ms = sqlite3_column_int64(get, 0);
    sqlite_reset(backend, SQL_SETTING_GET);
}

void rewind_note(struct store_backend *backend, int64_t now_ms)
{
    if (now_ms > backend->rewind.seen_ms)
        backend->rewind.seen_ms = now_ms;
    if (now_ms > backend->noted_ms)
        write_note(backend, now_ms + NOTE_MS);
}

static void run_at(struct store_backend *backend, enum sql sql, int64_t now_ms)
{
    sqlite3_bind_int64(sqlite_statement(backend, sql), 1, now_ms);
    sqlite_run(backend, sql);
}

void rewind_begin(struct store_backend *backend, int64_t now_ms)
{
    read_note(backend);
    backend->rewind = (struct rewind){.is_on = now_ms < backend->noted_ms};
    if (!backend->rewind.is_on)
        return;
    run_at(backend, SQL_REWIND_FRESH, now_ms);
    run_at(backend, SQL_REWIND_MAIL, now_ms);
    sqlite3_bind_int64(sqlite_statement(backend, SQL_REWIND_ALERT), 2, POST_ALERT_MS);
    run_at(backend, SQL_REWIND_ALERT, now_ms);
}

struct rewound {
    int64_t event_id, due;
    int n;
};

// The next rows of the webhook that are due after now; of them those that would wait too
// long, with the due time that they are to have.
static int read_rows(struct store_backend *backend, int64_t now_ms, int most,
                     struct rewound *rows, size_t *ret_count)
{
    sqlite3_stmt *read = sqlite_statement(backend, SQL_REWIND_NEXT);
    struct rewind *rewind = &backend->rewind;
    int seen = 0;

    *ret_count = 0;
    sqlite3_bind_int64(read, 1, rewind->webhook_id);
    sqlite3_bind_int64(read, 2, rewind->due);
    sqlite3_bind_int64(read, 3, rewind->event_id);
    sqlite3_bind_int(read, 4, rewind->n);
    for (; seen < most && sqlite_step(backend, SQL_REWIND_NEXT); seen++) {
        int64_t due = now_ms + sqlite3_column_int64(read, 3);
        rewind->event_id = sqlite3_column_int64(read, 0);
        rewind->n = sqlite3_column_int(read, 1);
        rewind->due = sqlite3_column_int64(read, 2);
        if (due < rewind->due)
            rows[(*ret_count)++] = (struct rewound){rewind->event_id, due, rewind->n};
    }
    sqlite_reset(backend, SQL_REWIND_NEXT);
    return seen;
}

static void write_rows(struct store_backend *backend, const struct rewound *rows,
                       size_t count, struct news *news)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, backend->rewind.webhook_id);
    sqlite3_stmt *set = sqlite_statement(backend, SQL_REWIND_SET);
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(set, 1, rows[i].event_id);
        sqlite3_bind_int(set, 2, rows[i].n);
        sqlite3_bind_int64(set, 3, rows[i].due);
        sqlite_run(backend, SQL_REWIND_SET);
        first = rows[i].due < first ? rows[i].due : first;
    }
    if (count && webhook && webhook->state == WEBHOOK_ENABLED)
        sqlite_tell_parked(webhook, first, news);
}

// False: there is none behind the last one.
static bool next_webhook(struct store_backend *backend, int64_t now_ms)
{
    sqlite3_stmt *next = sqlite_statement(backend, SQL_LANE_NEXT);
    struct rewind *rewind = &backend->rewind;
    bool is_there;

    sqlite3_bind_int64(next, 1, rewind->webhook_id);
    is_there = sqlite_step(backend, SQL_LANE_NEXT);
    if (is_there)
        rewind->webhook_id = sqlite3_column_int64(next, 0);
    sqlite_reset(backend, SQL_LANE_NEXT);
    rewind->due = now_ms;
    rewind->event_id = INT64_MAX;
    rewind->is_in_webhook = is_there;
    return is_there;
}

bool rewind_step(struct store_backend *backend, int64_t now_ms, struct news *news)
{
    struct rewound rows[REWIND_ROWS];
    int left = REWIND_ROWS;

    while (left > 0 && !backend->code) {
        size_t count;
        int seen;
        if (!backend->rewind.is_in_webhook && !next_webhook(backend, now_ms)) {
            write_note(backend,
                       (now_ms > backend->rewind.seen_ms ? now_ms : backend->rewind.seen_ms) +
                           NOTE_MS);
            return false;
        }
        seen = read_rows(backend, now_ms, left, rows, &count);
        write_rows(backend, rows, count, news);
        backend->rewind.is_in_webhook = seen == left;
        left -= seen + 1;
    }
    return true;
}
