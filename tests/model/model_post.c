#include "base/memory.h"
#include "model_rows.h"

#include <stdlib.h>

enum { GATHER_MS = 10000, ALERT_MS = MODEL_ALERT_MS };

static bool is_heard(const struct store_backend *model)
{
    for (size_t i = 0; i < model->webhooks.count; i++) {
        const struct model_webhook *webhook = model->webhooks.rows[i];
        if (webhook->row.app_id == OPERATOR_APP_ID && webhook->row.state == WEBHOOK_ENABLED)
            return true;
    }
    return false;
}

static void add_notice(struct store_backend *model, struct post_row row)
{
    struct model_post *post;

    if (!is_heard(model))
        return;
    post = table_add(model, &model->posts, NULL, sizeof *post);
    post->row = row;
    post->row.id = (int64_t)model->posts.count; // none is ever taken out
    post->row.note = model_text(model, row.note);
    post->state = MAIL_WAITING;
}

struct model_post *model_find_mail(const struct store_backend *model, int64_t event_id,
                                   uint16_t n)
{
    for (size_t i = 0; i < model->posts.count; i++) {
        struct model_post *post = model->posts.rows[i];
        if (post->row.kind == POST_MAIL && post->row.event_id == event_id && post->row.n == n)
            return post;
    }
    return NULL;
}

static struct model_post *find_alert(const struct store_backend *model, int64_t app_id)
{
    for (size_t i = 0; i < model->posts.count; i++) {
        struct model_post *post = model->posts.rows[i];
        if (post->row.kind == POST_ALERT && post->row.app_id == app_id)
            return post;
    }
    return NULL;
}

static void add_mail(struct store_backend *model, struct post_row row)
{
    struct model_post *post;

    if (model_find_mail(model, row.event_id, row.n))
        return;
    post = table_add(model, &model->posts, NULL, sizeof *post);
    post->row = row;
    post->row.kind = POST_MAIL;
    post->state = MAIL_WAITING;
    post->due_ms = row.at_ms;
}

static void add_alert(struct store_backend *model, int64_t app_id, int failed, int disabled,
                      int64_t now_ms)
{
    const struct model_app *app = model_find_app(model, app_id);
    struct model_post *post = find_alert(model, app_id);
    int64_t due = now_ms + GATHER_MS;

    if (!app || !app->row.alert_email)
        return;
    if (!post) {
        post = table_add(model, &model->posts, NULL, sizeof *post);
        post->row = (struct post_row){.kind = POST_ALERT, .app_id = app_id};
        post->state = MAIL_WAITING;
    } else {
        TOUCH(model, post);
    }
    if (post->row.failed + post->row.disabled == 0)
        post->due_ms =
            post->sent_ms && post->sent_ms + ALERT_MS > due ? post->sent_ms + ALERT_MS : due;
    post->row.failed += failed;
    post->row.disabled += disabled;
}

void model_post_failed(struct store_backend *model, const struct settle *settle,
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
        add_mail(model, row);
    else
        add_alert(model, settle->app_id, 1, 0, now_ms);
    add_notice(model, row);
}

void model_post_webhook(struct store_backend *model, enum post_kind kind,
                        const struct webhook_row *webhook, bool is_alert, int64_t now_ms)
{
    if (webhook->app_id == OPERATOR_APP_ID)
        return;
    add_notice(model, (struct post_row){
                          .kind = kind,
                          .app_id = webhook->app_id,
                          .webhook_id = webhook->id,
                          .at_ms = now_ms,
                          .note = kind == POST_WEBHOOK_DISABLED ? webhook->reason : NULL});
    if (is_alert)
        add_alert(model, webhook->app_id, 0, 1, now_ms);
}

static struct model_post *find(const struct store_backend *model, const struct post_row *row)
{
    if (row->kind == POST_MAIL)
        return model_find_mail(model, row->event_id, row->n);
    if (row->kind == POST_ALERT)
        return find_alert(model, row->app_id);
    return row->id > 0 && row->id <= (int64_t)model->posts.count
               ? model->posts.rows[row->id - 1]
               : NULL;
}

void model_post_done(struct store_backend *model, struct op *op)
{
    const struct post_row *row = &op->as.post_done.row;
    struct model_post *post = find(model, row);
    bool is_to_wait = op->as.post_done.state == MAIL_WAITING;

    op->result = OP_DONE;
    if (!post)
        return;
    TOUCH(model, post);
    post->due_ms = op->as.post_done.due_ms;
    post->row.tries++;
    if (row->kind != POST_ALERT) {
        post->state = row->kind == POST_MAIL ? op->as.post_done.state : MAIL_SENT;
    } else if (!is_to_wait) {
        post->sent_ms = op->as.post_done.now_ms;
        post->due_ms = post->sent_ms + ALERT_MS;
        post->row.tries = 0;
        post->row.failed -= row->failed;
        post->row.disabled -= row->disabled;
    }
}

static bool is_wanted(const struct store_backend *model, const struct op *op,
                      const struct model_post *post, bool wants_alerts)
{
    if (post->row.kind <= POST_ALERT && !model_find_app(model, post->row.app_id))
        return false; // erased
    if (!op->as.post_take.wants_mail)
        return post->row.kind > POST_ALERT && post->state == MAIL_WAITING;
    if (post->due_ms > op->as.post_take.now_ms)
        return false;
    return wants_alerts
               ? post->row.kind == POST_ALERT && post->row.failed + post->row.disabled
               : post->row.kind == POST_MAIL && post->state == MAIL_WAITING;
}

void model_post_take(const struct store_backend *model, struct op *op)
{
    size_t most = op->as.post_take.limit > 0 ? (size_t)op->as.post_take.limit : 1;
    struct post_row *rows = arena_take(&op->arena, most * sizeof *rows);

    op->as.post_take.rows = rows;
    for (int alerts = 0; alerts < 2; alerts++)
        for (size_t i = 0; i < model->posts.count && op->as.post_take.count < most; i++) {
            const struct model_post *post = model->posts.rows[i];
            if (is_wanted(model, op, post, alerts) &&
                (alerts == 0 || op->as.post_take.wants_mail))
                rows[op->as.post_take.count++] = post->row;
        }
}
