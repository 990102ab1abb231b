#include "api/pair_lists.h"

#include "api/door_parts.h"
#include "api/query.h"
#include "base/text.h"

enum { SKIP, TAKE, PAGE, LIMIT, ACTIVE, PARAMETERS };
enum { TAKE_DEFAULT = 10, LIMIT_DEFAULT = 20, ROWS_MAX = 100, FAR = 1000000 };
enum { INCLUDE_EVENTS, EVENTS_LIMIT, EVENT_PARAMETERS };
enum { EVENTS_DEFAULT = 10, EVENTS_MAX = 50 };

// *ret keeps what it holds where the parameter is absent.
static enum error_code read_number(const char *field, struct text_span value, uint64_t least,
                                   uint64_t most, int *ret, struct error *error)
{
    uint64_t number;

    if (value.at == NULL) {
        return ERR_OK;
    }
    if (!text_to_uint(value.at, value.len, most, &number) || number < least) {
        return error_at(error, ERR_INVALID_FIELD, field, "must be %d to %d", (int)least,
                        (int)most);
    }
    *ret = (int)number;
    return ERR_OK;
}

static enum error_code read_flag(const char *field, struct text_span value, bool *ret,
                                 struct error *error)
{
    if (value.at == NULL) {
        return ERR_OK;
    }
    *ret = text_equal(value.at, value.len, "true");
    if (!*ret && !text_equal(value.at, value.len, "false")) {
        return error_at(error, ERR_INVALID_FIELD, field, "must be true or false");
    }
    return ERR_OK;
}

static void ask_for(struct request *request, struct op *op, enum list_kind kind, int rows)
{
    op->as.list.query = (struct list_query){.kind = kind,
                                            .app_id = request->app_id,
                                            .limit = rows,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY,
                                            .now_ms = door_now(request->door).wall_ms};
}

static enum error_code read_pages(struct request *request, struct op *op,
                                  const struct text_span *values, struct error *error)
{
    int page = 1, rows = LIMIT_DEFAULT;
    bool is_active = false;
    enum error_code code = read_number("?page", values[PAGE], 1, FAR, &page, error);

    if (code == ERR_OK) {
        code = read_number("?limit", values[LIMIT], 1, ROWS_MAX, &rows, error);
    }
    if (code == ERR_OK) {
        code = read_flag("?active", values[ACTIVE], &is_active, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    ask_for(request, op, LIST_WEBHOOKS, rows);
    op->as.list.query.skip = (page - 1) * rows;
    op->as.list.query.counts = true;
    if (values[ACTIVE].at != NULL) {
        op->as.list.query.state = is_active ? WEBHOOK_ENABLED : WEBHOOK_DISABLED;
    }
    return ERR_OK;
}

enum error_code pair_read_page(struct request *request, struct op *op, struct error *error)
{
    static const char *const names[PARAMETERS] = {"skip", "take", "page", "limit", "active"};
    struct text_span values[PARAMETERS];
    int skip = 0, take = TAKE_DEFAULT;
    enum error_code code =
        query_read_some(request->query, names, PARAMETERS, &op->arena, values, error);

    if (code != ERR_OK) {
        return code;
    }
    if (values[PAGE].at != NULL || values[LIMIT].at != NULL || values[ACTIVE].at != NULL) {
        return read_pages(request, op, values, error);
    }
    code = read_number("?skip", values[SKIP], 0, FAR, &skip, error);
    if (code == ERR_OK) {
        code = read_number("?take", values[TAKE], 1, ROWS_MAX, &take, error);
    }
    if (code == ERR_OK) {
        ask_for(request, op, LIST_WEBHOOKS, take);
        op->as.list.query.skip = skip;
    }
    return code;
}

enum error_code pair_read_events(struct request *request, struct op *op, struct error *error)
{
    static const char *const names[EVENT_PARAMETERS] = {"include_events", "events_limit"};
    struct text_span values[EVENT_PARAMETERS];
    bool includes = false;
    int rows = EVENTS_DEFAULT;
    enum error_code code =
        query_read_some(request->query, names, EVENT_PARAMETERS, &op->arena, values, error);

    if (code == ERR_OK) {
        code = read_flag("?include_events", values[INCLUDE_EVENTS], &includes, error);
    }
    if (code == ERR_OK) {
        code =
            read_number("?events_limit", values[EVENTS_LIMIT], 1, EVENTS_MAX, &rows, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    request->needs_no_op = !includes;
    ask_for(request, op, LIST_DELIVERIES, rows);
    op->as.list.query.webhook_id = request->object_id;
    return ERR_OK;
}
