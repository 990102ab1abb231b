#include "hook/settle.h"
#include "model_rows.h"

#include <string.h>

struct model_webhook *model_find_webhook(const struct store_backend *model, int64_t id)
{
    return table_find(&model->webhooks, map_key(id));
}

static int64_t cancel_all(const struct store_backend *model,
                          const struct model_webhook *webhook)
{
    int64_t next = webhook->row.cancel_before + 1;

    return model->last_event + 1 > next ? model->last_event + 1 : next;
}

static void drop_choices(struct store_backend *model, int64_t webhook_id)
{
    for (size_t i = 0; i < model->choices.count; i++) {
        struct model_choice *choice = model->choices.rows[i];
        if (choice->webhook_id != webhook_id)
            continue;
        TOUCH(model, choice);
        choice->is_gone = true;
    }
}

// Of one kind, or all (-1); those that end already, or all.
static void drop_secrets(struct store_backend *model, int64_t webhook_id, int kind,
                         bool only_ending)
{
    for (size_t i = 0; i < model->secrets.count; i++) {
        struct model_secret *secret = model->secrets.rows[i];
        if (secret->row.webhook_id != webhook_id ||
            (kind >= 0 && (int)secret->row.kind != kind) ||
            (only_ending && !secret->row.until_ms))
            continue;
        TOUCH(model, secret);
        secret->is_gone = true;
    }
}

void model_webhook_end(struct store_backend *model, struct model_webhook *webhook,
                       enum webhook_state state, const char *reason, int64_t now_ms)
{
    bool is_deleted = state == WEBHOOK_DELETED;

    TOUCH(model, webhook);
    webhook->row.state = state;
    webhook->row.cancel_before = is_deleted ? INT64_MAX : cancel_all(model, webhook);
    webhook->row.version++;
    webhook->row.reason = reason;
    webhook->row.updated_ms = now_ms;
    webhook->is_behind = false;
    if (!is_deleted)
        return;
    drop_secrets(model, webhook->row.id, -1, false);
    drop_choices(model, webhook->row.id);
}

// Since when it has been failing, once this attempt has ended; 0: it is not.
static int64_t failing_since(const struct model_webhook *webhook, const struct settle *settle,
                             int64_t now_ms)
{
    int64_t since = webhook->row.failing_since_ms;

    if (settle->attempt.error == OUTCOME_NONE)
        return 0;
    if (!trigger_is_of_schedule(settle->attempt.trigger) ||
        !outcome_is_receivers(settle->attempt.error) ||
        webhook->row.version != settle->attempt.webhook_version)
        return since;
    return since && since <= now_ms ? since : now_ms;
}

// Why the webhook is to be disabled after this attempt; NULL: it is not.
static const char *why_disabled(struct store_backend *model,
                                const struct model_webhook *webhook,
                                const struct settle *settle, int64_t now_ms)
{
    int64_t days = settle->disable_after_days;

    if (settle->attempt.error == OUTCOME_NONE ||
        webhook->row.version != settle->attempt.webhook_version)
        return NULL;
    if (settle->disable_webhook)
        return "the endpoint said that it is gone";
    if (!days || !trigger_is_of_schedule(settle->attempt.trigger) ||
        !outcome_is_receivers(settle->attempt.error) ||
        now_ms - webhook->row.failing_since_ms < days * 86400 * 1000)
        return NULL;
    return arena_format(&model->texts, "no attempt has succeeded for %d day%s", (int)days,
                        days == 1 ? "" : "s");
}

void model_note_end(struct store_backend *model, const struct settle *settle, int64_t now_ms,
                    struct news *news)
{
    struct model_webhook *webhook = model_find_webhook(model, settle->webhook_id);
    const char *why;

    if (!webhook || webhook->row.state != WEBHOOK_ENABLED)
        return;
    TOUCH(model, webhook);
    webhook->row.failing_since_ms = failing_since(webhook, settle, now_ms);
    why = why_disabled(model, webhook, settle, now_ms);
    if (!why)
        return;
    model_webhook_end(model, webhook, WEBHOOK_DISABLED, why, now_ms);
    model_post_webhook(model, POST_WEBHOOK_DISABLED, &webhook->row, true, now_ms);
    model_bump(model, webhook->row.app_id);
    model_audit_own(model, "webhook.disable",
                    &(struct audit_row){.app_id = webhook->row.app_id,
                                        .kind = ID_WEBHOOK,
                                        .object_id = webhook->row.id,
                                        .before = webhook->row.version - 1,
                                        .after = webhook->row.version},
                    now_ms);
    news_change(news, webhook->row.app_id, webhook->row.id, NULL);
}

static bool is_taken(const struct store_backend *model, int64_t app_id, const char *type)
{
    for (size_t i = 0; i < model->choices.count; i++) {
        const struct model_choice *choice = model->choices.rows[i];
        if (!choice->is_gone && choice->app_id == app_id && !strcmp(choice->type, type))
            return true;
    }
    return false;
}

static const char *bind_choices(struct store_backend *model, const struct webhook_row *row,
                                const char **choices)
{
    if (!choices)
        return NULL;
    drop_choices(model, row->id);
    for (; *choices; choices++) {
        struct model_choice *choice;
        if (is_taken(model, row->app_id, *choices))
            return *choices;
        choice = table_add(model, &model->choices, NULL, sizeof *choice);
        *choice =
            (struct model_choice){row->app_id, row->id, model_text(model, *choices), false};
    }
    return NULL;
}

static int next_version(const struct store_backend *model, int64_t webhook_id,
                        enum secret_kind kind)
{
    int version = 0;

    for (size_t i = 0; i < model->secrets.count; i++) {
        const struct model_secret *secret = model->secrets.rows[i];
        if (!secret->is_gone && secret->row.webhook_id == webhook_id &&
            secret->row.kind == kind && secret->row.version > version)
            version = secret->row.version;
    }
    return version + 1;
}

static void end_secrets(struct store_backend *model, const struct op *op,
                        enum secret_kind kind)
{
    int64_t webhook_id = op->as.webhook.row.id;

    if (kind == SECRET_HEADERS || op->as.webhook.overlap_ms <= 0) {
        drop_secrets(model, webhook_id, (int)kind, false);
        return;
    }
    drop_secrets(model, webhook_id, (int)kind, true);
    for (size_t i = 0; i < model->secrets.count; i++) {
        struct model_secret *secret = model->secrets.rows[i];
        if (secret->is_gone || secret->row.webhook_id != webhook_id ||
            secret->row.kind != kind)
            continue;
        TOUCH(model, secret);
        secret->row.until_ms = op->as.webhook.now_ms + op->as.webhook.overlap_ms;
    }
}

static void add_secret(struct store_backend *model, struct op *op, struct secret_row *row)
{
    struct model_secret *secret;

    row->webhook_id = op->as.webhook.row.id;
    row->app_id = op->as.webhook.row.app_id;
    row->version = next_version(model, row->webhook_id, row->kind);
    if (!row->since_ms)
        row->since_ms = op->as.webhook.now_ms;
    end_secrets(model, op, row->kind);
    secret = table_add(model, &model->secrets, NULL, sizeof *secret);
    secret->row = *row;
    secret->row.sealed = model_text(model, row->sealed);
}

static void set_secrets(struct store_backend *model, struct op *op)
{
    if (op->as.webhook.replaces_headers)
        drop_secrets(model, op->as.webhook.row.id, SECRET_HEADERS, false);
    if (op->as.webhook.drops_keys) {
        drop_secrets(model, op->as.webhook.row.id, SECRET_RSA, false);
        drop_secrets(model, op->as.webhook.row.id, SECRET_ED25519, false);
    }
    for (size_t i = 0; i < op->as.webhook.secret_count; i++)
        add_secret(model, op, &op->as.webhook.secrets[i]);
}

static void copy_webhook(struct store_backend *model, struct model_webhook *webhook,
                         const struct webhook_row *from)
{
    webhook->row = *from;
    webhook->row.name = model_text(model, from->name);
    webhook->row.url = model_text(model, from->url);
    webhook->row.reason =
        from->state == WEBHOOK_ENABLED ? NULL : model_text(model, from->reason);
    webhook->row.settings = model_text(model, from->settings);
}

static int count_webhooks(const struct store_backend *model, int64_t app_id)
{
    int count = 0;

    for (size_t i = 0; i < model->webhooks.count; i++) {
        const struct model_webhook *webhook = model->webhooks.rows[i];
        count += webhook->row.app_id == app_id && webhook->row.state != WEBHOOK_DELETED;
    }
    return count;
}

static enum op_result webhook_create(struct store_backend *model, struct op *op)
{
    struct webhook_row *row = &op->as.webhook.row;
    struct map_key key = map_key(row->id);

    if (op->as.webhook.count_max > 0 &&
        count_webhooks(model, row->app_id) >= op->as.webhook.count_max)
        return OP_LIMIT;
    op->as.webhook.conflict = bind_choices(model, row, op->as.webhook.choices);
    if (op->as.webhook.conflict)
        return OP_CONFLICT;
    op->as.webhook.conflict = "id";
    if (table_find(&model->webhooks, key))
        return OP_CONFLICT;
    row->version = 1;
    row->cancel_before = 0;
    row->failing_since_ms = 0;
    row->created_ms = row->created_ms ? row->created_ms : op->as.webhook.now_ms;
    row->updated_ms = row->created_ms;
    copy_webhook(model,
                 table_add(model, &model->webhooks, &key, sizeof(struct model_webhook)), row);
    set_secrets(model, op);
    return OP_DONE;
}

static void post_changes(struct store_backend *model, const struct op *op, bool was_enabled)
{
    const struct webhook_row *row = &op->as.webhook.row;
    const int64_t now_ms = op->as.webhook.now_ms;

    if (was_enabled != (row->state == WEBHOOK_ENABLED))
        model_post_webhook(model, was_enabled ? POST_WEBHOOK_DISABLED : POST_WEBHOOK_ENABLED,
                           row, false, now_ms);
    for (size_t i = 0; i < op->as.webhook.secret_count; i++)
        if (op->as.webhook.secrets[i].kind != SECRET_HEADERS)
            model_post_webhook(model, POST_SECRET_ROTATED, row, false, now_ms);
}

static enum op_result webhook_update(struct store_backend *model,
                                     struct model_webhook *webhook, struct op *op)
{
    struct webhook_row *row = &op->as.webhook.row;
    bool was_enabled = webhook->row.state == WEBHOOK_ENABLED;

    op->as.webhook.conflict = bind_choices(model, row, op->as.webhook.choices);
    if (op->as.webhook.conflict)
        return OP_CONFLICT;
    if (was_enabled && row->state == WEBHOOK_DISABLED)
        row->cancel_before = cancel_all(model, webhook);
    if (!was_enabled && row->state == WEBHOOK_ENABLED)
        row->failing_since_ms = 0;
    row->version++;
    row->updated_ms = op->as.webhook.now_ms;
    TOUCH(model, webhook);
    copy_webhook(model, webhook, row);
    set_secrets(model, op);
    post_changes(model, op, was_enabled);
    return OP_DONE;
}

// The columns that a change does not bring with it.
static void keep_columns(struct webhook_row *row, const struct webhook_row *from)
{
    row->version = from->version;
    row->failing_since_ms =
        row->url && !strcmp(row->url, from->url) ? from->failing_since_ms : 0;
    row->cancel_before = from->cancel_before;
    row->created_ms = from->created_ms;
}

enum op_result model_configure_webhook(struct store_backend *model, struct op *op,
                                       int64_t now_ms, struct news *news)
{
    struct webhook_row *row = &op->as.webhook.row;
    struct model_webhook *webhook = model_find_webhook(model, row->id);
    int if_version = op->as.webhook.if_version;
    enum op_result result = OP_DONE;

    if (!model_find_app(model, row->app_id))
        return OP_NOT_FOUND;
    if (op->as.webhook.verb == VERB_CREATE) {
        result = webhook_create(model, op);
    } else {
        if (!webhook || webhook->row.app_id != row->app_id ||
            webhook->row.state == WEBHOOK_DELETED)
            return OP_NOT_FOUND;
        keep_columns(row, &webhook->row);
        if (if_version != -1 && if_version != row->version)
            return OP_CHANGED;
        if (op->as.webhook.verb == VERB_UPDATE)
            result = webhook_update(model, webhook, op);
        else
            model_webhook_end(model, webhook, WEBHOOK_DELETED, NULL, now_ms);
    }
    if (result != OP_DONE)
        return result;
    model_bump(model, row->app_id);
    news_change(news, row->app_id, row->id, op);
    return OP_DONE;
}
