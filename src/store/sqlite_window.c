#include "store/sqlite.h"
#include "store/sqlite_config.h"

// A clock that was set back by less than a window goes on counting in the later one; one that
// was set back further begins anew.
static bool is_current(int64_t until_ms, int64_t expected_ms, int64_t window_ms)
{
    return until_ms == expected_ms || until_ms == expected_ms + window_ms;
}

static bool read_window(struct store_backend *backend, int64_t key_id, int64_t *ret_until_ms,
                        int *ret_count)
{
    sqlite3_stmt *row = sqlite_statement(backend, SQL_KEY_WINDOW);
    bool is_there;

    sqlite3_bind_int64(row, 1, key_id);
    is_there = sqlite_step(backend, SQL_KEY_WINDOW);
    if (is_there) {
        *ret_until_ms = sqlite3_column_int64(row, 0);
        *ret_count = sqlite3_column_int(row, 1);
    }
    sqlite_reset(backend, SQL_KEY_WINDOW);
    return is_there;
}

void sqlite_window(struct store_backend *backend, struct op *op)
{
    const int64_t window_ms = op->as.window.window_ms;
    int64_t expected_ms = (op->as.window.now_ms / window_ms + 1) * window_ms;
    int64_t until_ms = 0;
    int count = 0;
    sqlite3_stmt *set;

    if (!read_window(backend, op->as.window.key_id, &until_ms, &count)) {
        op->result = OP_NOT_FOUND;
        return;
    }
    if (!is_current(until_ms, expected_ms, window_ms)) {
        until_ms = expected_ms;
        count = 0;
    }
    op->result = count < op->as.window.count_max ? OP_DONE : OP_LIMIT;
    op->as.window.count = count + (op->result == OP_DONE);
    op->as.window.until_ms = until_ms;
    if (op->result != OP_DONE)
        return;
    set = sqlite_statement(backend, SQL_KEY_WINDOW_SET);
    sqlite3_bind_int64(set, 1, op->as.window.key_id);
    sqlite3_bind_int64(set, 2, until_ms);
    sqlite3_bind_int(set, 3, op->as.window.count);
    sqlite_run(backend, SQL_KEY_WINDOW_SET);
}
