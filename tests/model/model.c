#include "model.h"

#include "base/buf.h"
#include "base/memory.h"
#include "model_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct undo {
    void *at; // NULL: the last row of table is taken back
    size_t len;
    void *bytes;
    struct table *table;
    struct map_key key;
    bool has_key;
};

static struct undo *new_undo(struct store_backend *model)
{
    if (model->undo_count == model->undo_cap) {
        model->undo_cap = model->undo_cap ? 2 * model->undo_cap : 64;
        model->undos = memory_resize(model->undos, model->undo_cap * sizeof *model->undos);
    }
    return &model->undos[model->undo_count++];
}

void model_touch(struct store_backend *model, void *at, size_t len)
{
    *new_undo(model) = (struct undo){.at = at, .len = len, .bytes = memory_copy(at, len)};
}

void *table_add(struct store_backend *model, struct table *table, const struct map_key *key,
                size_t size)
{
    struct undo *undo = new_undo(model);
    void *row = memory_new(size);

    *undo = (struct undo){.table = table, .has_key = key != NULL};
    if (table->count == table->cap) {
        table->cap = table->cap ? 2 * table->cap : 16;
        table->rows = memory_resize(table->rows, table->cap * sizeof *table->rows);
    }
    table->rows[table->count++] = row;
    if (key) {
        undo->key = *key;
        map_put(&table->by_key, *key, row);
    }
    return row;
}

void *table_find(const struct table *table, struct map_key key)
{
    return map_find(&table->by_key, key);
}

static void free_row(struct table *table, void *row)
{
    if (table->on_free)
        table->on_free(row);
    free(row);
}

size_t model_mark(const struct store_backend *model)
{
    return model->undo_count;
}

void model_undo(struct store_backend *model, size_t mark)
{
    while (model->undo_count > mark) {
        struct undo *undo = &model->undos[--model->undo_count];
        if (undo->at) {
            memcpy(undo->at, undo->bytes, undo->len);
            free(undo->bytes);
            continue;
        }
        if (undo->has_key)
            map_remove(&undo->table->by_key, undo->key);
        free_row(undo->table, undo->table->rows[--undo->table->count]);
    }
}

static void forget_undos(struct store_backend *model)
{
    for (size_t i = 0; i < model->undo_count; i++)
        free(model->undos[i].bytes);
    model->undo_count = 0;
}

const char *model_text(struct store_backend *model, const char *text)
{
    return text ? arena_copy(&model->texts, text, strlen(text)) : NULL;
}

static void free_event(void *row)
{
    event_drop(((struct model_event *)row)->event);
}

static struct table *const *tables_of(struct store_backend *model, struct table **ret)
{
    size_t i = 0;

    ret[i++] = &model->settings;
    ret[i++] = &model->apps;
    ret[i++] = &model->keys;
    ret[i++] = &model->webhooks;
    ret[i++] = &model->choices;
    ret[i++] = &model->secrets;
    ret[i++] = &model->events;
    ret[i++] = &model->deliveries;
    ret[i++] = &model->attempts;
    ret[i++] = &model->idems;
    ret[i++] = &model->replies;
    ret[i++] = &model->posts;
    ret[i++] = &model->jobs;
    ret[i++] = &model->links;
    ret[i++] = &model->sessions;
    ret[i++] = &model->audits;
    ret[i] = NULL;
    return ret;
}

static void add_operator(struct store_backend *model)
{
    const struct map_key key = map_key(OPERATOR_APP_ID);
    struct model_app *app = table_add(model, &model->apps, &key, sizeof *app);

    app->row = (struct app_row){.id = OPERATOR_APP_ID,
                                .uid = "operator",
                                .name = "Operator",
                                .profile = "standard",
                                .version = 1,
                                .created_ms = 1};
    forget_undos(model);
}

static enum error_code open_model(const char *url, int64_t now_ms, struct store_backend **ret,
                                  struct error *error)
{
    static const unsigned char no_key[AUDIT_KEY_LEN];
    struct store_backend *model;

    (void)now_ms;
    if (strncmp(url, "model:", 6) != 0)
        return error_set(error, ERR_CONFIG, "the store's URL is not model:");
    model = NEW(struct store_backend);
    arena_init(&model->texts);
    model->audit_mac = audit_mac_new(no_key);
    model->events.on_free = free_event;
    add_operator(model);
    *ret = model;
    return ERR_OK;
}

static void close_model(struct store_backend *model)
{
    struct table *tables[24];

    if (!model)
        return;
    forget_undos(model);
    tables_of(model, tables);
    for (size_t t = 0; tables[t]; t++) {
        for (size_t i = 0; i < tables[t]->count; i++)
            free_row(tables[t], tables[t]->rows[i]);
        free(tables[t]->rows);
        map_done(&tables[t]->by_key);
    }
    audit_mac_free(model->audit_mac);
    arena_done(&model->texts);
    free(model->undos);
    free(model);
}

static bool is_new(const struct store_backend *model)
{
    return model->settings.count == 0 && model->apps.count == 1; // the operator's own
}

static int64_t newest_event(const struct store_backend *model)
{
    return model->last_event;
}

static struct model_setting *find_setting(const struct store_backend *model, const char *name)
{
    for (size_t i = 0; i < model->settings.count; i++) {
        struct model_setting *setting = model->settings.rows[i];
        if (!strcmp(setting->name, name))
            return setting;
    }
    return NULL;
}

static bool get_setting(struct store_backend *model, const char *name, struct buf *ret)
{
    const struct model_setting *setting = find_setting(model, name);

    if (setting)
        buf_add_str(ret, setting->value);
    return setting != NULL;
}

static enum error_code set_setting(struct store_backend *model, const char *name,
                                   const char *value, struct error *error)
{
    struct model_setting *setting = find_setting(model, name);

    (void)error;
    if (!setting)
        setting = table_add(model, &model->settings, NULL, sizeof *setting);
    setting->name = model_text(model, name);
    setting->value = model_text(model, value);
    forget_undos(model);
    return ERR_OK;
}

static void apply_op(struct store_backend *model, struct op *op, int64_t now_ms,
                     struct news *news)
{
    switch (op->kind) {
    case OP_ACCEPT: model_accept(model, op, now_ms, news); break;
    case OP_SETTLE: model_settle(model, op, now_ms, news); break;
    case OP_PARK: model_park(model, op); break;
    case OP_BEHIND: model_behind(model, op); break;
    case OP_CLAIM: model_claim(model, op, now_ms); break;
    case OP_RETRY: model_retry(model, op, news); break;
    case OP_CANCEL: model_cancel(model, op, news); break;
    case OP_RECORD: model_record(model, op); break;
    case OP_KEY_USES: model_key_uses(model, op); break;
    case OP_APP:
    case OP_KEY:
    case OP_JOB:
    case OP_LINK:
    case OP_WEBHOOK: model_configure(model, op, now_ms, news); break;
    case OP_SESSION: model_session(model, op, news); break;
    case OP_WINDOW: model_window(model, op); break;
    case OP_POST_DONE: model_post_done(model, op); break;
    case OP_AUDIT: op->result = OP_DONE; break;
    default: op->result = OP_FAILED; break;
    }
    if (op->audit && op->result == OP_DONE) {
        op_fill_audit(op, now_ms);
        model_audit(model, op->audit);
    }
}

static enum store_verdict apply(struct store_backend *model, struct op **ops, size_t count,
                                int64_t now_ms, struct news *ret_news)
{
    size_t mark = model_mark(model);

    model->group++;
    for (size_t i = 0; i < count; i++)
        apply_op(model, ops[i], now_ms, ret_news);
    if (model->fails_next) {
        model->fails_next = false;
        model_undo(model, mark);
        news_done(ret_news);
        return STORE_FULL;
    }
    if (!model->is_deferred)
        forget_undos(model);
    return STORE_DONE;
}

static enum store_verdict resume(struct store_backend *model, int64_t now_ms,
                                 const struct cut_off *cuts, size_t count,
                                 struct news *ret_news)
{
    model_rewind(model, now_ms);
    for (size_t i = 0; i < count; i++)
        model_cut_off(model, &cuts[i], now_ms, ret_news);
    model_hand_out(model, ret_news);
    forget_undos(model);
    return STORE_DONE;
}

static bool has_events(const struct store_backend *model, int64_t app_id)
{
    for (size_t i = 0; i < model->events.count; i++) {
        const struct model_event *row = model->events.rows[i];
        if (!row->is_gone && row->event->app_id == app_id)
            return true;
    }
    return false;
}

static void end_erasing(struct store_backend *model, int64_t now_ms)
{
    for (size_t i = 0; i < model->apps.count; i++) {
        struct model_app *app = model->apps.rows[i];
        const int64_t id = app->row.id;
        if (app->row.version >= 0 || app->is_erased || has_events(model, id))
            continue;
        TOUCH(model, app);
        app->is_erased = true;
        model_audit_own(model, "app.erased",
                        &(struct audit_row){.app_id = id, .kind = ID_APP, .object_id = id},
                        now_ms);
    }
}

// Writes "cancelled" where it is only meant, and drops what an erased app had.
static bool step(struct store_backend *model, int64_t now_ms, enum store_verdict *ret_verdict,
                 struct news *ret_news)
{
    enum { ROWS_MAX = 500 };
    int done = 0;

    *ret_verdict = STORE_DONE;
    for (size_t i = 0; i < model->deliveries.count && done < ROWS_MAX; i++) {
        struct model_delivery *row = model->deliveries.rows[i];
        if (!delivery_is_open(row->state) || !model_is_cancelled(model, row))
            continue;
        TOUCH(model, row);
        row->state = DELIVERY_CANCELLED;
        row->ended = now_ms;
        row->asked = row->served;
        model_turn_leave(model, row, now_ms, ret_news);
        done++;
    }
    for (size_t i = 0; i < model->events.count && done < ROWS_MAX; i++) {
        struct model_event *row = model->events.rows[i];
        if (row->is_gone || model_find_app(model, row->event->app_id))
            continue;
        TOUCH(model, row);
        row->is_gone = true;
        done++;
    }
    model_forget_sessions(model, now_ms);
    end_erasing(model, now_ms);
    model_audit_retain(model, now_ms);
    done += model_retain(model, now_ms, ROWS_MAX - done);
    if (done < ROWS_MAX && model_recover(model, now_ms, ret_news))
        done = ROWS_MAX;
    if (!model->is_deferred)
        forget_undos(model);
    return done == ROWS_MAX;
}

static const char *why(const struct store_backend *model)
{
    (void)model;
    return "the model was told to fail";
}

struct store_reader {
    struct store_backend *model;
};

static struct store_reader *reader_new(struct store_backend *model, struct error *error)
{
    struct store_reader *reader = NEW(struct store_reader);

    (void)error;
    reader->model = model;
    return reader;
}

static void read_op(struct store_reader *reader, struct op *op)
{
    op->result = OP_DONE;
    if (op->kind == OP_LIST)
        model_list(reader->model, op);
    else if (op->kind == OP_POST_TAKE)
        model_post_take(reader->model, op);
    else
        model_read(reader->model, op);
}

static void reader_free(struct store_reader *reader)
{
    free(reader);
}

const struct store_backend_table store_model = {
    .open = open_model,
    .is_new = is_new,
    .newest_event = newest_event,
    .setting = get_setting,
    .set_setting = set_setting,
    .audit_key = model_audit_key,
    .resume = resume,
    .apply = apply,
    .step = step,
    .why = why,
    .reader_new = reader_new,
    .read = read_op,
    .reader_free = reader_free,
    .close = close_model,
};

void model_fail_next(struct store_backend *model)
{
    model->fails_next = true;
}

void model_defer(struct store_backend *model)
{
    model->is_deferred = true;
}

void model_sync(struct store_backend *model)
{
    forget_undos(model);
}

void model_crash(struct store_backend *model)
{
    model_undo(model, 0);
    model_forget(model);
}

void model_forget(struct store_backend *model)
{
    for (size_t i = 0; i < model->webhooks.count; i++)
        ((struct model_webhook *)model->webhooks.rows[i])->is_behind = false;
}

bool model_delivery(const struct store_backend *model, int64_t event_id, uint16_t n,
                    struct model_delivery_view *ret)
{
    const struct model_delivery *row = model_find_delivery(model, event_id, n);

    if (!row)
        return false;
    *ret = (struct model_delivery_view){.webhook_id = row->webhook_id,
                                        .app_id = row->app_id,
                                        .due_ms = row->due,
                                        .wait_ms = row->wait_ms,
                                        .state = row->state,
                                        .step = row->step,
                                        .number = row->number,
                                        .crashes = row->crashes,
                                        .is_retrying = row->asked > row->served};
    if (delivery_is_open(row->state) && model_is_cancelled(model, row))
        ret->state = DELIVERY_CANCELLED;
    return true;
}

bool model_is_gone(const struct store_backend *model, int64_t event_id)
{
    const struct model_event *row = table_find(&model->events, map_key(event_id));

    return row && row->is_gone;
}

int model_fan(const struct store_backend *model, int64_t event_id)
{
    const struct model_event *row = table_find(&model->events, map_key(event_id));

    return row ? row->fan : -1;
}

static uint64_t mix(uint64_t hash, int64_t value)
{
    return (hash ^ (uint64_t)value) * UINT64_C(0x100000001b3);
}

uint64_t model_hash(const struct store_backend *model)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < model->deliveries.count; i++) {
        const struct model_delivery *row = model->deliveries.rows[i];
        hash = mix(mix(mix(hash, row->event_id), row->n), row->webhook_id);
        hash = mix(mix(mix(hash, (int64_t)row->state), row->due), row->ended);
        for (const struct model_attempt *at = row->last; at; at = at->prev)
            hash = mix(mix(mix(hash, at->row.number), at->row.started_ms), at->row.status);
    }
    return hash;
}
