#include "api/lists.h"

#include "api/cursor.h"
#include "api/door_parts.h"
#include "api/problem.h"
#include "api/query.h"
#include "base/limits.h"
#include "base/text.h"
#include "hook/id.h"

#include <string.h>

enum { PAGE_DEFAULT = 50, NO_SUCH_ID = -1, ACTION_MAX = 64 };

typedef enum error_code filter_fn(struct request *request, struct op *op,
                                  struct text_span value, struct error *error);

static enum error_code set_limit(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    uint64_t rows;

    (void)request;
    if (!text_to_uint(value.at, value.len, (uint64_t)limit(LIMIT_LIST), &rows) || rows == 0) {
        return error_at(error, ERR_INVALID_FIELD, "?limit", "must be 1 to %d",
                        (int)limit(LIMIT_LIST));
    }
    op->as.list.query.limit = (int)rows;
    return ERR_OK;
}

// An id that is not one of ours is one that nothing has: the page is empty, as for the id of
// another app's thing.
static int64_t id_of(struct request *request, enum id_kind kind, struct text_span value)
{
    int64_t id;
    uint16_t n;

    return id_parse(request->door->options.cipher, kind, value.at, value.len, &id, &n)
               ? id
               : NO_SUCH_ID;
}

static enum error_code set_webhook(struct request *request, struct op *op,
                                   struct text_span value, struct error *error)
{
    (void)error;
    op->as.list.query.webhook_id = id_of(request, ID_WEBHOOK, value);
    return ERR_OK;
}

static enum error_code set_event(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    (void)error;
    op->as.list.query.event_id = id_of(request, ID_EVENT, value);
    return ERR_OK;
}

static enum error_code set_state(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    static const struct {
        const char *name;
        int state, due_now;
    } states[] = {
        {"waiting", LIST_STATES_OPEN, 0},
        {"in_flight", LIST_STATES_OPEN, 1},
        {"delivered", DELIVERY_DELIVERED, LIST_ANY},
        {"failed", DELIVERY_FAILED, LIST_ANY},
        {"cancelled", DELIVERY_CANCELLED, LIST_ANY},
    };

    (void)request;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (text_equal(value.at, value.len, states[i].name)) {
            op->as.list.query.state = states[i].state;
            op->as.list.query.due_now = states[i].due_now;
            return ERR_OK;
        }
    }
    return error_at(error, ERR_INVALID_FIELD, "?state",
                    "must be waiting, in_flight, delivered, failed or cancelled");
}

static enum error_code set_type(struct request *request, struct op *op,
                                struct text_span value, struct error *error)
{
    (void)request;
    if (value.len == 0 || value.len > (size_t)limit(LIMIT_EVENT_TYPE)) {
        return error_at(error, ERR_INVALID_FIELD, "?type", "must be an event type");
    }
    op->as.list.query.type = arena_copy(&op->arena, value.at, value.len);
    return ERR_OK;
}

static enum error_code set_mode(struct request *request, struct op *op,
                                struct text_span value, struct error *error)
{
    bool is_test = text_equal(value.at, value.len, "test");

    (void)request;
    if (!is_test && !text_equal(value.at, value.len, "live")) {
        return error_at(error, ERR_INVALID_FIELD, "?mode", "must be live or test");
    }
    op->as.list.query.mode = is_test ? EVENT_TEST : EVENT_LIVE;
    return ERR_OK;
}

static enum error_code set_status(struct request *request, struct op *op,
                                  struct text_span value, struct error *error)
{
    (void)request;
    if (value.len != 3 || value.at[0] < '2' || value.at[0] > '5' ||
        !text_equal_nocase(value.at + 1, 2, "xx")) {
        return error_at(error, ERR_INVALID_FIELD, "?status", "must be 2xx, 3xx, 4xx or 5xx");
    }
    op->as.list.query.status_class = value.at[0] - '0';
    return ERR_OK;
}

static enum error_code set_app(struct request *request, struct op *op, struct text_span value,
                               struct error *error)
{
    (void)error;
    op->as.list.query.app_id = id_of(request, ID_APP, value);
    return ERR_OK;
}

static enum error_code set_action(struct request *request, struct op *op,
                                  struct text_span value, struct error *error)
{
    (void)request;
    if (value.len == 0 || value.len > ACTION_MAX || !text_is(value.at, value.len, "a-z._")) {
        return error_at(error, ERR_INVALID_FIELD, "?action",
                        "must be an action as webhook.update, or webhook. for all of them");
    }
    op->as.list.query.action = arena_copy(&op->arena, value.at, value.len);
    return ERR_OK;
}

// By its id, or, of those that have none, by what they are called.
static enum error_code set_actor(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    struct list_query *query = &op->as.list.query;

    (void)error;
    for (int actor = 0; actor < AUDIT_ACTORS_COUNT; actor++) {
        enum id_kind kind = audit_actor_id((enum audit_actor)actor);
        query->actor = actor;
        query->actor_id = 0;
        if (text_equal(value.at, value.len, audit_actor_text((enum audit_actor)actor))) {
            return ERR_OK;
        }
        query->actor_id = kind != ID_NONE ? id_of(request, kind, value) : NO_SUCH_ID;
        if (query->actor_id != NO_SUCH_ID) {
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static enum error_code set_since(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    (void)request;
    if (!text_from_time(value.at, value.len, &op->as.list.query.since_ms) ||
        op->as.list.query.since_ms <= 0) {
        return error_at(error, ERR_INVALID_FIELD, "?since",
                        "must be a time as 2030-01-31T12:00:00Z");
    }
    return ERR_OK;
}

static enum error_code set_until(struct request *request, struct op *op,
                                 struct text_span value, struct error *error)
{
    (void)request;
    if (!text_from_time(value.at, value.len, &op->as.list.query.until_ms) ||
        op->as.list.query.until_ms <= 0) {
        return error_at(error, ERR_INVALID_FIELD, "?until",
                        "must be a time as 2030-01-31T12:00:00Z");
    }
    return ERR_OK;
}

// The cursor stands last: it is held to the other parameters.
enum { PARAMETERS = 13, CURSOR = PARAMETERS - 1 };
static const struct {
    const char *name;
    unsigned lists; // bits by enum list_kind that have it
    filter_fn *set;
} parameters[PARAMETERS] = {
    {"limit", ~0u, set_limit},
    {"webhook", 1u << LIST_DELIVERIES, set_webhook},
    {"event", 1u << LIST_DELIVERIES, set_event},
    {"state", 1u << LIST_DELIVERIES, set_state},
    {"type", 1u << LIST_DELIVERIES | 1u << LIST_EVENTS, set_type},
    {"mode", 1u << LIST_EVENTS, set_mode},
    {"status", 1u << LIST_DELIVERIES, set_status},
    {"app", 1u << LIST_AUDIT, set_app},
    {"action", 1u << LIST_AUDIT, set_action},
    {"actor", 1u << LIST_AUDIT, set_actor},
    {"since", 1u << LIST_DELIVERIES | 1u << LIST_EVENTS | 1u << LIST_AUDIT, set_since},
    {"until", 1u << LIST_DELIVERIES | 1u << LIST_EVENTS | 1u << LIST_AUDIT, set_until},
    {"cursor", ~0u, NULL},
};

static enum error_code set_parameters(struct request *request, struct op *op,
                                      const struct text_span *values, struct error *error)
{
    enum error_code code = ERR_OK;

    for (size_t i = 0; i < CURSOR && code == ERR_OK; i++) {
        if (values[i].at != NULL) {
            code = parameters[i].set(request, op, values[i], error);
        }
    }
    if (code == ERR_OK && values[CURSOR].at != NULL) {
        code = cursor_parse(request->door->cursor_key, request->door->options.cipher,
                            &op->as.list.query, values[CURSOR].at, values[CURSOR].len, error);
    }
    return code;
}

enum error_code list_ask(struct request *request, struct op *op, enum list_kind kind,
                         struct error *error)
{
    struct list_query *query = &op->as.list.query;
    const char *names[PARAMETERS];
    struct text_span values[PARAMETERS];

    for (size_t i = 0; i < PARAMETERS; i++) { // no name is empty: "" stands for "not here"
        names[i] = (parameters[i].lists & 1u << kind) != 0 ? parameters[i].name : "";
    }
    *query = (struct list_query){.kind = kind,
                                 .app_id = request->app_id,
                                 .limit = PAGE_DEFAULT,
                                 .state = LIST_ANY,
                                 .due_now = LIST_ANY,
                                 .mode = LIST_ANY,
                                 .actor = LIST_ANY,
                                 .now_ms = door_now(request->door).wall_ms};
    enum error_code code =
        query_read(request->query, names, PARAMETERS, &op->arena, values, error);
    return code == ERR_OK ? set_parameters(request, op, values, error) : code;
}

static void add_next_cursor(struct request *request, const struct op *op, struct buf *ret)
{
    char text[CURSOR_TEXT_MAX];

    buf_add_str(ret, "],\"next_cursor\":");
    if (op->as.list.next_id == 0) {
        buf_add_str(ret, "null}");
        return;
    }
    cursor_text(request->door->cursor_key, request->door->options.cipher, &op->as.list.query,
                op->as.list.next_id, op->as.list.next_n, text);
    buf_add_json(ret, text, strlen(text));
    buf_add_char(ret, '}');
}

void list_answer(struct request *request, struct op *op, list_row_fn *row,
                 struct response *response)
{
    struct buf *body = &response->body;
    struct error error = {0};

    buf_add_str(body, "{\"data\":[");
    for (size_t i = 0; i < op->as.list.count; i++) {
        buf_add_str(body, i > 0 ? "," : "");
        error.code = row(request, op, i, body, &error);
        if (error.code != ERR_OK) {
            response_fail(request, response, &error);
            return;
        }
    }
    add_next_cursor(request, op, body);
}
