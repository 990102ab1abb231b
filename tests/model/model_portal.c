#include "base/limits.h"
#include "model_rows.h"

#include <string.h>

enum op_result model_link(struct store_backend *model, const struct op *op)
{
    const struct link_row *row = &op->as.link.row;
    struct map_key key = map_key(row->id);
    int count = 0;

    if (!model_find_app(model, row->app_id))
        return OP_NOT_FOUND;
    for (size_t i = 0; i < model->links.count; i++) {
        const struct model_link *other = model->links.rows[i];
        if (!other->is_gone && !memcmp(other->row.hash, row->hash, KEY_HASH_LEN))
            return OP_CONFLICT;
        count += !other->is_gone && other->row.app_id == row->app_id &&
                 other->row.expires_ms > row->created_ms;
    }
    if (count >= op->as.link.count_max)
        return OP_LIMIT;
    if (table_find(&model->links, key))
        return OP_CONFLICT;
    ((struct model_link *)table_add(model, &model->links, &key, sizeof(struct model_link)))
        ->row = *row;
    return OP_DONE;
}

static struct model_link *find_link(const struct store_backend *model, const struct op *op)
{
    for (size_t i = 0; i < model->links.count; i++) {
        struct model_link *link = model->links.rows[i];
        if (!link->is_gone && !memcmp(link->row.hash, op->as.session.link, KEY_HASH_LEN) &&
            link->row.expires_ms > op->as.session.row.created_ms)
            return link;
    }
    return NULL;
}

static int session_count(const struct store_backend *model, const struct session_row *row)
{
    int count = 0;

    for (size_t i = 0; i < model->sessions.count; i++) {
        const struct model_session *other = model->sessions.rows[i];
        count +=
            !other->is_gone && other->row.app_id == row->app_id &&
            session_is_in_force(&other->row, limit(LIMIT_SESSION_IDLE_MS), row->created_ms);
    }
    return count;
}

static const char *text_of(struct op *op, const char *text)
{
    return text ? arena_copy(&op->arena, text, strlen(text)) : NULL;
}

static enum op_result session_open(struct store_backend *model, struct op *op)
{
    struct model_link *link = find_link(model, op);
    struct session_row *row = &op->as.session.row;
    struct map_key key = map_key(row->id);
    struct model_session *added;
    const struct model_app *app = link ? model_find_app(model, link->row.app_id) : NULL;

    if (!app)
        return OP_NOT_FOUND;
    row->app_id = link->row.app_id;
    row->scopes = link->row.scopes;
    row->seen_ms = row->created_ms;
    if (session_count(model, row) >= op->as.session.count_max)
        return OP_LIMIT;
    if (table_find(&model->sessions, key))
        return OP_CONFLICT;
    added = table_add(model, &model->sessions, &key, sizeof *added);
    added->row = *row;
    added->row.address = model_text(model, row->address);
    TOUCH(model, link);
    link->is_gone = true;
    op->as.session.app.id = app->row.id;
    op->as.session.app.uid = text_of(op, app->row.uid);
    op->as.session.app.name = text_of(op, app->row.name);
    op->as.session.app.profile = text_of(op, app->row.profile);
    return OP_DONE;
}

static bool session_end(struct store_backend *model, const struct session_row *row)
{
    bool is_done = false;

    for (size_t i = 0; i < model->sessions.count; i++) {
        struct model_session *session = model->sessions.rows[i];
        if (session->is_gone || session->row.app_id != row->app_id ||
            (row->id && session->row.id != row->id))
            continue;
        TOUCH(model, session);
        session->is_gone = is_done = true;
    }
    return is_done;
}

static enum op_result session_end_all(struct store_backend *model,
                                      const struct session_row *row)
{
    if (!model_find_app(model, row->app_id))
        return OP_NOT_FOUND;
    session_end(model, row);
    for (size_t i = 0; i < model->links.count; i++) {
        struct model_link *link = model->links.rows[i];
        if (link->row.app_id != row->app_id)
            continue;
        TOUCH(model, link);
        link->is_gone = true;
    }
    return OP_DONE;
}

void model_session(struct store_backend *model, struct op *op, struct news *news)
{
    const struct session_row *row = &op->as.session.row;

    if (op->as.session.verb == VERB_CREATE) {
        op->result = session_open(model, op);
        return;
    }
    if (row->id)
        op->result = session_end(model, row) ? OP_DONE : OP_NOT_FOUND;
    else
        op->result = session_end_all(model, row);
    if (op->result == OP_DONE)
        news_change(news, row->app_id, 0, op);
}

void model_forget_sessions(struct store_backend *model, int64_t now_ms)
{
    for (size_t i = 0; i < model->sessions.count; i++) {
        struct model_session *session = model->sessions.rows[i];
        if (session->is_gone || now_ms < session->row.ends_ms)
            continue;
        TOUCH(model, session);
        session->is_gone = true;
    }
}

void model_session_used(struct store_backend *model, const struct key_use *use)
{
    struct model_session *session = table_find(&model->sessions, map_key(use->key_id));

    if (!session || session->is_gone ||
        use->at_ms - session->row.seen_ms < key_use_every_ms(use))
        return;
    TOUCH(model, session);
    session->row.seen_ms = use->at_ms;
}

void model_read_session(const struct store_backend *model, struct op *op)
{
    struct session_row *ret = &op->as.session_by_hash.row;

    op->result = OP_NOT_FOUND;
    for (size_t i = 0; i < model->sessions.count; i++) {
        const struct model_session *session = model->sessions.rows[i];
        if (session->is_gone || !model_find_app(model, session->row.app_id) ||
            memcmp(session->row.hash, op->as.session_by_hash.hash, KEY_HASH_LEN))
            continue;
        *ret = session->row;
        ret->address = text_of(op, session->row.address);
        op->result = OP_DONE;
    }
}

bool model_give_session(struct op *op, const struct model_session *session,
                        struct session_row *ret)
{
    const struct list_query *query = &op->as.list.query;

    if (session->is_gone || session->row.app_id != query->app_id ||
        !session_is_in_force(&session->row, limit(LIMIT_SESSION_IDLE_MS), query->now_ms))
        return false;
    *ret = session->row;
    ret->address = text_of(op, session->row.address);
    return true;
}
