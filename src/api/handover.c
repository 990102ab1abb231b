#include "api/dispatch.h"

#include "api/auditing.h"
#include "api/door_parts.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/seal.h"
#include "store/store.h"

#include <string.h>

enum { REFUSALS_MAX = 16 };

// --- answers that are kept for a repeated Idempotency-Key ---

static struct kept_reply *kept_reply_of(struct op *op)
{
    switch (op->kind) {
    case OP_APP: return &op->as.app.reply;
    case OP_KEY: return &op->as.key.reply;
    case OP_WEBHOOK: return &op->as.webhook.reply;
    case OP_JOB: return &op->as.job.reply;
    case OP_LINK: return &op->as.link.reply;
    default: return NULL;
    }
}

// A sealed answer is bound to the key it answers, so that rows cannot be swapped.
static struct seal_place place_of_reply(const struct request *request)
{
    struct seal_place place = {.table = "reply", .column = "sealed"};

    memcpy(&place.row_id, request->dedupe.key, sizeof place.row_id);
    place.app_id = request->app_id;
    return place;
}

static void keep_answer(const struct request *request, struct op *op)
{
    struct kept_reply *reply = kept_reply_of(op);
    struct seal_place place = place_of_reply(request);
    unsigned char nonce[SEAL_NONCE_LEN];
    struct buf sealed;

    if (reply == NULL || request->dedupe.kind == DEDUPE_NONE) {
        return;
    }
    random_fill(nonce, sizeof nonce);
    buf_init(&sealed, 4 * (request->answer.len + 256));
    seal(request->door->options.keyring, &place, nonce,
         request->answer.data != NULL ? request->answer.data : "", request->answer.len,
         &sealed);
    reply->dedupe = request->dedupe;
    reply->status = request->status;
    reply->sealed = arena_copy(&op->arena, sealed.data, sealed.len);
    buf_done(&sealed);
}

// --- credit: so many writes may be unanswered; past that the clients wait in their sockets
// ---

static size_t weight_of(const struct op *op)
{
    const struct event *event = op->kind == OP_ACCEPT ? op->as.accept.accept.event : NULL;

    return event != NULL ? event->body_len + event->original_len : 0;
}

static bool has_room(const struct door *door)
{
    return door->writes < (size_t)limit(LIMIT_STORE_OPS) &&
           door->write_bytes < (size_t)limit(LIMIT_GROUP_BYTES);
}

static bool has_much_room(const struct door *door)
{
    return door->writes <= (size_t)limit(LIMIT_STORE_OPS) / 2 &&
           door->write_bytes <= (size_t)limit(LIMIT_GROUP_BYTES) / 2;
}

// The store has not made room for so long that waiting clients are told so.
static bool is_stalled(const struct door *door)
{
    return door->is_full &&
           door_now(door).mono_ms - door->full_since_ms > limit(LIMIT_STORE_WAIT_MS);
}

static void pause_or_resume(struct door *door)
{
    if (!door->is_full && !has_room(door)) {
        door->is_full = true;
        door->full_since_ms = door_now(door).mono_ms;
    } else if (door->is_full && has_much_room(door)) {
        door->is_full = false;
    }
    bool shall_pause = door->is_full && !is_stalled(door);
    if (shall_pause != door->is_paused) {
        door->is_paused = shall_pause;
        server_pause_reading(door->server, shall_pause);
    }
}

static void submit_write(struct request *request, struct op *op)
{
    request->wait = WAIT_OP;
    request->door->writes++;
    request->door->write_bytes += weight_of(op);
    store_submit(request->door->options.store, op);
}

static void refuse_crowded(struct request *request)
{
    struct error error = {0};

    error_set(&error, ERR_OVERLOADED, "the store has too much work in hand");
    answer_error(request, &error);
}

void handover(struct request *request, struct op *op)
{
    struct door *door = request->door;

    if (op_is_read(op->kind)) {
        request->wait = WAIT_OP;
        store_submit(door->options.store, op);
        return;
    }
    keep_answer(request, op);
    audit_attach(request, op);
    if (has_room(door) && list_is_empty(&door->crowd)) {
        submit_write(request, op);
    } else if (is_stalled(door)) {
        op_free(op);
        refuse_crowded(request);
    } else {
        request->wait = WAIT_ROOM;
        request->op = op;
        request->since_mono_ms = door_now(door).mono_ms;
        list_remove(&request->link);
        list_add_last(&door->crowd, &request->link);
    }
    pause_or_resume(door);
}

void handover_crowd(struct door *door)
{
    int64_t too_old_ms = door_now(door).mono_ms - limit(LIMIT_STORE_WAIT_MS);

    while (!list_is_empty(&door->crowd)) {
        struct request *request = container_of(door->crowd.next, struct request, link);
        if (!has_room(door) && request->since_mono_ms >= too_old_ms) {
            break;
        }
        list_remove(&request->link);
        list_add_last(&door->requests, &request->link);
        if (has_room(door)) {
            struct op *op = request->op;
            request->op = NULL;
            submit_write(request, op);
        } else {
            refuse_crowded(request);
        }
    }
    pause_or_resume(door);
}

// --- what came of it ---

// An ACCEPT whose key was used before: the first answer is made again from the event.
static void replay_event(struct request *request, int64_t event_id)
{
    struct op *op = op_new(OP_GET_EVENT, request->door->options.worker, request);

    op->as.event.app_id = request->app_id;
    op->as.event.id = event_id;
    request->wait = WAIT_REPLAY;
    store_submit(request->door->options.store, op);
}

// A management op whose key was used before brings the answer that was kept.
static void replay_answer(struct request *request, struct op *op)
{
    const struct kept_reply *reply = kept_reply_of(op);
    struct seal_place place = place_of_reply(request);
    struct error error = {0};
    struct buf body;

    if (reply == NULL || reply->sealed == NULL) {
        answer_result(request, op);
        return;
    }
    buf_init(&body, RESPONSE_BODY_MAX);
    error.code = unseal(request->door->options.keyring, &place, reply->sealed, &body, &error);
    if (error.code == ERR_OK) {
        answer_kept(request, reply->status, body.data != NULL ? body.data : "", body.len);
    } else {
        answer_error(request, &error);
    }
    if (body.data != NULL) {
        memory_wipe(body.data, body.len);
    }
    buf_done(&body);
}

// A row that changed between our read and our write is read again, and If-Match held to what
// it is then.
static void try_again(struct request *request, struct op *op)
{
    bool was_sent = op->kind == OP_RECORD; // and is not sent again

    if (was_sent || ++request->refusals > REFUSALS_MAX) {
        op->result = OP_STALE; // a matter of load
        answer_result(request, op);
        return;
    }
    request->tries = 0;
    if (op->kind == OP_ACCEPT) {
        event_drop(request->planned);
        request->planned = event_hold(op->as.accept.accept.event);
        memcpy(request->dedupes, op->as.accept.dedupe, sizeof request->dedupes);
    }
    op_free(request->found);
    request->found = NULL;
    buf_clear(&request->answer);
    cache_drop(&request->door->apps, map_key(request->app_id));
    dispatch_plan_again(request);
}

void handover_on_op(struct request *request, struct op *op)
{
    struct door *door = request->door;

    if (!op_is_read(op->kind)) {
        door->writes--;
        door->write_bytes -= weight_of(op);
    }
    request->wait = WAIT_NOTHING;
    switch (op->result) {
    case OP_DONE:
        if (op->kind == OP_LIST && (request->route->flags & ROUTE_FIGURES) != 0 &&
            op->as.list.query.kind == LIST_WEBHOOKS) {
            request->found = op;
            lookup_figures(request);
        } else {
            answer_with(request, op);
        }
        op = NULL;
        break;
    case OP_REPLAY:
        if (op->kind == OP_ACCEPT) {
            replay_event(request, op->as.accept.event_id);
        } else {
            replay_answer(request, op);
        }
        break;
    case OP_STALE:
    case OP_CHANGED: try_again(request, op); break;
    default: answer_result(request, op); break;
    }
    op_free(op);
    if (!list_is_empty(&door->crowd) || door->is_full) {
        handover_crowd(door);
    }
}

void handover_on_replay(struct request *request, struct op *op)
{
    if (op->result == OP_DONE) {
        request->is_replay = true;
        answer_with(request, op);
        return;
    }
    if (op->result == OP_NOT_FOUND) {
        op->result = OP_REPLAY; // the event is no longer kept
    }
    answer_result(request, op);
    op_free(op);
}
