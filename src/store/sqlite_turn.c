#include "store/sqlite_turn.h"

#include "hook/event.h"
#include "store/sqlite.h"
#include "store/sqlite_config.h"

#include <string.h>

int64_t turn_number(struct store_backend *backend, struct known_webhook *webhook)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_WEBHOOK_SEQUENCE);

    backend->has_changed_config = true;
    sqlite3_bind_int64(set, 1, webhook->id);
    sqlite3_bind_int64(set, 2, ++webhook->sequence);
    sqlite_run(backend, SQL_WEBHOOK_SEQUENCE);
    return webhook->sequence;
}

// The first in line; false: the line is empty.
static bool first_of(struct store_backend *backend, int64_t webhook_id, const char *order_key,
                     struct turn_row *ret)
{
    sqlite3_stmt *first = sqlite_statement(backend, SQL_TURN_FIRST);
    bool is_there;

    sqlite3_bind_int64(first, 1, webhook_id);
    bind_text(first, 2, order_key);
    is_there = sqlite_step(backend, SQL_TURN_FIRST);
    if (is_there)
        *ret = (struct turn_row){.webhook_id = webhook_id,
                                 .sequence = sqlite3_column_int64(first, 0),
                                 .event_id = sqlite3_column_int64(first, 1),
                                 .n = sqlite3_column_int(first, 2)};
    sqlite_reset(backend, SQL_TURN_FIRST);
    return is_there;
}

bool turn_join(struct store_backend *backend, const struct turn_row *row,
               const char *order_key)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_TURN_ADD);
    struct turn_row first;

    sqlite3_bind_int64(add, 1, row->webhook_id);
    bind_text(add, 2, order_key);
    sqlite3_bind_int64(add, 3, row->sequence);
    sqlite3_bind_int64(add, 4, row->event_id);
    sqlite3_bind_int(add, 5, row->n);
    sqlite_run(backend, SQL_TURN_ADD);
    return !first_of(backend, row->webhook_id, order_key, &first) ||
           first.sequence == row->sequence;
}

static bool key_of(struct store_backend *backend, int64_t event_id,
                   char ret[EVENT_ORDER_KEY_MAX + 1])
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_EVENT_ORDER_KEY);
    bool is_there = false;

    sqlite3_bind_int64(get, 1, event_id);
    if (sqlite_step(backend, SQL_EVENT_ORDER_KEY)) {
        const char *text = (const char *)sqlite3_column_text(get, 0);
        size_t len = text ? strlen(text) : 0;
        is_there = len > 0 && len <= EVENT_ORDER_KEY_MAX;
        if (is_there)
            memcpy(ret, text, len + 1);
    }
    sqlite_reset(backend, SQL_EVENT_ORDER_KEY);
    return is_there;
}

bool turn_join_again(struct store_backend *backend, const struct turn_row *row)
{
    char key[EVENT_ORDER_KEY_MAX + 1];

    return !key_of(backend, row->event_id, key) || turn_join(backend, row, key);
}

static void let_go(struct store_backend *backend, const struct turn_row *row, int64_t now_ms,
                   struct news *news)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, row->webhook_id);
    sqlite3_stmt *free_it = sqlite_statement(backend, SQL_TURN_FREE);

    sqlite3_bind_int64(free_it, 1, row->event_id);
    sqlite3_bind_int(free_it, 2, row->n);
    sqlite3_bind_int64(free_it, 3, now_ms);
    if (sqlite_run(backend, SQL_TURN_FREE) && sqlite3_changes(backend->db) && webhook)
        sqlite_tell_parked(webhook, now_ms, news);
}

void turn_leave(struct store_backend *backend, const struct turn_row *row, int64_t now_ms,
                struct news *news)
{
    sqlite3_stmt *drop = sqlite_statement(backend, SQL_TURN_DROP);
    char key[EVENT_ORDER_KEY_MAX + 1];
    struct turn_row first;

    if (!row->sequence || !key_of(backend, row->event_id, key))
        return;
    sqlite3_bind_int64(drop, 1, row->webhook_id);
    bind_text(drop, 2, key);
    sqlite3_bind_int64(drop, 3, row->sequence);
    if (sqlite_run(backend, SQL_TURN_DROP) && first_of(backend, row->webhook_id, key, &first))
        let_go(backend, &first, now_ms, news);
}
