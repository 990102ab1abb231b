#include "store/sqlite_config.h"

#include "store/sqlite.h"
#include "store/sqlite_job.h"

#include <string.h>

void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, at);
}

void app_bump(struct store_backend *backend, int64_t app_id)
{
    struct known_app *app = sqlite_known_app(backend, app_id);

    if (!app)
        return; // the operator's keys are of no app
    sqlite3_bind_int64(sqlite_statement(backend, SQL_APP_BUMP), 1, app_id);
    if (sqlite_run(backend, SQL_APP_BUMP))
        app->version++;
}

// Does another app have this uid?
static bool uid_is_taken(struct store_backend *backend, const struct app_row *row)
{
    sqlite3_stmt *find = sqlite_statement(backend, SQL_APP_UID);
    bool is_taken;

    if (!row->uid)
        return false;
    bind_text(find, 1, row->uid);
    sqlite3_bind_int64(find, 2, row->id);
    is_taken = sqlite_step(backend, SQL_APP_UID);
    sqlite_reset(backend, SQL_APP_UID);
    return is_taken;
}

static enum op_result app_create(struct store_backend *backend, struct op *op)
{
    struct app_row *row = &op->as.app.row;
    sqlite3_stmt *add = sqlite_statement(backend, SQL_APP_ADD);

    op->as.app.conflict = "uid";
    if (uid_is_taken(backend, row))
        return OP_CONFLICT;
    sqlite3_bind_int64(add, 1, row->id);
    bind_text(add, 2, row->uid);
    bind_text(add, 3, row->name);
    bind_text(add, 4, row->profile);
    bind_text(add, 5, row->alert_email);
    sqlite3_bind_int64(add, 6, row->created_ms);
    sqlite3_bind_int(add, 7, row->is_strict);
    bind_text(add, 8, row->types);
    op->as.app.conflict = "id";
    if (!sqlite_run(backend, SQL_APP_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    row->version = 1;
    sqlite_know_app(backend, row->id, 1, false);
    return OP_DONE;
}

// The bodies of an app's events were built by its profile, so it stays from the first on.
static bool profile_may_change(struct store_backend *backend, const struct known_app *app,
                               struct app_row *row)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_APP_PROFILE);
    bool may = true;

    sqlite3_bind_int64(get, 1, app->id);
    if (sqlite_step(backend, SQL_APP_PROFILE)) {
        const char *profile = (const char *)sqlite3_column_text(get, 0);
        row->created_ms = sqlite3_column_int64(get, 1);
        may = !app->is_used || (profile && row->profile && !strcmp(profile, row->profile));
    }
    sqlite_reset(backend, SQL_APP_PROFILE);
    return may;
}

static enum op_result app_update(struct store_backend *backend, struct known_app *app,
                                 struct op *op)
{
    struct app_row *row = &op->as.app.row;
    sqlite3_stmt *set = sqlite_statement(backend, SQL_APP_SET);

    op->as.app.conflict = "uid";
    if (uid_is_taken(backend, row))
        return OP_CONFLICT;
    op->as.app.conflict = "profile";
    if (!profile_may_change(backend, app, row))
        return OP_CONFLICT;
    row->version = app->version + 1;
    sqlite3_bind_int64(set, 1, row->id);
    bind_text(set, 2, row->uid);
    bind_text(set, 3, row->name);
    bind_text(set, 4, row->profile);
    bind_text(set, 5, row->alert_email);
    sqlite3_bind_int(set, 6, row->version);
    sqlite3_bind_int(set, 7, row->is_strict);
    bind_text(set, 8, row->types);
    if (sqlite_run(backend, SQL_APP_SET))
        app->version = row->version;
    return OP_DONE;
}

enum { PAGE = 500 };

static size_t webhooks_after(struct store_backend *backend, int64_t app_id, int64_t after,
                             int64_t ret[PAGE])
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_WEBHOOKS_OF);
    size_t count = 0;

    sqlite3_bind_int64(list, 1, app_id);
    sqlite3_bind_int64(list, 2, after);
    while (count < PAGE && sqlite_step(backend, SQL_WEBHOOKS_OF))
        ret[count++] = sqlite3_column_int64(list, 0);
    sqlite_reset(backend, SQL_WEBHOOKS_OF);
    return count;
}

// The app is gone for everybody from this commit on; its rows go step by step.
static enum op_result app_delete(struct store_backend *backend, struct known_app *app,
                                 struct op *op, int64_t now_ms, struct news *news)
{
    sqlite3_stmt *revoke = sqlite_statement(backend, SQL_KEY_REVOKE_ALL);
    int64_t ids[PAGE];
    int64_t after = 0;
    size_t count;

    sqlite3_bind_int64(revoke, 1, app->id);
    sqlite3_bind_int64(revoke, 2, now_ms);
    sqlite_run(backend, SQL_KEY_REVOKE_ALL);
    while ((count = webhooks_after(backend, app->id, after, ids))) {
        for (size_t i = 0; i < count; i++) {
            struct known_webhook *webhook = sqlite_known_webhook(backend, ids[i]);
            if (webhook && webhook->state != WEBHOOK_DELETED) {
                webhook_end(backend, webhook, WEBHOOK_DELETED, NULL, now_ms);
                news_change(news, app->id, webhook->id, op);
            }
        }
        after = ids[count - 1];
    }
    sqlite3_bind_int64(sqlite_statement(backend, SQL_APP_ERASE), 1, app->id);
    sqlite_run(backend, SQL_APP_ERASE);
    app->version = -1;
    backend->has_work = true;
    return OP_DONE;
}

static enum op_result configure_app(struct store_backend *backend, struct op *op,
                                    int64_t now_ms, struct news *news)
{
    struct known_app *app = sqlite_known_app(backend, op->as.app.row.id);
    int if_version = op->as.app.if_version;
    enum op_result result;

    if (op->as.app.verb == VERB_CREATE) {
        result = app_create(backend, op);
    } else {
        if (!app || app->version < 0)
            return OP_NOT_FOUND;
        if (if_version != -1 && if_version != app->version)
            return OP_CHANGED;
        if (op->as.app.verb == VERB_DELETE)
            op->as.app.row.version = app->version;
        result = op->as.app.verb == VERB_UPDATE ? app_update(backend, app, op)
                                                : app_delete(backend, app, op, now_ms, news);
    }
    if (result == OP_DONE)
        news_change(news, op->as.app.row.id, 0, op);
    return result;
}

static int key_count(struct store_backend *backend, int64_t app_id)
{
    sqlite3_stmt *count = sqlite_statement(backend, SQL_KEY_COUNT);
    int keys = 0;

    sqlite3_bind_int64(count, 1, app_id);
    if (sqlite_step(backend, SQL_KEY_COUNT))
        keys = sqlite3_column_int(count, 0);
    sqlite_reset(backend, SQL_KEY_COUNT);
    return keys;
}

static enum op_result key_create(struct store_backend *backend, const struct key_row *row,
                                 int count_max)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_KEY_ADD);

    if (count_max > 0 && key_count(backend, row->app_id) >= count_max)
        return OP_LIMIT;
    sqlite3_bind_int64(add, 1, row->id);
    sqlite3_bind_int64(add, 2, row->app_id);
    bind_text(add, 3, row->lookup);
    sqlite3_bind_blob(add, 4, row->hash, sizeof row->hash, SQLITE_STATIC);
    sqlite3_bind_int64(add, 5, row->scopes);
    sqlite3_bind_int(add, 6, (int)row->mode);
    bind_text(add, 7, row->name);
    bind_text(add, 8, row->hint);
    sqlite3_bind_int64(add, 9, row->created_ms);
    sqlite3_bind_int64(add, 10, row->expires_ms);
    sqlite3_bind_int(add, 11, row->rate_per_s);
    sqlite3_bind_int(add, 12, row->burst);
    if (!sqlite_run(backend, SQL_KEY_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    return OP_DONE;
}

// Is another of the app's keys in force, and for good?
static bool has_other_key(struct store_backend *backend, const struct key_row *row)
{
    sqlite3_stmt *others = sqlite_statement(backend, SQL_KEY_OTHERS);

    sqlite3_bind_int64(others, 1, row->app_id);
    sqlite3_bind_int64(others, 2, row->id);
    bool is_found = sqlite_step(backend, SQL_KEY_OTHERS);
    sqlite_reset(backend, SQL_KEY_OTHERS);
    return is_found;
}

static enum op_result key_revoke(struct store_backend *backend, struct key_row *row,
                                 int64_t now_ms)
{
    sqlite3_stmt *revoke = sqlite_statement(backend, SQL_KEY_REVOKE);

    if (row->revoked_ms == 0)
        row->revoked_ms = now_ms;
    sqlite3_bind_int64(revoke, 1, row->id);
    sqlite3_bind_int64(revoke, 2, row->app_id);
    sqlite3_bind_int64(revoke, 3, row->revoked_ms);
    if (!sqlite_run(backend, SQL_KEY_REVOKE) || !sqlite3_changes(backend->db))
        return OP_NOT_FOUND;
    return row->app_id == 0 && !has_other_key(backend, row) ? OP_LAST : OP_DONE;
}

void sqlite_key_uses(struct store_backend *backend, struct op *op)
{
    for (size_t i = 0; i < op->as.key_uses.count; i++) {
        const struct key_use *use = &op->as.key_uses.rows[i];
        enum sql sql = use->is_session ? SQL_SESSION_USED : SQL_KEY_USED;
        sqlite3_stmt *used = sqlite_statement(backend, sql);
        sqlite3_bind_int64(used, 1, use->key_id);
        sqlite3_bind_int64(used, 2, use->at_ms);
        sqlite3_bind_int64(used, 3, use->at_ms - key_use_every_ms(use));
        sqlite_run(backend, sql);
    }
    op->result = OP_DONE;
}

static enum op_result configure_key(struct store_backend *backend, struct op *op,
                                    int64_t now_ms, struct news *news)
{
    struct key_row *row = &op->as.key.row;
    const struct known_app *app = sqlite_known_app(backend, row->app_id);
    enum op_result result;

    if (row->app_id != 0 && (!app || app->version < 0))
        return OP_NOT_FOUND;
    result = op->as.key.verb == VERB_CREATE ? key_create(backend, row, op->as.key.count_max)
                                            : key_revoke(backend, row, now_ms);
    if (result != OP_DONE)
        return result;
    app_bump(backend, row->app_id);
    news_change(news, row->app_id, 0, op);
    return OP_DONE;
}

// The kept answer, and the app under whose keys it stands: apps are the operator's.
static struct kept_reply *reply_of(struct op *op, int64_t *ret_app_id)
{
    switch (op->kind) {
    case OP_KEY: *ret_app_id = op->as.key.row.app_id; return &op->as.key.reply;
    case OP_JOB: *ret_app_id = op->as.job.row.app_id; return &op->as.job.reply;
    case OP_LINK: *ret_app_id = op->as.link.row.app_id; return &op->as.link.reply;
    case OP_WEBHOOK: *ret_app_id = op->as.webhook.row.app_id; return &op->as.webhook.reply;
    default: *ret_app_id = 0; return &op->as.app.reply;
    }
}

static void bind_reply(sqlite3_stmt *statement, int64_t app_id, const struct dedupe *dedupe)
{
    sqlite3_bind_int64(statement, 1, app_id);
    sqlite3_bind_int(statement, 2, (int)dedupe->kind);
    sqlite3_bind_blob(statement, 3, dedupe->key, sizeof dedupe->key, SQLITE_STATIC);
}

// OP_PENDING: the key is new. Else the reply's status and text become those that were kept.
static enum op_result look_up_reply(struct store_backend *backend, struct op *op)
{
    int64_t app_id;
    struct kept_reply *reply = reply_of(op, &app_id);
    sqlite3_stmt *get = sqlite_statement(backend, SQL_REPLY_GET);
    enum op_result result = OP_PENDING;

    if (reply->dedupe.kind == DEDUPE_NONE)
        return OP_PENDING;
    bind_reply(get, app_id, &reply->dedupe);
    if (sqlite_step(backend, SQL_REPLY_GET)) {
        const void *body = sqlite3_column_blob(get, 0);
        const char *sealed = (const char *)sqlite3_column_text(get, 2);
        size_t len = (size_t)sqlite3_column_bytes(get, 2);

        result = OP_OTHER_BODY;
        if (sqlite3_column_bytes(get, 0) == sizeof reply->dedupe.body &&
            !memcmp(body, reply->dedupe.body, sizeof reply->dedupe.body)) {
            result = OP_REPLAY;
            reply->status = sqlite3_column_int(get, 1);
            reply->sealed = sealed ? arena_copy(&op->arena, sealed, len) : NULL;
        }
    }
    sqlite_reset(backend, SQL_REPLY_GET);
    return result;
}

static void keep_reply(struct store_backend *backend, struct op *op, int64_t now_ms)
{
    int64_t app_id;
    const struct kept_reply *reply = reply_of(op, &app_id);
    sqlite3_stmt *add = sqlite_statement(backend, SQL_REPLY_ADD);

    if (reply->dedupe.kind == DEDUPE_NONE)
        return;
    bind_reply(add, app_id, &reply->dedupe);
    sqlite3_bind_blob(add, 4, reply->dedupe.body, sizeof reply->dedupe.body, SQLITE_STATIC);
    sqlite3_bind_int(add, 5, reply->status);
    bind_text(add, 6, reply->sealed);
    sqlite3_bind_int64(add, 7, now_ms);
    sqlite_run(backend, SQL_REPLY_ADD);
}

// A refusal undoes what the op had begun, and does not disturb its group.
void sqlite_configure(struct store_backend *backend, struct op *op, int64_t now_ms,
                      struct news *news)
{
    op->result = look_up_reply(backend, op);
    if (op->result != OP_PENDING)
        return;
    sqlite_run(backend, SQL_SAVE);
    switch (op->kind) {
    case OP_KEY: op->result = configure_key(backend, op, now_ms, news); break;
    case OP_WEBHOOK: op->result = sqlite_webhook(backend, op, now_ms, news); break;
    case OP_JOB: op->result = sqlite_job(backend, op); break;
    case OP_LINK: op->result = sqlite_link(backend, op); break;
    default: op->result = configure_app(backend, op, now_ms, news); break;
    }
    if (op->result == OP_DONE) {
        backend->has_changed_config = true;
        keep_reply(backend, op, now_ms);
    } else {
        sqlite_run(backend, SQL_UNSAVE);
    }
    sqlite_run(backend, SQL_RELEASE);
}
