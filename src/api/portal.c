// The portal: links for an app's people, the sessions that these open, and who it is that
// asks. A link's token stands in the URL's fragment, which browsers keep to themselves; it is
// exchanged for a cookie that scripts cannot read.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/key_text.h"
#include "api/lists.h"
#include "api/render.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/scope.h"

#include <string.h>

enum { SCOPES_FIELD, EXPIRES_IN_S, LINK_FIELDS };
enum { MS_PER_S = 1000, LINK_S_MAX = LIMIT_MOST_LINK_MS / MS_PER_S };

static const struct field link_fields[LINK_FIELDS] = {
    [SCOPES_FIELD] = {"scopes", FIELD_TEXTS, false, 32},
    [EXPIRES_IN_S] = {"expires_in_s", FIELD_WHOLE, false, LINK_S_MAX},
};

// --- links ---

// Absent: all that a merchant's developer needs, which is not to make keys.
static enum error_code read_scopes(const struct field_value *value, uint32_t *ret,
                                   struct error *error)
{
    const uint32_t keys = SCOPE_KEY_CREATE | SCOPE_KEY_READ | SCOPE_KEY_DELETE;

    *ret = value->texts != NULL ? 0 : scope_of_apps() & ~keys;
    for (size_t i = 0; i < json_array_size(value->texts); i++) {
        uint32_t scope;
        const char *text = json_string_value(json_array_get(value->texts, i));
        if (!scope_find(text, &scope) || scope == SCOPE_OPERATOR) {
            return error_at(error, ERR_INVALID_FIELD, "scopes",
                            "%.40s is not a scope that a portal's session can have", text);
        }
        *ret |= scope;
    }
    return ERR_OK;
}

static enum error_code read_life(const struct field_value *value, int64_t *ret_ms,
                                 struct error *error)
{
    const int64_t most_ms = limit(LIMIT_LINK_MS);
    bool is_given = value->is_given && !value->is_null;

    *ret_ms = is_given ? value->whole * MS_PER_S : most_ms;
    if (*ret_ms == 0 || *ret_ms > most_ms) {
        return error_at(error, ERR_INVALID_FIELD, "expires_in_s", "must be 1 to %lld",
                        (long long)(most_ms / MS_PER_S));
    }
    return ERR_OK;
}

static void make_link(struct request *request, struct op *op, int64_t life_ms)
{
    struct door *door = request->door;
    struct link_row *row = &op->as.link.row;
    int64_t now_ms = door_now(door).wall_ms;
    char token[KEY_SECRET_LEN + 1];

    op->as.link.count_max = (int)limit(LIMIT_LINKS);
    row->id = minter_next(&door->minter, now_ms);
    row->app_id = request->app_id;
    row->created_ms = now_ms;
    row->expires_ms = now_ms + life_ms;
    auth_make_token(door->pepper, token, row->hash);
    request->status = 201;
    json_write(
        &request->answer,
        json_pack("{so so so so}", "id", render_id(door, ID_LINK, row->id, 0), "url",
                  json_sprintf("%s/dashboard/#portal=%s", door->options.base_url, token),
                  "scopes", render_scopes(row->scopes), "expires_at",
                  render_time(row->expires_ms)));
    memory_wipe(token, sizeof token);
}

// The URL is never made of the request's Host, which a stranger may write.
enum error_code link_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct field_value values[LINK_FIELDS];
    int64_t life_ms = 0;
    enum error_code code =
        fields_read(request->json, link_fields, LINK_FIELDS, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = read_scopes(&values[SCOPES_FIELD], &op->as.link.row.scopes, error);
    }
    if (code == ERR_OK) {
        code = read_life(&values[EXPIRES_IN_S], &life_ms, error);
    }
    if (code == ERR_OK && request->door->options.base_url == NULL) {
        code = error_set(error, ERR_CONFLICT,
                         "the server does not know the address that people reach it by: "
                         "start it with --public-url");
    }
    if (code == ERR_OK) {
        make_link(request, op, life_ms);
    }
    return code;
}

// --- sessions, as the operator sees them ---

enum error_code session_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_SESSIONS, error);
}

static enum error_code add_session(struct request *request, const struct op *op, size_t at,
                                   struct buf *ret, struct error *error)
{
    (void)error;
    json_write(ret, render_session(request->door, &op->as.list.rows.sessions[at]));
    return ERR_OK;
}

void session_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_session, response);
}

enum error_code session_end_ask(struct request *request, struct op *op, struct error *error)
{
    (void)error;
    op->as.session.verb = VERB_DELETE;
    op->as.session.row.id = request->object_id;
    op->as.session.row.app_id = request->app_id;
    return ERR_OK;
}

// Links that were not yet used go with them.
enum error_code session_end_all_ask(struct request *request, struct op *op,
                                    struct error *error)
{
    (void)error;
    op->as.session.verb = VERB_DELETE;
    op->as.session.row.app_id = request->app_id;
    return ERR_OK;
}
