#include "api/auditing.h"

#include "api/auth.h"
#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/text.h"
#include "hook/audit.h"
#include "store/store.h"
#include "thread/limit.h"

#include <string.h>

enum { DETAIL_MAX = 300, MEMBER_MAX = 32, HOUR_S = 3600, LEFT_OUT_EVERY_MS = 60000 };
static const int64_t NS_PER_S = INT64_C(1000000000);

// Names alone, and none that could be anything else.
static void add_member(struct buf *detail, const char *name)
{
    size_t len = strlen(name);

    if (len > MEMBER_MAX || !text_is(name, len, "A-Za-z0-9_") ||
        detail->len + len + 1 > DETAIL_MAX) {
        return;
    }
    buf_add_str(detail, detail->len > 0 ? "," : "");
    buf_add(detail, name, len);
}

static const char *members_of(const struct request *request, struct arena *arena)
{
    const char *name, *detail = NULL;
    json_t *value;
    struct buf text;

    buf_init(&text, DETAIL_MAX);
    json_object_foreach(request->json, name, value)
    {
        add_member(&text, name);
    }
    if (text.len > 0) {
        detail = arena_copy(arena, text.data, text.len);
    }
    buf_done(&text);
    return detail;
}

static enum audit_actor actor_of(const struct request *request)
{
    if (request->key_id == 0) {
        return AUDIT_STRANGER;
    }
    return request->is_session ? AUDIT_SESSION : AUDIT_KEY;
}

struct audit_row *audit_new(const struct request *request, struct op *op, const char *action)
{
    struct audit_row *row = arena_take(&op->arena, sizeof *row);
    char address[ADDRESS_TEXT_MAX];

    address_host(&request->peer, address);
    *row = (struct audit_row){
        .actor = actor_of(request),
        .actor_id = request->key_id,
        .mode = (int)request->mode,
        .address = arena_copy(&op->arena, address, strlen(address)),
        .app_id = request->app_id,
        .action = action,
        .object_id = request->object_id,
        .object_n = request->object_n,
        .result = "done",
    };
    for (size_t i = 0; i < PATH_NAMES; i++) {
        if (request->names[i].at != NULL && path_name_kind((enum path_name)i) != ID_NONE) {
            row->kind = path_name_kind((enum path_name)i); // the last one is the object
        }
    }
    op->audit = row;
    return row;
}

// Who logs in is the session that begins; the store knows whose it is (op_fill_audit()).
static void name_session(const struct op *op, struct audit_row *row)
{
    row->kind = ID_SESSION;
    row->object_id = op->as.session.row.id; // 0: all of the app's
    if (op->as.session.verb == VERB_CREATE) {
        row->actor = AUDIT_SESSION;
        row->actor_id = row->object_id;
    }
}

// What is made has its id from ask().
static void name_object(const struct op *op, struct audit_row *row)
{
    switch (op->kind) {
    case OP_APP:
        row->kind = ID_APP;
        row->object_id = row->app_id = op->as.app.row.id;
        break;
    case OP_KEY:
        row->kind = ID_KEY;
        row->object_id = op->as.key.row.id;
        break;
    case OP_WEBHOOK:
        row->kind = ID_WEBHOOK;
        row->object_id = op->as.webhook.row.id;
        break;
    case OP_JOB:
        row->kind = ID_JOB;
        row->object_id = op->as.job.row.id;
        break;
    case OP_LINK:
        row->kind = ID_LINK;
        row->object_id = op->as.link.row.id;
        break;
    case OP_SESSION: name_session(op, row); break;
    default: break;
    }
}

void audit_attach(const struct request *request, struct op *op)
{
    struct text_span type = request->names[PATH_TYPE];

    if (request->route->action == NULL) {
        return;
    }
    struct audit_row *row = audit_new(request, op, request->route->action);
    name_object(op, row);
    row->name = type.at != NULL ? arena_copy(&op->arena, type.at, type.len) : NULL;
    row->detail = members_of(request, &op->arena);
}

// --- refusals ---

static int take_left_out(struct door *door)
{
    int left_out = door->left_out;

    door->left_out = 0;
    door->left_out_ms = door_now(door).mono_ms;
    return left_out;
}

static bool has_allowance(struct door *door, uint64_t who, int64_t an_hour)
{
    struct rate rate = {.interval_ns = HOUR_S * NS_PER_S / an_hour, .burst = an_hour};
    struct taken taken;

    if (limit_take(door->options.audit_limits, who, &rate, door_now(door).mono_ms, &taken)) {
        return true;
    }
    door->left_out++;
    return false;
}

// Nobody waits for it: door_on_op() frees what has no asker.
static void submit(struct door *door, struct op *op)
{
    op->audit->left_out = take_left_out(door);
    store_submit(door->options.store, op);
}

static struct op *refusal_of(const struct request *request, const struct error *error)
{
    struct op *op = op_new(OP_AUDIT, request->door->options.worker, NULL);
    struct audit_row *row = audit_new(request, op, "access.refused");
    const struct route *route = request->route;

    row->detail = route == &route_nowhere
                      ? "an unknown path"
                      : arena_format(&op->arena, "%s %s", route->method, route->pattern);
    row->result = error_slug(error->code);
    return op;
}

// The key that was shown: by its id, or by its public part where nobody has it.
static void name_key(const struct request *request, const struct key_parts *parts,
                     struct op *op)
{
    const struct known_key *known = lookup_cached_key(request->door, parts->lookup);
    struct audit_row *row = op->audit;

    row->kind = ID_KEY;
    row->object_id = known != NULL ? known->id : 0;
    row->app_id = known != NULL ? known->app_id : 0;
    row->name = arena_copy(&op->arena, parts->lookup, strlen(parts->lookup));
}

// A login, or a session that has ended: what was shown has no part that is public.
static bool is_about_session(const struct request *request)
{
    struct text_span token;

    return request->route->op == OP_SESSION || auth_read_session(request, &token);
}

// Who is known may not do that; who is not has at least shown what could be a key.
void audit_refusal(struct request *request, const struct error *error)
{
    bool is_known = error->code == ERR_FORBIDDEN_SCOPE || error->code == ERR_CSRF;
    int64_t most =
        limit(request->key_id != 0 ? LIMIT_AUDIT_FORBIDDEN : LIMIT_AUDIT_STRANGERS);
    struct key_parts parts;

    if (!is_known && error->code != ERR_UNAUTHENTICATED) {
        return;
    }
    bool is_key = !is_known && auth_read(request, &parts);
    if (!is_known && !is_key && !is_about_session(request)) {
        return;
    }
    if (!has_allowance(request->door, (uint64_t)request->key_id, most)) {
        return;
    }
    struct op *op = refusal_of(request, error);
    if (is_key) {
        name_key(request, &parts, op);
    }
    submit(request->door, op);
}

void audit_left_out(struct door *door)
{
    if (door->left_out == 0 ||
        door_now(door).mono_ms - door->left_out_ms < LEFT_OUT_EVERY_MS) {
        return;
    }
    struct op *op = op_new(OP_AUDIT, door->options.worker, NULL);
    op->audit = arena_take(&op->arena, sizeof *op->audit);
    *op->audit = (struct audit_row){
        .actor = AUDIT_SERVER, .action = "access.left_out", .result = "done"};
    submit(door, op);
}
