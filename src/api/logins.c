// Who asks: at the portal, where a link's token is exchanged for a cookie that scripts cannot
// read, and by a key.

#include "api/cookie.h"
#include "api/csrf.h"
#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/key_text.h"
#include "api/render.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#include <string.h>

static const struct field login_fields[] = {{"token", FIELD_TEXT, true, 128}};

// Adds what stands in the answers to POST and to GET. Takes app.
static json_t *describe(struct request *request, const struct session_row *row, json_t *app)
{
    struct door *door = request->door;
    unsigned char dice[CSRF_DICE];
    char token[CSRF_TEXT_LEN + 1];

    random_fill(dice, sizeof dice);
    csrf_make(door->csrf_key, row->id, dice, token);
    return json_pack("{so so so so so sI ss}", "id", render_id(door, ID_SESSION, row->id, 0),
                     "app", app, "scopes", render_scopes(row->scopes), "created_at",
                     render_time(row->created_ms), "expires_at", render_time(row->ends_ms),
                     "idle_s", (json_int_t)(limit(LIMIT_SESSION_IDLE_MS) / 1000),
                     "csrf_token", token);
}

static json_t *own_app(const struct request *request)
{
    if (request->key_app_id == 0) {
        return json_null();
    }
    const struct app_row row = app_row_of(door_app(request));
    return render_app_briefly(request->door, &row);
}

// The link's token is the request's; the answer keeps that of the cookie until it is written.
enum error_code login_ask(struct request *request, struct op *op, struct error *error)
{
    struct door *door = request->door;
    struct session_row *row = &op->as.session.row;
    struct field_value value;
    char token[KEY_SECRET_LEN + 1], address[ADDRESS_TEXT_MAX];
    enum error_code code =
        fields_read(request->json, login_fields, 1, &value, NULL, NULL, error);

    if (code != ERR_OK) {
        return code;
    }
    if (csrf_place(request) == CSRF_OTHER) {
        return error_set(error, ERR_CSRF, "another site's page may not log anybody in");
    }
    size_t len = strlen(value.text);
    if (len != KEY_SECRET_LEN || !text_is(value.text, len, "0-9A-Za-z")) {
        return who_refuse(request, error);
    }
    pepper_hash(door->pepper, value.text, op->as.session.link);
    op->as.session.verb = VERB_CREATE;
    op->as.session.count_max = (int)limit(LIMIT_SESSIONS);
    row->created_ms = door_now(door).wall_ms;
    row->ends_ms = row->created_ms + limit(LIMIT_SESSION_MS);
    row->id = minter_next(&door->minter, row->created_ms);
    address_host(&request->peer, address);
    row->address = arena_copy(&op->arena, address, strlen(address));
    auth_make_token(door->pepper, token, row->hash);
    buf_add(&request->answer, token, sizeof token); // with its NUL
    memory_wipe(token, sizeof token);
    return ERR_OK;
}

void login_answer(struct request *request, struct op *op, struct response *response)
{
    struct door *door = request->door;
    const struct session_row *row = &op->as.session.row;
    char cookie[COOKIE_TEXT_MAX];
    json_t *app = render_app_briefly(door, &op->as.session.app);

    cookie_write(door->options.has_plain_cookie, request->answer.data, cookie);
    response_header(response, "Set-Cookie", "%s", cookie);
    memory_wipe(cookie, sizeof cookie);
    response_json(response, 201, describe(request, row, app));
}

static struct session_row own_session(const struct request *request)
{
    return (struct session_row){.id = request->key_id,
                                .app_id = request->key_app_id,
                                .scopes = request->scopes,
                                .created_ms = request->session_created_ms,
                                .ends_ms = request->session_ends_ms};
}

static enum error_code check_session(const struct request *request, struct error *error)
{
    return request->is_session ? ERR_OK
                               : error_set(error, ERR_NOT_FOUND,
                                           "a key has no session; GET /v1/self says whose "
                                           "it is");
}

enum error_code login_show_ask(struct request *request, struct op *op, struct error *error)
{
    const struct session_row row = own_session(request);
    enum error_code code = check_session(request, error);

    (void)op;
    if (code == ERR_OK) {
        request->status = 200;
        json_write(&request->answer, describe(request, &row, own_app(request)));
    }
    return code;
}

enum error_code logout_ask(struct request *request, struct op *op, struct error *error)
{
    op->as.session.verb = VERB_DELETE;
    op->as.session.row = own_session(request);
    return check_session(request, error);
}

void logout_answer(struct request *request, struct op *op, struct response *response)
{
    char cookie[COOKIE_TEXT_MAX];

    cookie_write(request->door->options.has_plain_cookie, "", cookie);
    response_header(response, "Set-Cookie", "%s", cookie);
    nothing_answer(request, op, response);
}

// --- who asks, by a key or a session ---

// The app is written down here: while the key's row is read it may change, and then it is not
// in hand any more.
enum error_code self_ask(struct request *request, struct op *op, struct error *error)
{
    struct key_parts parts;

    (void)error;
    json_write(&request->answer, own_app(request));
    request->needs_no_op = request->is_session;
    if (!request->is_session && auth_read(request, &parts)) {
        memcpy(op->as.key_by_lookup.lookup, parts.lookup, sizeof parts.lookup);
    }
    return ERR_OK;
}

// Beside its app, and without what GET /v1/session alone shows.
static json_t *own_session_briefly(struct request *request)
{
    const struct session_row row = own_session(request);
    json_t *session = describe(request, &row, json_null());

    json_object_del(session, "app");
    json_object_del(session, "csrf_token");
    return session;
}

void self_answer(struct request *request, struct op *op, struct response *response)
{
    struct door *door = request->door;
    struct buf *body = &response->body;

    buf_add_str(body, "{\"app\":");
    buf_add(body, request->answer.data, request->answer.len);
    buf_add_str(body, ",\"key\":");
    json_write(body, op != NULL ? render_key(door, &op->as.key_by_lookup.row) : json_null());
    buf_add_str(body, ",\"session\":");
    json_write(body, op != NULL ? json_null() : own_session_briefly(request));
    buf_add_char(body, '}');
}
