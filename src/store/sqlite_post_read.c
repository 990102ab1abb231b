#include "store/sqlite_read.h"

#include "base/arena.h"
#include "base/limits.h"
#include "store/ops.h"

static void read_mail(struct op *op, sqlite3_stmt *row, struct post_row *ret)
{
    (void)op;
    ret->kind = POST_MAIL;
    ret->event_id = sqlite3_column_int64(row, 0);
    ret->n = (uint16_t)sqlite3_column_int(row, 1);
    ret->app_id = sqlite3_column_int64(row, 2);
    ret->webhook_id = sqlite3_column_int64(row, 3);
    ret->tries = sqlite3_column_int(row, 4);
    ret->at_ms = sqlite3_column_int64(row, 5);
}

static void read_alert(struct op *op, sqlite3_stmt *row, struct post_row *ret)
{
    (void)op;
    ret->kind = POST_ALERT;
    ret->app_id = sqlite3_column_int64(row, 0);
    ret->tries = sqlite3_column_int(row, 1);
    ret->failed = sqlite3_column_int(row, 2);
    ret->disabled = sqlite3_column_int(row, 3);
}

static void read_notice(struct op *op, sqlite3_stmt *row, struct post_row *ret)
{
    ret->kind = (enum post_kind)sqlite3_column_int(row, 0);
    ret->id = sqlite3_column_int64(row, 1);
    ret->app_id = sqlite3_column_int64(row, 2);
    ret->webhook_id = sqlite3_column_int64(row, 3);
    ret->event_id = sqlite3_column_int64(row, 4);
    ret->n = (uint16_t)sqlite3_column_int(row, 5);
    ret->number = (uint16_t)sqlite3_column_int(row, 6);
    ret->status = sqlite3_column_int(row, 7);
    ret->error = sqlite3_column_int(row, 8);
    ret->at_ms = sqlite3_column_int64(row, 9);
    ret->note = read_text(&op->arena, row, 10);
}

// ?1: now, which operational events need not; ?2: how many at most.
static const struct queue {
    const char *text;
    void (*read)(struct op *op, sqlite3_stmt *row, struct post_row *ret);
} mails = {"SELECT event, n, app, webhook, tries, at FROM mail"
           " WHERE state = 1 AND due <= ?1 ORDER BY due LIMIT ?2",
           read_mail},
  alerts = {"SELECT app, tries, failed, disabled FROM alert"
            " WHERE failed + disabled > 0 AND due <= ?1 ORDER BY due LIMIT ?2",
            read_alert},
  notices = {"SELECT kind, id, app, webhook, event, n, number, status, error, at, note"
             " FROM notice ORDER BY id LIMIT ?2",
             read_notice};

static void take(struct store_reader *reader, struct op *op, const struct queue *queue,
                 size_t most)
{
    sqlite3_stmt *list = reader_statement(reader, queue->text);

    sqlite3_bind_int64(list, 1, op->as.post_take.now_ms);
    sqlite3_bind_int64(list, 2, (int64_t)most);
    while (op->as.post_take.count < most && reader_step(reader, list)) {
        struct post_row *row = &op->as.post_take.rows[op->as.post_take.count++];
        *row = (struct post_row){0};
        queue->read(op, list, row);
    }
}

// What a contract demands goes first.
void sqlite_post_take(struct store_reader *reader, struct op *op)
{
    size_t most = op->as.post_take.limit > 0 ? (size_t)op->as.post_take.limit : 1;

    if (most > (size_t)limit(LIMIT_LIST))
        most = (size_t)limit(LIMIT_LIST);
    op->as.post_take.rows = arena_take(&op->arena, most * sizeof *op->as.post_take.rows);
    if (op->as.post_take.wants_mail) {
        take(reader, op, &mails, most);
        take(reader, op, &alerts, most);
    } else {
        take(reader, op, &notices, most);
    }
}
