#include "api/dispatch.h"

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/json_body.h"
#include "api/key_text.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/style.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "hook/scope.h"

#include <stdlib.h>
#include <string.h>

// One check. ERR_OK: go on, unless the request now waits or has been answered.
typedef enum error_code step_fn(struct request *request, struct error *error);

// What is wrong with the framing comes before all else, but behind a call's being counted.
// These two have their own places.
static enum error_code step_fault(struct request *request, struct error *error)
{
    if (request->fault == NULL || request->fault->code == ERR_TOO_LARGE ||
        request->fault->code == ERR_UNAUTHENTICATED) {
        return ERR_OK;
    }
    *error = *request->fault;
    return error->code;
}

static enum error_code no_such(struct error *error)
{
    return error_set(error, ERR_NOT_FOUND, "%s", answer_no_such);
}

static bool is_uid(struct text_span text)
{
    return text.len <= (size_t)limit(LIMIT_EVENT_UID) &&
           text_is(text.at, text.len, "A-Za-z0-9_.-");
}

// The path names an app by its id, or by the platform's own id for it. A key of one app can
// only mean that one, so its uid is compared and never searched for.
static enum error_code step_app(struct request *request, struct error *error)
{
    struct text_span name = request->names[PATH_APP];
    int64_t id = request->app_id;
    bool is_by_uid = false;

    if (id == 0 &&
        (request->style->is_of_key || (request->route->flags & ROUTE_OF_KEY) != 0)) {
        id = request->key_app_id;
    }

    if (id == 0 && (request->route->flags & ROUTE_OPERATORS) != 0) {
        id = OPERATOR_APP_ID;
    }
    if (id == 0) {
        if (name.at == NULL) {
            return ERR_OK;
        }
        uint16_t n;
        is_by_uid =
            !id_parse(request->door->options.cipher, ID_APP, name.at, name.len, &id, &n);
        if (is_by_uid ? !is_uid(name)
                      : request->key_app_id != 0 && request->key_app_id != id) {
            return no_such(error);
        }
        id = is_by_uid ? request->key_app_id : id;
    }
    struct known_app *known = id != 0 ? lookup_app(request, id) : lookup_app_by_uid(request);
    if (known == NULL) {
        return ERR_OK; // it waits
    }
    if (is_by_uid && (known->uid == NULL || !text_equal(name.at, name.len, known->uid))) {
        return no_such(error);
    }
    request->app_id = known->card->id;
    request->profile = known->card->profile;
    return ERR_OK;
}

static bool parse_object(struct request *request, enum id_kind kind, struct text_span text)
{
    struct id_cipher *cipher = request->door->options.cipher;
    const struct style *style = request->style;

    return kind == ID_WEBHOOK && style->parse_webhook != NULL
               ? style->parse_webhook(cipher, text, &request->object_id)
               : id_parse(cipher, kind, text.at, text.len, &request->object_id,
                          &request->object_n);
}

// An id that is not one of ours names nothing: no look-up is needed to know that.
static enum error_code step_object(struct request *request, struct error *error)
{
    static const struct {
        enum path_name name;
        enum id_kind kind;
    } objects[] = {
        {PATH_KEY, ID_KEY},           {PATH_WEBHOOK, ID_WEBHOOK}, {PATH_EVENT, ID_EVENT},
        {PATH_DELIVERY, ID_DELIVERY}, {PATH_JOB, ID_JOB},         {PATH_SESSION, ID_SESSION},
    };

    for (size_t i = 0; request->object_id == 0 && i < sizeof objects / sizeof *objects; i++) {
        struct text_span text = request->names[objects[i].name];
        if (text.at != NULL && !parse_object(request, objects[i].kind, text)) {
            return no_such(error);
        }
    }
    return ERR_OK;
}

static enum error_code step_read(struct request *request, struct error *error)
{
    (void)error;
    if (request->route->read != OP_KINDS && request->found == NULL) {
        lookup_found(request);
    } else if ((request->route->flags & ROUTE_FIGURES) != 0 && request->found != NULL &&
               request->figures == NULL) {
        lookup_figures(request);
    }
    return ERR_OK;
}

// Sameness is by key × method × path × the header's value, and by the bytes of the body.
static enum error_code step_once(struct request *request, struct error *error)
{
    struct text_span value = request->idempotency;

    if ((request->route->flags & ROUTE_ONCE) == 0 || request->was_asked || value.at == NULL) {
        return ERR_OK;
    }
    if (request->idempotency_count != 1 || value.len == 0 ||
        value.len > (size_t)limit(LIMIT_IDEMPOTENCY_KEY) ||
        !text_is(value.at, value.len, " -~")) {
        return error_at(error, ERR_INVALID_FIELD, "Idempotency-Key:",
                        "an Idempotency-Key has 1 to %d printable ASCII characters",
                        (int)limit(LIMIT_IDEMPOTENCY_KEY));
    }
    struct text_span place[] = {
        {(const char *)&request->key_id, sizeof request->key_id},
        request->method,
        request->path,
        {"", 1},
        value,
    };
    request->dedupe.kind = DEDUPE_HEADER;
    door_digest(request->door, place, sizeof place / sizeof *place, request->dedupe.key);
    door_digest(request->door, &request->body, 1, request->dedupe.body);
    return ERR_OK;
}

static enum error_code step_ask(struct request *request, struct error *error)
{
    const struct route *route = request->route;
    struct op *op = NULL;

    if (route->op != OP_KINDS) {
        op = op_new(route->op, request->door->options.worker, request);
    }
    enum error_code code = route->ask != NULL ? route->ask(request, op, error) : ERR_OK;
    if (code != ERR_OK) {
        op_free(op);
        return code;
    }
    if (request->needs_no_op) {
        op_free(op);
        op = NULL;
    }
    // What came lies in the connection's buffer, which the next request may overwrite before
    // the op is back. An event is planned again from the event: its body is not looked at any
    // more.
    if (route->op == OP_ACCEPT) {
        request->body = (struct text_span){"", 0};
    }
    if (op != NULL) {
        request_keep(request);
    }
    request->was_asked = true;
    if (op != NULL && (route->flags & ROUTE_SENDS) != 0) {
        test_send(request, op);
    } else if (op != NULL) {
        handover(request, op);
    } else {
        answer_with(request, NULL);
    }
    return ERR_OK;
}

enum { AFTER_KEY = 5 };
// The last ends the request, or hands it over.
static step_fn *const steps[] = {
    who_key,     who_window, step_fault,     who_page,  who_scope, step_app,
    step_object, step_read,  json_body_take, step_once, step_ask,
};

static void go(struct request *request, size_t from)
{
    size_t last = sizeof steps / sizeof *steps - 1;
    struct error error = {0};

    request->wait = WAIT_NOTHING;
    if (request->tries++ > DOOR_TRIES_MAX) {
        error.code = error_set(&error, ERR_OVERLOADED, "too much is changing just now");
        answer_error(request, &error);
        return;
    }
    for (size_t i = from; i <= last; i++) {
        error.code = steps[i](request, &error);
        if (error.code != ERR_OK) {
            answer_error(request, &error);
            return;
        }
        if (i < last && request->wait != WAIT_NOTHING) {
            request_keep(request);
            return;
        }
    }
}

void dispatch_again(struct request *request)
{
    go(request, 0);
}

void dispatch_plan_again(struct request *request)
{
    go(request, AFTER_KEY);
}

enum error_code nowhere_ask(struct request *request, struct op *op, struct error *error)
{
    const struct route *route = NULL;
    struct text_span names[PATH_NAMES];

    (void)op;
    return route_find(request->method, request->path, &route, names) == ROUTE_NO_PATH
               ? error_set(error, ERR_NOT_FOUND, "there is nothing at this path")
               : error_set(error, ERR_METHOD_NOT_ALLOWED, "the path has no method %.*s",
                           PROBLEM_SHOWN(request->method.len), request->method.at);
}

void dispatch_begin(struct request *request)
{
    struct error error = {0};
    enum route_match match =
        route_find(request->method, request->path, &request->route, request->names);

    if (request->style->is_windowed) {
        if (match != ROUTE_FOUND) {
            request->route = &route_nowhere; // such a call counts, too
        }
        go(request, 0);
        return;
    }
    error.code = step_fault(request, &error);
    if (error.code == ERR_OK && match != ROUTE_FOUND) {
        error.code = nowhere_ask(request, NULL, &error);
    }
    if (error.code != ERR_OK) {
        answer_error(request, &error);
        return;
    }
    go(request, 0);
}

void dispatch_op(struct request *request, struct op *op)
{
    switch (request->wait) {
    case WAIT_KEY: lookup_on_key(request, op); return;
    case WAIT_SESSION: lookup_on_session(request, op); return;
    case WAIT_WINDOW: lookup_on_window(request, op); return;
    case WAIT_APP: lookup_on_app(request, op); return;
    case WAIT_FOUND: lookup_on_found(request, op); return;
    case WAIT_FIGURES: lookup_on_figures(request, op); return;
    case WAIT_OP: handover_on_op(request, op); return;
    case WAIT_REPLAY: handover_on_replay(request, op); return;
    case WAIT_NOTHING:
    case WAIT_OTHER_REQUEST:
    case WAIT_SENT:
    case WAIT_ROOM: break;
    }
    abort(); // an op came back that its request does not wait for
}
