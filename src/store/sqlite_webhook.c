#include "hook/rows.h"

#include "hook/settle.h"
#include "store/sqlite.h"
#include "store/sqlite_config.h"
#include "store/sqlite_post.h"

#include <stdio.h>

#define DAY_MS (INT64_C(86400) * 1000)

static bool is_rotated(enum secret_kind kind)
{
    return kind != SECRET_HEADERS;
}

// What was accepted until now is cancelled; greater than every time before, so that what was
// retried past the last one is cancelled, too.
static int64_t cancel_all(const struct store_backend *backend,
                          const struct known_webhook *webhook)
{
    int64_t next = webhook->cancel_before + 1;

    return backend->last_event + 1 > next ? backend->last_event + 1 : next;
}

static void drop_all(struct store_backend *backend, const struct known_webhook *webhook)
{
    sqlite3_stmt *choices = sqlite_statement(backend, SQL_CHOICE_DROP);

    sqlite3_bind_int64(sqlite_statement(backend, SQL_SECRET_DROP_ALL), 1, webhook->id);
    sqlite_run(backend, SQL_SECRET_DROP_ALL);
    sqlite3_bind_int64(choices, 1, webhook->app_id);
    sqlite3_bind_int64(choices, 2, webhook->id);
    sqlite_run(backend, SQL_CHOICE_DROP);
}

void webhook_end(struct store_backend *backend, struct known_webhook *webhook,
                 enum webhook_state state, const char *reason, int64_t now_ms)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_WEBHOOK_END);

    webhook->state = state;
    webhook->cancel_before =
        state == WEBHOOK_DELETED ? INT64_MAX : cancel_all(backend, webhook);
    webhook->version++;
    webhook->is_behind = false;
    if (state == WEBHOOK_DELETED)
        drop_all(backend, webhook);
    sqlite3_bind_int64(set, 1, webhook->id);
    sqlite3_bind_int(set, 2, (int)state);
    bind_text(set, 3, reason);
    sqlite3_bind_int64(set, 4, webhook->cancel_before);
    sqlite3_bind_int64(set, 5, now_ms);
    sqlite_run(backend, SQL_WEBHOOK_END);
    backend->has_changed_config = true;
    backend->has_work = true;
}

static void disable(struct store_backend *backend, struct known_webhook *webhook,
                    const char *reason, int64_t now_ms, struct news *news)
{
    webhook_end(backend, webhook, WEBHOOK_DISABLED, reason, now_ms);
    sqlite_post_disabled(backend, webhook->app_id, webhook->id, reason, now_ms);
    app_bump(backend, webhook->app_id);
    sqlite_audit_own(backend, "webhook.disable",
                     &(struct audit_row){.app_id = webhook->app_id,
                                         .kind = ID_WEBHOOK,
                                         .object_id = webhook->id,
                                         .before = webhook->version - 1,
                                         .after = webhook->version},
                     now_ms);
    news_change(news, webhook->app_id, webhook->id, NULL);
}

static void set_failing(struct store_backend *backend, struct known_webhook *webhook,
                        int64_t since_ms)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_WEBHOOK_FAILING);

    webhook->failing_since_ms = since_ms;
    backend->has_changed_config = true;
    sqlite3_bind_int64(set, 1, webhook->id);
    sqlite3_bind_int64(set, 2, since_ms);
    sqlite_run(backend, SQL_WEBHOOK_FAILING);
}

static void note_failure(struct store_backend *backend, struct known_webhook *webhook,
                         const struct settle *settle, int64_t now_ms, struct news *news)
{
    const int days = settle->disable_after_days;
    const int64_t since_ms = webhook->failing_since_ms;
    char reason[80];

    if (since_ms == 0 || since_ms > now_ms) {
        set_failing(backend, webhook, now_ms);
    } else if (days > 0 && now_ms - since_ms >= days * DAY_MS) {
        snprintf(reason, sizeof reason, "no attempt has succeeded for %d day%s", days,
                 days == 1 ? "" : "s");
        disable(backend, webhook, reason, now_ms, news);
    }
}

void sqlite_note_end(struct store_backend *backend, const struct settle *settle,
                     int64_t now_ms, struct news *news)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, settle->webhook_id);

    if (!webhook || webhook->state != WEBHOOK_ENABLED)
        return;
    if (settle->attempt.error == OUTCOME_NONE) {
        if (webhook->failing_since_ms)
            set_failing(backend, webhook, 0);
        return;
    }
    if (webhook->version != settle->attempt.webhook_version)
        return;
    if (settle->disable_webhook)
        disable(backend, webhook, "the endpoint said that it is gone", now_ms, news);
    else if (trigger_is_of_schedule(settle->attempt.trigger) &&
             outcome_is_receivers(settle->attempt.error))
        note_failure(backend, webhook, settle, now_ms, news);
}

// The type that another webhook has; NULL: all are this one's now.
static const char *bind_choices(struct store_backend *backend, const struct webhook_row *row,
                                const char *const *choices)
{
    sqlite3_stmt *drop = sqlite_statement(backend, SQL_CHOICE_DROP);
    sqlite3_stmt *add = sqlite_statement(backend, SQL_CHOICE_ADD);

    if (!choices)
        return NULL;
    sqlite3_bind_int64(drop, 1, row->app_id);
    sqlite3_bind_int64(drop, 2, row->id);
    sqlite_run(backend, SQL_CHOICE_DROP);
    for (; *choices; choices++) {
        sqlite3_bind_int64(add, 1, row->app_id);
        bind_text(add, 2, *choices);
        sqlite3_bind_int64(add, 3, row->id);
        if (sqlite_run(backend, SQL_CHOICE_ADD) && !sqlite3_changes(backend->db))
            return *choices;
    }
    return NULL;
}

static bool run_on_kind(struct store_backend *backend, enum sql sql, int64_t webhook_id,
                        enum secret_kind kind)
{
    sqlite3_stmt *statement = sqlite_statement(backend, sql);

    sqlite3_bind_int64(statement, 1, webhook_id);
    sqlite3_bind_int(statement, 2, (int)kind);
    return sqlite_run(backend, sql);
}

static int next_version(struct store_backend *backend, int64_t webhook_id,
                        enum secret_kind kind)
{
    sqlite3_stmt *last = sqlite_statement(backend, SQL_SECRET_LAST);
    int version = 1;

    sqlite3_bind_int64(last, 1, webhook_id);
    sqlite3_bind_int(last, 2, (int)kind);
    if (sqlite_step(backend, SQL_SECRET_LAST))
        version = sqlite3_column_int(last, 0) + 1;
    sqlite_reset(backend, SQL_SECRET_LAST);
    return version;
}

// The one in force ends after the overlap; one that was ending ends now.
static void end_secrets(struct store_backend *backend, const struct op *op,
                        enum secret_kind kind)
{
    const int64_t webhook_id = op->as.webhook.row.id;
    sqlite3_stmt *end = sqlite_statement(backend, SQL_SECRET_END);

    if (!is_rotated(kind) || op->as.webhook.overlap_ms <= 0) {
        run_on_kind(backend, SQL_SECRET_DROP_KIND, webhook_id, kind);
        return;
    }
    run_on_kind(backend, SQL_SECRET_DROP_ENDED, webhook_id, kind);
    sqlite3_bind_int64(end, 3, op->as.webhook.now_ms + op->as.webhook.overlap_ms);
    run_on_kind(backend, SQL_SECRET_END, webhook_id, kind);
}

static void add_secret(struct store_backend *backend, const struct op *op,
                       struct secret_row *secret)
{
    const struct webhook_row *row = &op->as.webhook.row;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_SECRET_ADD);

    secret->webhook_id = row->id;
    secret->app_id = row->app_id;
    secret->version = next_version(backend, row->id, secret->kind);
    if (secret->since_ms == 0)
        secret->since_ms = op->as.webhook.now_ms;
    end_secrets(backend, op, secret->kind);
    sqlite3_bind_int64(add, 1, secret->id);
    sqlite3_bind_int64(add, 2, row->id);
    sqlite3_bind_int64(add, 3, row->app_id);
    sqlite3_bind_int(add, 4, (int)secret->kind);
    sqlite3_bind_int(add, 5, secret->version);
    bind_text(add, 6, secret->sealed);
    sqlite3_bind_int64(add, 7, secret->since_ms);
    sqlite3_bind_int64(add, 8, secret->until_ms);
    sqlite_run(backend, SQL_SECRET_ADD);
}

static void set_secrets(struct store_backend *backend, struct op *op)
{
    if (op->as.webhook.replaces_headers)
        run_on_kind(backend, SQL_SECRET_DROP_KIND, op->as.webhook.row.id, SECRET_HEADERS);
    if (op->as.webhook.drops_keys) {
        run_on_kind(backend, SQL_SECRET_DROP_KIND, op->as.webhook.row.id, SECRET_RSA);
        run_on_kind(backend, SQL_SECRET_DROP_KIND, op->as.webhook.row.id, SECRET_ED25519);
    }
    for (size_t i = 0; i < op->as.webhook.secret_count; i++)
        add_secret(backend, op, &op->as.webhook.secrets[i]);
}

static int webhook_count(struct store_backend *backend, int64_t app_id)
{
    sqlite3_stmt *count = sqlite_statement(backend, SQL_WEBHOOK_COUNT);
    int webhooks = 0;

    sqlite3_bind_int64(count, 1, app_id);
    if (sqlite_step(backend, SQL_WEBHOOK_COUNT))
        webhooks = sqlite3_column_int(count, 0);
    sqlite_reset(backend, SQL_WEBHOOK_COUNT);
    return webhooks;
}

static enum op_result webhook_create(struct store_backend *backend, struct op *op)
{
    struct webhook_row *row = &op->as.webhook.row;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_WEBHOOK_ADD);

    if (op->as.webhook.count_max > 0 &&
        webhook_count(backend, row->app_id) >= op->as.webhook.count_max)
        return OP_LIMIT;
    op->as.webhook.conflict =
        bind_choices(backend, row, (const char *const *)op->as.webhook.choices);
    if (op->as.webhook.conflict)
        return OP_CONFLICT;
    row->version = 1;
    row->cancel_before = 0;
    row->failing_since_ms = 0;
    row->created_ms = row->created_ms ? row->created_ms : op->as.webhook.now_ms;
    row->updated_ms = row->created_ms;
    sqlite3_bind_int64(add, 1, row->id);
    sqlite3_bind_int64(add, 2, row->app_id);
    bind_text(add, 3, row->name);
    bind_text(add, 4, row->url);
    sqlite3_bind_int(add, 5, (int)row->state);
    bind_text(add, 6, row->reason);
    sqlite3_bind_int(add, 7, (int)row->mode);
    bind_text(add, 8, row->settings);
    sqlite3_bind_int64(add, 9, row->created_ms);
    sqlite3_bind_int64(add, 10, row->updated_ms);
    op->as.webhook.conflict = "id";
    if (!sqlite_run(backend, SQL_WEBHOOK_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    set_secrets(backend, op);
    sqlite_know_webhook(backend, row, 0);
    return OP_DONE;
}

// The columns that a change does not bring with it. False: there is no such webhook.
static bool read_kept(struct store_backend *backend, struct webhook_row *row)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_WEBHOOK_GET);
    bool is_there;

    sqlite3_bind_int64(get, 1, row->id);
    sqlite3_bind_int64(get, 2, row->app_id);
    bind_text(get, 3, row->url);
    row->failing_since_ms = 0;
    is_there = sqlite_step(backend, SQL_WEBHOOK_GET);
    if (is_there) {
        row->version = sqlite3_column_int(get, 1);
        if (sqlite3_column_int(get, 0)) // else another endpoint has not failed yet
            row->failing_since_ms = sqlite3_column_int64(get, 2);
        row->cancel_before = sqlite3_column_int64(get, 3);
        row->created_ms = sqlite3_column_int64(get, 4);
    }
    sqlite_reset(backend, SQL_WEBHOOK_GET);
    return is_there;
}

// Tells of what a person changed.
static void post_changes(struct store_backend *backend, const struct op *op,
                         enum webhook_state before)
{
    const struct webhook_row *row = &op->as.webhook.row;
    const int64_t now_ms = op->as.webhook.now_ms;

    if (row->state == WEBHOOK_DISABLED && before == WEBHOOK_ENABLED)
        sqlite_post_webhook(backend, POST_WEBHOOK_DISABLED, row->app_id, row->id, row->reason,
                            now_ms);
    if (row->state == WEBHOOK_ENABLED && before == WEBHOOK_DISABLED)
        sqlite_post_webhook(backend, POST_WEBHOOK_ENABLED, row->app_id, row->id, NULL,
                            now_ms);
    for (size_t i = 0; i < op->as.webhook.secret_count; i++)
        if (is_rotated(op->as.webhook.secrets[i].kind))
            sqlite_post_webhook(backend, POST_SECRET_ROTATED, row->app_id, row->id, NULL,
                                now_ms);
}

static enum op_result webhook_update(struct store_backend *backend,
                                     struct known_webhook *webhook, struct op *op)
{
    struct webhook_row *row = &op->as.webhook.row;
    sqlite3_stmt *set = sqlite_statement(backend, SQL_WEBHOOK_SET);

    op->as.webhook.conflict =
        bind_choices(backend, row, (const char *const *)op->as.webhook.choices);
    if (op->as.webhook.conflict)
        return OP_CONFLICT;
    if (webhook->state == WEBHOOK_ENABLED && row->state == WEBHOOK_DISABLED)
        row->cancel_before = cancel_all(backend, webhook);
    if (webhook->state == WEBHOOK_DISABLED && row->state == WEBHOOK_ENABLED)
        row->failing_since_ms = 0;
    row->version++;
    row->updated_ms = op->as.webhook.now_ms;
    sqlite3_bind_int64(set, 1, row->id);
    sqlite3_bind_int64(set, 2, row->app_id);
    bind_text(set, 3, row->name);
    bind_text(set, 4, row->url);
    sqlite3_bind_int(set, 5, (int)row->state);
    bind_text(set, 6, row->state == WEBHOOK_ENABLED ? NULL : row->reason);
    sqlite3_bind_int(set, 7, (int)row->mode);
    sqlite3_bind_int(set, 8, row->version);
    sqlite3_bind_int64(set, 9, row->failing_since_ms);
    sqlite3_bind_int64(set, 10, row->cancel_before);
    bind_text(set, 11, row->settings);
    sqlite3_bind_int64(set, 12, row->updated_ms);
    sqlite_run(backend, SQL_WEBHOOK_SET);
    set_secrets(backend, op);
    post_changes(backend, op, webhook->state);
    sqlite_know_webhook(backend, row, webhook->swept);
    return OP_DONE;
}

enum op_result sqlite_webhook(struct store_backend *backend, struct op *op, int64_t now_ms,
                              struct news *news)
{
    struct webhook_row *row = &op->as.webhook.row;
    const struct known_app *app = sqlite_known_app(backend, row->app_id);
    struct known_webhook *webhook = sqlite_known_webhook(backend, row->id);
    int if_version = op->as.webhook.if_version;
    enum op_result result = OP_DONE;

    if (!app || app->version < 0)
        return OP_NOT_FOUND;
    if (op->as.webhook.verb == VERB_CREATE) {
        result = webhook_create(backend, op);
    } else {
        if (!webhook || !read_kept(backend, row))
            return OP_NOT_FOUND;
        if (if_version != -1 && if_version != row->version)
            return OP_CHANGED;
        if (op->as.webhook.verb == VERB_UPDATE)
            result = webhook_update(backend, webhook, op);
        else
            webhook_end(backend, webhook, WEBHOOK_DELETED, NULL, now_ms);
    }
    if (result != OP_DONE)
        return result;
    app_bump(backend, row->app_id);
    news_change(news, row->app_id, row->id, op);
    return OP_DONE;
}
