#include "store/sqlite_post.h"

#include "hook/settle.h"
#include "store/sqlite.h"
#include "store/sqlite_config.h"
#include "store/sqlite_delivery.h"

// Is any webhook of the operator's own there to be told?
static bool is_heard(struct store_backend *backend)
{
    bool is_there;

    sqlite_statement(backend, SQL_NOTICE_HEARD);
    is_there = sqlite_step(backend, SQL_NOTICE_HEARD);
    sqlite_reset(backend, SQL_NOTICE_HEARD);
    return is_there;
}

static void add_notice(struct store_backend *backend, const struct post_row *row)
{
    sqlite3_stmt *add;

    if (!is_heard(backend))
        return;
    add = sqlite_statement(backend, SQL_NOTICE_ADD);
    sqlite3_bind_int(add, 1, (int)row->kind);
    sqlite3_bind_int64(add, 2, row->app_id);
    sqlite3_bind_int64(add, 3, row->webhook_id);
    sqlite3_bind_int64(add, 4, row->event_id);
    sqlite3_bind_int(add, 5, row->n);
    sqlite3_bind_int(add, 6, row->number);
    sqlite3_bind_int(add, 7, row->status);
    sqlite3_bind_int(add, 8, row->error);
    sqlite3_bind_int64(add, 9, row->at_ms);
    bind_text(add, 10, row->note);
    sqlite_run(backend, SQL_NOTICE_ADD);
}

// Counts what the next alert to the app tells; an app without an address gathers none.
static void add_alert(struct store_backend *backend, int64_t app_id, int failed, int disabled,
                      int64_t now_ms)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_ALERT_ADD);

    sqlite3_bind_int64(add, 1, app_id);
    sqlite3_bind_int64(add, 2, now_ms + POST_GATHER_MS);
    sqlite3_bind_int(add, 3, failed);
    sqlite3_bind_int(add, 4, disabled);
    sqlite3_bind_int64(add, 5, POST_ALERT_MS);
    sqlite_run(backend, SQL_ALERT_ADD);
}

static void add_mail(struct store_backend *backend, const struct settle *settle,
                     int64_t now_ms)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_MAIL_ADD);

    sqlite3_bind_int64(add, 1, settle->event_id);
    sqlite3_bind_int(add, 2, settle->n);
    sqlite3_bind_int64(add, 3, settle->app_id);
    sqlite3_bind_int64(add, 4, settle->webhook_id);
    sqlite3_bind_int64(add, 5, now_ms);
    sqlite_run(backend, SQL_MAIL_ADD);
}

// What happens to the operator's own webhooks is told to nobody: it would never end.
void sqlite_post_failed(struct store_backend *backend, const struct settle *settle,
                        int64_t now_ms)
{
    const struct post_row row = {.kind = POST_DELIVERY_FAILED,
                                 .app_id = settle->app_id,
                                 .webhook_id = settle->webhook_id,
                                 .event_id = settle->event_id,
                                 .n = settle->n,
                                 .number = settle->number,
                                 .status = settle->attempt.status,
                                 .error = (int)settle->attempt.error,
                                 .at_ms = now_ms};

    if (settle->app_id == OPERATOR_APP_ID)
        return;
    if (settle->mails)
        add_mail(backend, settle, now_ms);
    else
        add_alert(backend, settle->app_id, 1, 0, now_ms);
    add_notice(backend, &row);
}

void sqlite_post_webhook(struct store_backend *backend, enum post_kind kind, int64_t app_id,
                         int64_t webhook_id, const char *note, int64_t now_ms)
{
    const struct post_row row = {.kind = kind,
                                 .app_id = app_id,
                                 .webhook_id = webhook_id,
                                 .at_ms = now_ms,
                                 .note = note};

    if (app_id != OPERATOR_APP_ID)
        add_notice(backend, &row);
}

void sqlite_post_disabled(struct store_backend *backend, int64_t app_id, int64_t webhook_id,
                          const char *note, int64_t now_ms)
{
    sqlite_post_webhook(backend, POST_WEBHOOK_DISABLED, app_id, webhook_id, note, now_ms);
    if (app_id != OPERATOR_APP_ID)
        add_alert(backend, app_id, 0, 1, now_ms);
}

static void mail_done(struct store_backend *backend, const struct op *op)
{
    const struct post_row *row = &op->as.post_done.row;
    sqlite3_stmt *set = sqlite_statement(backend, SQL_MAIL_SET);

    sqlite3_bind_int64(set, 1, row->event_id);
    sqlite3_bind_int(set, 2, row->n);
    sqlite3_bind_int(set, 3, (int)op->as.post_done.state);
    sqlite3_bind_int64(set, 4, op->as.post_done.due_ms);
    sqlite_run(backend, SQL_MAIL_SET);
}

// What was counted since it was taken waits for the next one.
static void alert_done(struct store_backend *backend, const struct op *op)
{
    const struct post_row *row = &op->as.post_done.row;
    bool is_to_wait = op->as.post_done.state == MAIL_WAITING;
    enum sql sql = is_to_wait ? SQL_ALERT_SET : SQL_ALERT_TOLD;
    sqlite3_stmt *set = sqlite_statement(backend, sql);

    sqlite3_bind_int64(set, 1, row->app_id);
    if (is_to_wait) {
        sqlite3_bind_int64(set, 2, op->as.post_done.due_ms);
    } else {
        sqlite3_bind_int64(set, 2, op->as.post_done.now_ms + POST_ALERT_MS);
        sqlite3_bind_int64(set, 3, op->as.post_done.now_ms);
        sqlite3_bind_int(set, 4, row->failed);
        sqlite3_bind_int(set, 5, row->disabled);
    }
    sqlite_run(backend, sql);
}

void sqlite_post_done(struct store_backend *backend, struct op *op)
{
    const struct post_row *row = &op->as.post_done.row;

    op->result = OP_DONE;
    switch (row->kind) {
    case POST_MAIL: mail_done(backend, op); break;
    case POST_ALERT: alert_done(backend, op); break;
    default:
        sqlite3_bind_int64(sqlite_statement(backend, SQL_NOTICE_DROP), 1, row->id);
        sqlite_run(backend, SQL_NOTICE_DROP);
        break;
    }
}
