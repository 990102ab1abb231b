// Events: the way in, which every event of every platform takes, and the record of them. The
// body of a request is checked once and walked as spans; nothing of it is parsed into a tree.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/lists.h"
#include "api/problem.h"
#include "api/render.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "hook/intake.h"
#include "hook/profile.h"

#include <stdio.h>
#include <string.h>

enum { DELIVERIES_SHOWN = 100, UID_ROOM = 129, TYPE_ROOM = EVENT_TYPE_MAX + 1 };
enum { ORDER_KEY_ROOM = EVENT_ORDER_KEY_MAX + 1 };

enum { TYPE, PAYLOAD, UID, MODE, DELIVER_AT, ORDER_KEY, MEMBERS };
static const char *const members[MEMBERS] = {
    [TYPE] = "type", [PAYLOAD] = "payload",       [UID] = "id",
    [MODE] = "mode", [DELIVER_AT] = "deliver_at", [ORDER_KEY] = "order_key"};

// A request's body, taken apart.
struct envelope {
    struct json_span parts[MEMBERS]; // kind JSON_NONE: not there
    char type[TYPE_ROOM];
    size_t type_len;
    char uid[UID_ROOM];
    size_t uid_len; // 0: none
    char order_key[ORDER_KEY_ROOM];
    size_t order_key_len; // 0: none
    enum event_mode mode;
    int64_t due_ms; // 0: at once
};

static size_t find_member(const struct json_span *name)
{
    size_t i = 0;

    while (i < MEMBERS && !json_text_equal(name, members[i])) {
        i++;
    }
    return i;
}

static enum error_code refuse_member(const struct json_member *member, struct error *error)
{
    char shown[PROBLEM_SHOWN_MAX + 1];
    size_t len;

    if (!json_text(&member->name, shown, sizeof shown, &len)) {
        memcpy(shown, "a long name", sizeof "a long name");
    }
    return error_at(error, ERR_UNKNOWN_FIELD, shown, "there is no such field");
}

static enum error_code walk(const struct json_span *body, struct envelope *ret,
                            struct error *error)
{
    struct json_walk walk;
    struct json_member member;

    if (body->kind != JSON_MAP) {
        return error_set(error, ERR_INVALID_FIELD, "the body must be a JSON object");
    }
    json_walk_init(&walk, body);
    while (json_next_member(&walk, &member)) {
        size_t which = find_member(&member.name);
        if (which == MEMBERS) {
            return refuse_member(&member, error);
        }
        if (ret->parts[which].kind != JSON_NONE) {
            return error_at(error, ERR_DUPLICATE_KEY, members[which], "stands twice");
        }
        ret->parts[which] = member.value;
    }
    return ERR_OK;
}

static enum error_code read_type(struct envelope *envelope, struct error *error)
{
    const struct json_span *type = &envelope->parts[TYPE];

    if (type->kind != JSON_TEXT ||
        !json_text(type, envelope->type, sizeof envelope->type, &envelope->type_len) ||
        !profile_type_is_formed(envelope->type)) {
        return error_at(error, ERR_INVALID_FIELD, "type",
                        "is required: 1 to 128 letters, digits, '_', '.' or '-'");
    }
    return ERR_OK;
}

static enum error_code read_uid(struct envelope *envelope, struct error *error)
{
    const struct json_span *uid = &envelope->parts[UID];

    if (uid->kind == JSON_NONE || uid->kind == JSON_NULL_VALUE) {
        return ERR_OK;
    }
    if (uid->kind != JSON_TEXT ||
        !json_text(uid, envelope->uid, sizeof envelope->uid, &envelope->uid_len) ||
        envelope->uid_len == 0 || !text_is(envelope->uid, envelope->uid_len, "A-Za-z0-9_-")) {
        return error_at(error, ERR_INVALID_FIELD, "id",
                        "must be 1 to 128 letters, digits, '_' or '-'");
    }
    return ERR_OK;
}

static enum error_code read_order_key(struct envelope *envelope, struct error *error)
{
    const struct json_span *key = &envelope->parts[ORDER_KEY];

    if (key->kind == JSON_NONE || key->kind == JSON_NULL_VALUE) {
        return ERR_OK;
    }
    if (key->kind != JSON_TEXT ||
        !json_text(key, envelope->order_key, sizeof envelope->order_key,
                   &envelope->order_key_len) ||
        envelope->order_key_len == 0 ||
        !text_is(envelope->order_key, envelope->order_key_len, "!-~")) {
        return error_at(error, ERR_INVALID_FIELD, "order_key",
                        "must be 1 to %d printable ASCII characters without a space",
                        (int)EVENT_ORDER_KEY_MAX);
    }
    return ERR_OK;
}

static enum error_code read_mode(struct envelope *envelope, enum event_mode normal,
                                 struct error *error)
{
    const struct json_span *mode = &envelope->parts[MODE];

    envelope->mode = normal;
    if (mode->kind == JSON_NONE || mode->kind == JSON_NULL_VALUE) {
        return ERR_OK;
    }
    bool is_test = mode->kind == JSON_TEXT && json_text_equal(mode, "test");
    if (!is_test && !(mode->kind == JSON_TEXT && json_text_equal(mode, "live"))) {
        return error_at(error, ERR_INVALID_FIELD, "mode", "must be live or test");
    }
    if (!is_test && normal == EVENT_TEST) {
        return error_at(error, ERR_FORBIDDEN_SCOPE, "mode",
                        "a test key cannot publish a live event");
    }
    envelope->mode = is_test ? EVENT_TEST : EVENT_LIVE;
    return ERR_OK;
}

// When the event is to be delivered, told by the clock that waits pass on.
static enum error_code read_deliver_at(struct envelope *envelope, const struct door *door,
                                       struct error *error)
{
    const struct json_span *at = &envelope->parts[DELIVER_AT];
    int64_t now_ms = door_now(door).wall_ms;
    int64_t most_ms = limit(LIMIT_DELIVER_AT_DAYS) * 86400000;
    int64_t wanted_ms;

    envelope->due_ms = 0;
    if (at->kind == JSON_NONE || at->kind == JSON_NULL_VALUE) {
        return ERR_OK;
    }
    if (at->kind != JSON_TEXT || !text_from_time(at->at + 1, at->len - 2, &wanted_ms)) {
        return error_at(error, ERR_INVALID_FIELD, "deliver_at",
                        "must be a time as 2030-01-31T12:00:00Z");
    }
    if (wanted_ms < now_ms || wanted_ms - now_ms > most_ms) {
        return error_at(error, ERR_INVALID_FIELD, "deliver_at",
                        "must be neither past nor more than %d days ahead",
                        (int)limit(LIMIT_DELIVER_AT_DAYS));
    }
    int scale = door->options.time_scale > 1 ? door->options.time_scale : 1;
    envelope->due_ms = now_ms + (wanted_ms - now_ms) / scale;
    return ERR_OK;
}

static enum error_code read_envelope(const struct request *request, struct envelope *ret,
                                     struct error *error)
{
    struct json_span body;
    enum error_code code = json_check(request->body.at, request->body.len, &body, error);

    memset(ret->parts, 0, sizeof ret->parts);
    ret->uid_len = ret->order_key_len = 0;
    if (code == ERR_OK) {
        code = walk(&body, ret, error);
    }
    if (code == ERR_OK) {
        code = read_type(ret, error);
    }
    if (code == ERR_OK) {
        code = read_uid(ret, error);
    }
    if (code == ERR_OK) {
        code = read_order_key(ret, error);
    }
    if (code == ERR_OK) {
        code = read_mode(ret, request->mode, error);
    }
    if (code == ERR_OK) {
        code = read_deliver_at(ret, request->door, error);
    }
    if (code == ERR_OK && ret->parts[PAYLOAD].kind == JSON_NONE) {
        code = error_at(error, ERR_INVALID_FIELD, "payload", "is required");
    }
    return code;
}

static enum error_code plan(struct request *request, struct op *op,
                            const struct event_request *event, struct error *error)
{
    struct door *door = request->door;
    int64_t now_ms = door_now(door).wall_ms;
    int64_t id = minter_next(&door->minter, now_ms);

    op->as.accept.now_ms = now_ms;
    return intake_plan(door_app(request)->card, event, id, now_ms, door->options.cipher,
                       &op->as.accept.accept, error);
}

// The first plan was made with an old card: once more, from the event that came of it.
static enum error_code plan_again(struct request *request, struct op *op, struct error *error)
{
    const struct event *old = request->planned;
    struct event_request event = {.type = old->type,
                                  .type_len = strlen(old->type),
                                  .uid = old->uid,
                                  .uid_len = old->uid != NULL ? strlen(old->uid) : 0,
                                  .order_key = old->order_key,
                                  .order_key_len =
                                      old->order_key != NULL ? strlen(old->order_key) : 0,
                                  .mode = old->mode,
                                  .trigger = TRIGGER_SCHEDULED,
                                  .due_ms = request->due_ms};
    size_t len;
    const char *payload = event_payload(old, &len);
    enum error_code code = json_check(payload, len, &event.payload, error);

    memcpy(op->as.accept.dedupe, request->dedupes, sizeof request->dedupes);
    return code == ERR_OK ? plan(request, op, &event, error) : code;
}

static void note_keys(struct request *request, struct op *op, const struct envelope *envelope)
{
    struct dedupe *dedupe = op->as.accept.dedupe;

    dedupe[0] = request->dedupe;
    if (envelope->uid_len > 0) {
        struct text_span uid = {envelope->uid, envelope->uid_len};
        dedupe[1].kind = DEDUPE_UID;
        door_digest(request->door, &uid, 1, dedupe[1].key);
        door_digest(request->door, &request->body, 1, dedupe[1].body);
    }
}

enum error_code event_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct envelope envelope;

    if (request->planned != NULL) {
        return plan_again(request, op, error);
    }
    enum error_code code = read_envelope(request, &envelope, error);
    if (code != ERR_OK) {
        return code;
    }
    struct event_request event = {.type = envelope.type,
                                  .type_len = envelope.type_len,
                                  .uid = envelope.uid_len > 0 ? envelope.uid : NULL,
                                  .uid_len = envelope.uid_len,
                                  .order_key =
                                      envelope.order_key_len > 0 ? envelope.order_key : NULL,
                                  .order_key_len = envelope.order_key_len,
                                  .mode = envelope.mode,
                                  .trigger = TRIGGER_SCHEDULED,
                                  .payload = envelope.parts[PAYLOAD],
                                  .due_ms = envelope.due_ms};
    request->due_ms = envelope.due_ms;
    note_keys(request, op, &envelope);
    return plan(request, op, &event, error);
}

static void add_delivery(struct buf *body, struct door *door, int64_t event_id, uint16_t n,
                         int64_t webhook_id)
{
    buf_add_str(body, n > 0 ? ",{\"id\":" : "{\"id\":");
    render_add_id(body, door, ID_DELIVERY, event_id, n);
    buf_add_str(body, ",\"webhook\":");
    render_add_id(body, door, ID_WEBHOOK, webhook_id, 0);
    buf_add_char(body, '}');
}

static void add_total(struct buf *body, size_t total)
{
    buf_add_str(body, "],\"deliveries_total\":");
    buf_add_int(body, (int64_t)total);
}

static void add_warnings(struct buf *body, const struct accept *accept)
{
    for (size_t i = 0; i < accept->warning_count; i++) {
        buf_add_str(body, i == 0 ? ",\"warnings\":[{\"pointer\":" : ",{\"pointer\":");
        buf_add_json(body, accept->warnings[i].pointer, strlen(accept->warnings[i].pointer));
        buf_add_str(body, ",\"detail\":");
        buf_add_json(body, accept->warnings[i].text, strlen(accept->warnings[i].text));
        buf_add_char(body, '}');
    }
    if (accept->warning_count > 0) {
        buf_add_char(body, ']');
    }
}

// The first answer once more, made from what is kept of the event.
static void answer_again(struct request *request, const struct op *op,
                         struct response *response)
{
    const struct delivery_row *rows = op->as.event.deliveries;
    const struct event *event = op->as.event.row.event;

    render_event_head(&response->body, request->door, event);
    buf_add_str(&response->body, ",\"deliveries\":[");
    for (size_t i = 0; i < op->as.event.delivery_count; i++) {
        add_delivery(&response->body, request->door, event->id, (uint16_t)i,
                     rows[i].webhook_id);
    }
    add_total(&response->body, (size_t)op->as.event.row.fan);
    buf_add_char(&response->body, '}');
    response_header(response, "Idempotency-Replayed", "true");
}

void event_create_answer(struct request *request, struct op *op, struct response *response)
{
    response->status = 202;
    if (request->is_replay) {
        answer_again(request, op, response);
        return;
    }
    const struct accept *accept = &op->as.accept.accept;
    size_t shown =
        accept->target_count < DELIVERIES_SHOWN ? accept->target_count : DELIVERIES_SHOWN;
    render_event_head(&response->body, request->door, accept->event);
    buf_add_str(&response->body, ",\"deliveries\":[");
    for (size_t n = 0; n < shown; n++) {
        add_delivery(&response->body, request->door, accept->event->id, (uint16_t)n,
                     accept->webhook_ids[n]);
    }
    add_total(&response->body, accept->target_count);
    add_warnings(&response->body, accept);
    buf_add_char(&response->body, '}');
}

// --- the record ---

enum error_code event_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_EVENTS, error);
}

static enum error_code add_event(struct request *request, const struct op *op, size_t at,
                                 struct buf *ret, struct error *error)
{
    (void)error;
    render_event(ret, request->door, &op->as.list.rows.events[at], false);
    return ERR_OK;
}

void event_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_event, response);
}

enum error_code event_get_ask(struct request *request, struct op *op, struct error *error)
{
    (void)error;
    op->as.event.app_id = request->app_id;
    op->as.event.id = request->object_id;
    return ERR_OK;
}

void event_get_answer(struct request *request, struct op *op, struct response *response)
{
    render_event(&response->body, request->door, &op->as.event.row, true);
}
