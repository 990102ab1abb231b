#include "base/memory.h"
#include "model_rows.h"

#include <stdlib.h>
#include <string.h>

struct model_app *model_find_app(const struct store_backend *model, int64_t id)
{
    struct model_app *app = table_find(&model->apps, map_key(id));

    return app && app->row.version >= 0 ? app : NULL;
}

void model_bump(struct store_backend *model, int64_t app_id)
{
    struct model_app *app = model_find_app(model, app_id);

    if (!app)
        return; // the operator's keys are of no app
    TOUCH(model, app);
    app->row.version++;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

// apps

static bool uid_is_taken(const struct store_backend *model, const struct app_row *row)
{
    for (size_t i = 0; i < model->apps.count; i++) {
        const struct model_app *app = model->apps.rows[i];
        if (app->row.id != row->id && app->row.version >= 0 &&
            is_same_text(app->row.uid, row->uid))
            return true;
    }
    return false;
}

static void copy_app(struct store_backend *model, struct model_app *app,
                     const struct app_row *from)
{
    const char *types = app->row.types;

    app->row = *from;
    app->row.types = from->types ? model_text(model, from->types) : types;
    app->row.uid = model_text(model, from->uid);
    app->row.name = model_text(model, from->name);
    app->row.profile = model_text(model, from->profile);
    app->row.alert_email = model_text(model, from->alert_email);
}

static enum op_result app_create(struct store_backend *model, struct op *op)
{
    struct app_row *row = &op->as.app.row;
    struct map_key key = map_key(row->id);

    op->as.app.conflict = "uid";
    if (uid_is_taken(model, row))
        return OP_CONFLICT;
    op->as.app.conflict = "id";
    if (table_find(&model->apps, key))
        return OP_CONFLICT;
    row->version = 1;
    copy_app(model, table_add(model, &model->apps, &key, sizeof(struct model_app)), row);
    return OP_DONE;
}

static enum op_result app_update(struct store_backend *model, struct model_app *app,
                                 struct op *op)
{
    struct app_row *row = &op->as.app.row;

    op->as.app.conflict = "uid";
    if (uid_is_taken(model, row))
        return OP_CONFLICT;
    op->as.app.conflict = "profile";
    if (app->is_used && !is_same_text(app->row.profile, row->profile))
        return OP_CONFLICT;
    row->created_ms = app->row.created_ms;
    row->version = app->row.version + 1;
    TOUCH(model, app);
    copy_app(model, app, row);
    return OP_DONE;
}

// keys

static enum op_result key_create(struct store_backend *model, const struct key_row *row,
                                 int count_max)
{
    struct map_key key = map_key(row->id);
    struct key_row *added;
    int count = 0;

    for (size_t i = 0; i < model->keys.count; i++) {
        const struct key_row *other = model->keys.rows[i];
        count += other->app_id == row->app_id && !other->revoked_ms;
        if (!strcmp(other->lookup, row->lookup))
            return OP_CONFLICT;
    }
    if (count_max > 0 && count >= count_max)
        return OP_LIMIT;
    if (table_find(&model->keys, key))
        return OP_CONFLICT;
    added = table_add(model, &model->keys, &key, sizeof(struct model_key)); // it stands first
    *added = *row;
    added->lookup = model_text(model, row->lookup);
    added->name = model_text(model, row->name);
    added->hint = model_text(model, row->hint);
    added->revoked_ms = added->last_used_ms = 0;
    return OP_DONE;
}

static bool has_other_key(const struct store_backend *model, const struct key_row *row)
{
    for (size_t i = 0; i < model->keys.count; i++) {
        const struct key_row *other = model->keys.rows[i];
        if (other->app_id == row->app_id && other->id != row->id && !other->revoked_ms &&
            !other->expires_ms)
            return true;
    }
    return false;
}

void model_key_uses(struct store_backend *model, struct op *op)
{
    for (size_t i = 0; i < op->as.key_uses.count; i++) {
        const struct key_use *use = &op->as.key_uses.rows[i];
        struct key_row *key = table_find(&model->keys, map_key(use->key_id));

        if (use->is_session)
            model_session_used(model, use);
        if (!key || use->is_session || use->at_ms - key->last_used_ms < key_use_every_ms(use))
            continue;
        TOUCH(model, key);
        key->last_used_ms = use->at_ms;
    }
    op->result = OP_DONE;
}

static enum op_result key_revoke(struct store_backend *model, struct key_row *row,
                                 int64_t now_ms)
{
    struct key_row *found = table_find(&model->keys, map_key(row->id));

    if (row->revoked_ms == 0)
        row->revoked_ms = now_ms;
    if (!found || found->app_id != row->app_id || found->revoked_ms)
        return OP_NOT_FOUND;
    if (row->app_id == 0 && !has_other_key(model, row))
        return OP_LAST;
    TOUCH(model, found);
    found->revoked_ms = row->revoked_ms;
    return OP_DONE;
}

void model_window(struct store_backend *model, struct op *op)
{
    struct model_key *key = table_find(&model->keys, map_key(op->as.window.key_id));
    const int64_t window_ms = op->as.window.window_ms;
    int64_t until_ms = (op->as.window.now_ms / window_ms + 1) * window_ms;

    op->result = OP_NOT_FOUND;
    if (!key)
        return;
    TOUCH(model, key);
    if (key->window_until != until_ms && key->window_until != until_ms + window_ms) {
        key->window_until = until_ms;
        key->window_count = 0;
    }
    op->result = key->window_count < op->as.window.count_max ? OP_DONE : OP_LIMIT;
    key->window_count += op->result == OP_DONE;
    op->as.window.count = key->window_count;
    op->as.window.until_ms = key->window_until;
}

static enum op_result configure_key(struct store_backend *model, struct op *op,
                                    int64_t now_ms, struct news *news)
{
    struct key_row *row = &op->as.key.row;
    enum op_result result;

    if (row->app_id && !model_find_app(model, row->app_id))
        return OP_NOT_FOUND;
    result = op->as.key.verb == VERB_CREATE ? key_create(model, row, op->as.key.count_max)
                                            : key_revoke(model, row, now_ms);
    if (result != OP_DONE)
        return result;
    model_bump(model, row->app_id);
    news_change(news, row->app_id, 0, op);
    return OP_DONE;
}

static enum op_result app_delete(struct store_backend *model, struct model_app *app,
                                 struct op *op, int64_t now_ms, struct news *news)
{
    for (size_t i = 0; i < model->keys.count; i++) {
        struct key_row *key = model->keys.rows[i];
        if (key->app_id != app->row.id || key->revoked_ms)
            continue;
        TOUCH(model, key);
        key->revoked_ms = now_ms;
    }
    for (size_t i = 0; i < model->webhooks.count; i++) {
        struct model_webhook *webhook = model->webhooks.rows[i];
        if (webhook->row.app_id != app->row.id || webhook->row.state == WEBHOOK_DELETED)
            continue;
        model_webhook_end(model, webhook, WEBHOOK_DELETED, NULL, now_ms);
        news_change(news, app->row.id, webhook->row.id, op);
    }
    TOUCH(model, app);
    app->row.version = -1;
    app->row.uid = NULL;
    return OP_DONE;
}

static enum op_result configure_app(struct store_backend *model, struct op *op,
                                    int64_t now_ms, struct news *news)
{
    struct model_app *app = model_find_app(model, op->as.app.row.id);
    int if_version = op->as.app.if_version;
    enum op_result result;

    if (op->as.app.verb == VERB_CREATE) {
        result = app_create(model, op);
    } else {
        if (!app)
            return OP_NOT_FOUND;
        if (if_version != -1 && if_version != app->row.version)
            return OP_CHANGED;
        if (op->as.app.verb == VERB_DELETE)
            op->as.app.row.version = app->row.version;
        result = op->as.app.verb == VERB_UPDATE ? app_update(model, app, op)
                                                : app_delete(model, app, op, now_ms, news);
    }
    if (result == OP_DONE)
        news_change(news, op->as.app.row.id, 0, op);
    return result;
}

// kept replies

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

static enum op_result look_up_reply(const struct store_backend *model, struct op *op)
{
    int64_t app_id;
    struct kept_reply *reply = reply_of(op, &app_id);

    if (reply->dedupe.kind == DEDUPE_NONE)
        return OP_PENDING;
    for (size_t i = 0; i < model->replies.count; i++) {
        const struct model_reply *kept = model->replies.rows[i];
        if (kept->app_id != app_id || kept->dedupe.kind != reply->dedupe.kind ||
            memcmp(kept->dedupe.key, reply->dedupe.key, sizeof kept->dedupe.key))
            continue;
        if (memcmp(kept->dedupe.body, reply->dedupe.body, sizeof kept->dedupe.body))
            return OP_OTHER_BODY;
        reply->status = kept->status;
        reply->sealed =
            kept->sealed ? arena_copy(&op->arena, kept->sealed, strlen(kept->sealed)) : NULL;
        return OP_REPLAY;
    }
    return OP_PENDING;
}

static void keep_reply(struct store_backend *model, struct op *op, int64_t now_ms)
{
    int64_t app_id;
    const struct kept_reply *reply = reply_of(op, &app_id);
    struct model_reply *kept;

    if (reply->dedupe.kind == DEDUPE_NONE)
        return;
    kept = table_add(model, &model->replies, NULL, sizeof *kept);
    *kept = (struct model_reply){app_id, reply->dedupe, reply->status,
                                 model_text(model, reply->sealed), now_ms};
}

void model_configure(struct store_backend *model, struct op *op, int64_t now_ms,
                     struct news *news)
{
    size_t mark = model_mark(model);

    op->result = look_up_reply(model, op);
    if (op->result != OP_PENDING)
        return;
    switch (op->kind) {
    case OP_KEY: op->result = configure_key(model, op, now_ms, news); break;
    case OP_WEBHOOK: op->result = model_configure_webhook(model, op, now_ms, news); break;
    case OP_JOB: op->result = model_job(model, op); break;
    case OP_LINK: op->result = model_link(model, op); break;
    default: op->result = configure_app(model, op, now_ms, news); break;
    }
    if (op->result == OP_DONE)
        keep_reply(model, op, now_ms);
    else
        model_undo(model, mark);
}
