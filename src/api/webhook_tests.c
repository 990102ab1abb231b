// A test: the event is made like any other, sent to the one webhook at once by this very
// worker, and committed with what came of it, so that the answer to the request is the
// attempt. Nothing is tried again, and a lane never hears of it.

#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/problem.h"
#include "api/render.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/app_card.h"
#include "hook/intake.h"
#include "hook/plan.h"
#include "hook/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BODIES_MAX = 1024 * 1024, RETRY_S = 5, REAL_DIGITS = 15 };
static const int64_t MINUTE_NS = INT64_C(60000000000);

static enum error_code take_member(const struct json_member *member, char type[],
                                   size_t *ret_type_len, struct json_span *ret_payload,
                                   struct error *error)
{
    char shown[PROBLEM_SHOWN_MAX + 1];
    size_t len;

    if (json_text_equal(&member->name, "payload")) {
        if (ret_payload->kind != JSON_NONE) {
            return error_at(error, ERR_DUPLICATE_KEY, "payload", "stands twice");
        }
        *ret_payload = member->value;
        return ERR_OK;
    }
    if (json_text_equal(&member->name, "type")) {
        if (*ret_type_len > 0) {
            return error_at(error, ERR_DUPLICATE_KEY, "type", "stands twice");
        }
        if (member->value.kind == JSON_NULL_VALUE) {
            return ERR_OK;
        }
        return member->value.kind == JSON_TEXT &&
                       json_text(&member->value, type, EVENT_TYPE_MAX + 1, ret_type_len) &&
                       profile_type_is_formed(type)
                   ? ERR_OK
                   : error_at(error, ERR_INVALID_FIELD, "type",
                              "must be 1 to 128 letters, digits, '_', '.' or '-'");
    }
    if (!json_text(&member->name, shown, sizeof shown, &len)) {
        memcpy(shown, "a long name", sizeof "a long name");
    }
    return error_at(error, ERR_UNKNOWN_FIELD, shown, "there is no such field");
}

// Both members may be left out, and so may the body.
static enum error_code read_body(const struct request *request, char type[],
                                 size_t *ret_type_len, struct json_span *ret_payload,
                                 struct error *error)
{
    struct json_span body;
    struct json_walk walk;
    struct json_member member;

    if (request->body.len == 0) {
        return ERR_OK;
    }
    enum error_code code = json_check(request->body.at, request->body.len, &body, error);
    if (code == ERR_OK && body.kind != JSON_MAP) {
        return error_set(error, ERR_INVALID_FIELD, "the body must be a JSON object");
    }
    json_walk_init(&walk, &body);
    while (code == ERR_OK && json_next_member(&walk, &member)) {
        code = take_member(&member, type, ret_type_len, ret_payload, error);
    }
    return code;
}

// The first type that the webhook chose, or else of the catalogue.
static const char *usual_type(const struct request *request)
{
    const struct app_card *card = door_app(request)->card;

    for (size_t i = 0; i < card->webhook_count; i++) {
        if (card->webhooks[i].id == request->object_id && card->webhooks[i].events != NULL &&
            card->webhooks[i].events[0] != NULL) {
            return card->webhooks[i].events[0];
        }
    }
    return request->profile->type_count > 0 ? request->profile->types[0].name : "test";
}

// The example as text, without what the profile itself says of a test. NULL: there is none.
static char *write_example(const struct profile *profile, const struct event_type *type)
{
    json_t *example = type != NULL && type->example != NULL ? json_copy(type->example) : NULL;
    const struct plan *plan = profile->plan;

    for (size_t i = 0; i < plan->edit_count; i++) {
        if ((plan->edits[i].to.vars & 1u << VAR_TRIGGER) != 0) {
            json_object_del(example, plan->edits[i].name);
        }
    }
    char *text = json_dumps(example, JSON_COMPACT | JSON_ENCODE_ANY |
                                         JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(example);
    return text;
}

// The type's example, as the platform would send it.
static enum error_code make_payload(struct request *request, const char *type,
                                    struct json_span *ret, struct error *error)
{
    char *text = write_example(request->profile, profile_type(request->profile, type));
    const char *kept =
        text != NULL ? arena_copy(&request->arena, text, strlen(text)) : "{\"test\":true}";

    free(text);
    return json_check(kept, strlen(kept), ret, error);
}

enum error_code test_ask(struct request *request, struct op *op, struct error *error)
{
    struct door *door = request->door;
    int64_t now_ms = door_now(door).wall_ms;
    char type[EVENT_TYPE_MAX + 1] = "";
    struct event_request event = {.type = type, .mode = EVENT_TEST, .trigger = TRIGGER_TEST};
    enum error_code code = read_body(request, type, &event.type_len, &event.payload, error);

    if (code == ERR_OK && event.type_len == 0) {
        event.type = usual_type(request);
        event.type_len = strlen(event.type);
    }
    if (code == ERR_OK && event.payload.kind == JSON_NONE) {
        code = make_payload(request, event.type, &event.payload, error);
    }
    if (code == ERR_OK) {
        code =
            intake_plan(door_app(request)->card, &event, minter_next(&door->minter, now_ms),
                        now_ms, door->options.cipher, &op->as.record.accept, error);
    }
    if (code == ERR_OK) { // whatever webhooks the type goes to, a test goes to this one
        free(op->as.record.accept.webhook_ids);
        op->as.record.accept.webhook_ids = NEW(int64_t);
        op->as.record.accept.webhook_ids[0] = request->object_id;
        op->as.record.accept.target_count = 1;
    }
    return code;
}

// So many a minute, and so many at once after a while without any. False: not now.
static bool take_one(struct request *request, enum limit most, int64_t who, const char *name)
{
    struct door *door = request->door;
    struct rate rate = {.interval_ns = MINUTE_NS / limit(most), .burst = limit(most)};
    struct taken taken;
    bool may = limit_take(door->options.test_limits, (uint64_t)who, &rate,
                          door_now(door).mono_ms, &taken);

    if (!may || request->tests_of == NULL || taken.left < request->tests.left) {
        request->tests = taken;
        request->tests_of = name;
    }
    if (!may) {
        request->retry_s = taken.wait_s;
    }
    return may;
}

// The webhook's come first, so that one that is tested too often leaves the app's alone.
static enum error_code send_one(struct request *request, struct error *error)
{
    struct door *door = request->door;

    if (!take_one(request, LIMIT_TESTS_PER_WEBHOOK, request->object_id, "webhook-tests")) {
        return error_set(error, ERR_RATE_LIMITED, "this webhook is tested too often");
    }
    if (!take_one(request, LIMIT_TESTS_PER_APP, request->app_id, "app-tests")) {
        return error_set(error, ERR_RATE_LIMITED, "this app's webhooks are tested too often");
    }
    request->wait = WAIT_SENT;
    if (!door->options.send(door->options.owner, request, request->found,
                            request->op->as.record.accept.event)) {
        request->retry_s = RETRY_S;
        return error_set(error, ERR_RATE_LIMITED,
                         "other tests of this app are still under way");
    }
    return ERR_OK;
}

void test_send(struct request *request, struct op *op)
{
    struct error error = {0};

    request->op = op;
    error.code = send_one(request, &error);
    if (error.code != ERR_OK) {
        answer_error(request, &error);
    }
}

void door_on_sent(struct door *door, void *asker, const struct attempt_row *attempt,
                  bool was_received)
{
    struct request *request = asker;
    struct op *op = request->op;

    assert(request->door == door && request->wait == WAIT_SENT);
    request->op = NULL;
    op->as.record.attempt = *attempt;
    op->as.record.attempt.detail = (const unsigned char *)arena_copy(
        &op->arena, (const char *)attempt->detail, attempt->detail_len);
    op->as.record.was_received = was_received;
    op->as.record.now_ms = door_now(door).wall_ms;
    handover(request, op);
}

void test_answer(struct request *request, struct op *op, struct response *response)
{
    const struct event *event = op->as.record.accept.event;
    struct buf *body = &response->body;
    size_t room = BODIES_MAX;

    buf_add_str(body, "{\"event\":");
    render_add_id(body, request->door, ID_EVENT, event->id, 0);
    buf_add_str(body, ",\"delivery\":");
    render_add_id(body, request->door, ID_DELIVERY, event->id, 0);
    buf_add_str(body,
                op->as.record.was_received ? ",\"received\":true," : ",\"received\":false,");
    render_attempt(body, &op->as.record.attempt, event, request->key_app_id == 0, &room);
    buf_add_char(body, '}');
}
