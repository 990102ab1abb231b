#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Of a uid: whose it was when last seen.
struct known_uid {
    struct cache_item item;
    int64_t id;
};

// --- apps ---

static struct map_key key_of_uid(struct door *door, const char *uid, size_t len)
{
    unsigned char digest[16];
    struct map_key key;

    door_digest(door, &(struct text_span){uid, len}, 1, digest);
    memcpy(&key.high, digest, sizeof key.high);
    memcpy(&key.low, digest + sizeof key.high, sizeof key.low);
    return key;
}

static struct known_app *find_app(struct door *door, int64_t id)
{
    struct cache_item *item = cache_find(&door->apps, map_key(id));

    return item != NULL ? container_of(item, struct known_app, item) : NULL;
}

const struct known_app *door_app(const struct request *request)
{
    const struct known_app *known = find_app(request->door, request->app_id);

    assert(known != NULL);
    return known;
}

// Requests of one app wait for the first one's load, so that a change under load costs one.
struct known_app *lookup_app(struct request *request, int64_t id)
{
    struct door *door = request->door;
    struct known_app *known = find_app(door, id);

    if (known != NULL) {
        return known;
    }
    struct request *leader = map_find(&door->loading, map_key(id));
    if (leader != NULL && leader->changes == door->changes) {
        request->wait = WAIT_OTHER_REQUEST;
        list_remove(&request->link);
        list_add_last(&leader->followers, &request->link);
        return NULL;
    }
    struct op *op = lookup_op(request, OP_APP_CARD, WAIT_APP);
    op->as.app_card.id = id;
    map_put(&door->loading, map_key(id), request);
    store_submit(door->options.store, op);
    return NULL;
}

struct known_app *lookup_app_by_uid(struct request *request)
{
    struct door *door = request->door;
    struct text_span uid = request->names[PATH_APP];
    struct cache_item *hint = cache_find(&door->uids, key_of_uid(door, uid.at, uid.len));
    struct known_app *known =
        hint != NULL ? find_app(door, container_of(hint, struct known_uid, item)->id) : NULL;

    if (known != NULL && known->uid != NULL && text_equal(uid.at, uid.len, known->uid)) {
        return known;
    }
    struct op *op = lookup_op(request, OP_APP_CARD, WAIT_APP);
    op->as.app_card.uid = arena_copy(&op->arena, uid.at, uid.len);
    store_submit(door->options.store, op);
    return NULL;
}

static char *copy_text(const char *text)
{
    return text != NULL ? memory_copy(text, strlen(text)) : NULL;
}

static void note_uid(struct door *door, const char *uid, int64_t id)
{
    struct known_uid *known = NEW(struct known_uid);

    known->id = id;
    cache_put(&door->uids, key_of_uid(door, uid, strlen(uid)), &known->item);
}

static enum error_code note_app(struct door *door, const struct op *op, struct error *error)
{
    const struct app_row *row = &op->as.app_card.row;
    struct app_card *card;
    enum error_code code = app_card_new(door->options.profiles, row, op->as.app_card.webhooks,
                                        op->as.app_card.webhook_count, &card, error);

    if (code != ERR_OK) {
        return code;
    }
    struct known_app *known = NEW(struct known_app);
    known->card = card;
    known->uid = copy_text(row->uid);
    known->alert_email = copy_text(row->alert_email);
    known->created_ms = row->created_ms;
    cache_put(&door->apps, map_key(row->id), &known->item);
    if (known->uid != NULL) {
        note_uid(door, known->uid, row->id);
    }
    return ERR_OK;
}

static void release_followers(struct link *followers)
{
    while (!list_is_empty(followers)) {
        struct request *request = container_of(followers->next, struct request, link);
        list_remove(&request->link);
        list_add_last(&request->door->requests, &request->link);
        dispatch_again(request);
    }
}

void lookup_on_app(struct request *request, struct op *op)
{
    struct door *door = request->door;
    struct error error = {0};
    struct link followers;
    int64_t id = op->as.app_card.id;

    // The followers outlive the request.
    list_init(&followers);
    while (!list_is_empty(&request->followers)) {
        struct link *link = request->followers.next;
        list_remove(link);
        list_add_last(&followers, link);
    }
    if (map_find(&door->loading, map_key(id)) == request) {
        map_remove(&door->loading, map_key(id));
    }
    bool is_found = op->result == OP_DONE && op->as.app_card.row.version >= 0;
    if (op->result == OP_DONE && !is_found) {
        op->result = OP_NOT_FOUND; // it is being erased
    }
    if (!is_found) {
        answer_result(request, op);
    } else if (request->changes == door->changes && note_app(door, op, &error) != ERR_OK) {
        answer_error(request, &error);
    } else {
        dispatch_again(request);
    }
    op_free(op);
    release_followers(&followers);
}

// --- the object that the path names ---

void lookup_found(struct request *request)
{
    struct op *op = lookup_op(request, request->route->read, WAIT_FOUND);

    if (op->kind == OP_GET_APP) {
        op->as.app_card.id = request->app_id;
    } else if (op->kind == OP_GET_WEBHOOK) {
        op->as.hook_card.app_id = request->app_id;
        op->as.hook_card.id = request->object_id;
    } else if (op->kind == OP_GET_JOB) {
        op->as.get_job.app_id = request->app_id;
        op->as.get_job.id = request->object_id;
    } else {
        assert(op->kind == OP_GET_DELIVERY);
        op->as.get_delivery.app_id = request->app_id;
        op->as.get_delivery.event_id = request->object_id;
        op->as.get_delivery.n = request->object_n;
    }
    store_submit(request->door->options.store, op);
}

// By its id's age alone, so that it says nothing about whose it was.
static bool has_expired(const struct request *request)
{
    int64_t kept_ms = limit(LIMIT_RETENTION_DAYS) * 86400 * 1000;

    return kept_ms > 0 &&
           id_wall_ms(request->object_id) < door_now(request->door).wall_ms - kept_ms;
}

void lookup_on_found(struct request *request, struct op *op)
{
    if (op->result == OP_DONE && op->kind == OP_GET_WEBHOOK &&
        op->as.hook_card.row.state == WEBHOOK_DELETED) {
        op->result = OP_NOT_FOUND;
    }
    if (op->result == OP_NOT_FOUND && op->kind == OP_GET_DELIVERY && has_expired(request)) {
        struct error error = {0};
        error_set(&error, ERR_EXPIRED, "deliveries of that age are no longer kept");
        answer_error(request, &error);
        op_free(op);
        return;
    }
    if (op->result != OP_DONE) {
        answer_result(request, op);
        op_free(op);
        return;
    }
    request->found = op;
    dispatch_again(request);
}

void lookup_figures(struct request *request)
{
    const struct op *found = request->found;
    bool is_list = found->kind == OP_LIST;
    size_t count = is_list ? found->as.list.count : 1;
    struct op *op = lookup_op(request, OP_WEBHOOK_STATS, WAIT_FIGURES);
    int64_t *ids = arena_take(&op->arena, (count + 1) * sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        ids[i] = is_list ? found->as.list.rows.webhooks[i].id : found->as.hook_card.row.id;
    }
    op->as.webhook_stats.app_id = request->app_id;
    op->as.webhook_stats.now_ms = door_now(request->door).wall_ms;
    op->as.webhook_stats.webhook_ids = ids;
    op->as.webhook_stats.count = count;
    store_submit(request->door->options.store, op);
}

void lookup_on_figures(struct request *request, struct op *op)
{
    if (op->result != OP_DONE) {
        answer_result(request, op);
        op_free(op);
        return;
    }
    // They are waited for once.
    request->figures = op;
    request->tries = 0;
    if (request->found->kind == OP_LIST) { // the route's op itself: nothing is left to ask
        answer_with(request, NULL);
    } else {
        dispatch_again(request);
    }
}
