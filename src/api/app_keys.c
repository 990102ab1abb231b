// Keys of an app, and the operator's own. One is shown whole once, in the answer that made
// it, and none can make one that may do more than itself.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/key_text.h"
#include "api/lists.h"
#include "api/render.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/profile.h"
#include "hook/scope.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME, SCOPES_FIELD, MODE, EXPIRES_AT, RATE, BURST, FIELDS };
enum { RATE_MAX = 1000000, BURST_MAX = 10000000 };

static const struct field fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, 400},
    [SCOPES_FIELD] = {"scopes", FIELD_TEXTS, false, 32},
    [MODE] = {"mode", FIELD_TEXT, false, 8},
    [EXPIRES_AT] = {"expires_at", FIELD_TIME, false, 0},
    [RATE] = {"rate_per_s", FIELD_WHOLE, false, RATE_MAX},
    [BURST] = {"burst", FIELD_WHOLE, false, BURST_MAX},
};

enum { OPERATOR_NAME, OPERATOR_EXPIRES_AT, OPERATOR_FIELDS };

static const struct field operator_fields[OPERATOR_FIELDS] = {
    [OPERATOR_NAME] = {"name", FIELD_TEXT, true, 400},
    [OPERATOR_EXPIRES_AT] = {"expires_at", FIELD_TIME, false, 0},
};

// Absent: all that the maker may itself.
static enum error_code read_scopes(const struct request *request,
                                   const struct field_value *value, uint32_t *ret,
                                   struct error *error)
{
    bool is_operator = (request->scopes & SCOPE_OPERATOR) != 0;

    *ret = value->texts != NULL ? 0 : is_operator ? scope_of_apps() : request->scopes;
    for (size_t i = 0; i < json_array_size(value->texts); i++) {
        uint32_t scope;
        const char *text = json_string_value(json_array_get(value->texts, i));
        if (!scope_find(text, &scope) || scope == SCOPE_OPERATOR) {
            return error_at(error, ERR_INVALID_FIELD, "scopes",
                            "%.40s is not a scope that a key of an app can have", text);
        }
        if (!scope_allows(request->scopes, scope)) {
            return error_at(error, ERR_FORBIDDEN_SCOPE, "scopes",
                            "the %s lacks the scope %s, so it cannot give it",
                            request_asker(request), text);
        }
        *ret |= scope;
    }
    return ERR_OK;
}

static enum error_code read_mode(const struct request *request,
                                 const struct field_value *value, enum event_mode *ret,
                                 struct error *error)
{
    *ret = request->mode;
    if (value->text == NULL) {
        return ERR_OK;
    }
    bool is_test = strcmp(value->text, "test") == 0;
    if (!is_test && strcmp(value->text, "live") != 0) {
        return error_at(error, ERR_INVALID_FIELD, "mode", "must be live or test");
    }
    if (!is_test && request->mode == EVENT_TEST) {
        return error_at(error, ERR_FORBIDDEN_SCOPE, "mode",
                        "a test key cannot make a live one");
    }
    *ret = is_test ? EVENT_TEST : EVENT_LIVE;
    return ERR_OK;
}

// A key that ends cannot make one that outlives it. Absent: as long as the maker.
static enum error_code read_expiry(const struct request *request,
                                   const struct field_value *value, int64_t *ret,
                                   struct error *error)
{
    bool ends = request->key_expires_ms != 0;

    *ret = value->whole;
    if (value->whole != 0 && value->whole <= door_now(request->door).wall_ms) {
        return error_at(error, ERR_INVALID_FIELD, "expires_at", "must be in the future");
    }
    if (*ret == 0) {
        *ret = request->key_expires_ms;
    }
    if (ends && *ret > request->key_expires_ms) {
        return error_at(error, ERR_FORBIDDEN_SCOPE, "expires_at",
                        "the key ends before that, so it cannot make one that does not");
    }
    return ERR_OK;
}

// One number of the limit; absent: as the maker's, or the default where the maker has none
// because it is the operator's.
static enum error_code read_number(const struct request *request, const char *name,
                                   const struct field_value *value, int makers, int standard,
                                   int *ret, struct error *error)
{
    bool is_operator = (request->scopes & SCOPE_OPERATOR) != 0;
    bool is_given = value->is_given && !value->is_null;

    *ret = is_given ? (int)value->whole : is_operator ? standard : makers;
    if (!is_operator && makers != 0 && (*ret == 0 || *ret > makers)) {
        return error_at(error, ERR_FORBIDDEN_SCOPE, name,
                        "the %s's own is %d, so it cannot give more", request_asker(request),
                        makers);
    }
    return ERR_OK;
}

// 0 in either: no limit at all.
static enum error_code read_rate(const struct request *request,
                                 const struct field_value *values, struct key_row *row,
                                 struct error *error)
{
    enum error_code code =
        read_number(request, "rate_per_s", &values[RATE], request->key_rate_per_s, AUTH_RATE,
                    &row->rate_per_s, error);

    if (code == ERR_OK) {
        code = read_number(request, "burst", &values[BURST], request->key_burst, AUTH_BURST,
                           &row->burst, error);
    }
    if (row->rate_per_s == 0 || row->burst == 0) {
        row->rate_per_s = row->burst = 0;
    }
    return code;
}

// How a platform's keys begin, and whether one is shown in two halves.
static const struct {
    const char *live, *test;
    char separator;
    bool is_pair;
} forms[] = {
    [KEY_FORM_NATIVE] = {"ph_live_", "ph_test_", '_', false},
    [KEY_FORM_PAIR] = {"ck_live_", "ck_test_", '.', true},
    [KEY_FORM_SK] = {"sk_live_", "sk_test_", '_', false},
};

// Spells the key, fills what the row keeps of it, and shows it in the answer.
static void make_key(struct request *request, struct op *op)
{
    struct key_row *row = &op->as.key.row;
    unsigned char dice[KEY_DICE];
    char text[KEY_TEXT_MAX];
    struct key_parts parts;
    const struct profile *profile = request->profile; // NULL: it is the operator's
    int form = (int)(profile != NULL ? profile->key_form : KEY_FORM_NATIVE);

    random_fill(dice, sizeof dice);
    size_t len = key_text_make(row->mode == EVENT_TEST ? forms[form].test : forms[form].live,
                               forms[form].separator, dice, text, &parts);
    pepper_hash(request->door->pepper, parts.secret, row->hash);
    row->lookup = arena_copy(&op->arena, parts.lookup, KEY_LOOKUP_LEN);
    row->hint =
        arena_copy(&op->arena, parts.secret + KEY_SECRET_LEN - KEY_HINT_LEN, KEY_HINT_LEN);

    json_t *answer = render_key(request->door, row);
    if (forms[form].is_pair) {
        size_t half = (size_t)(parts.secret - text) - 1;
        json_object_set_new(answer, "client_key", json_stringn(text, half));
        json_object_set_new(answer, "client_secret",
                            json_stringn(parts.secret, len - half - 1));
    } else {
        json_object_set_new(answer, "key", json_stringn(text, len));
    }
    request->status = 201;
    json_write(&request->answer, answer);
    memory_wipe(dice, sizeof dice);
    memory_wipe(text, sizeof text);
}

static void create_key(struct request *request, const char *name, struct op *op)
{
    struct door *door = request->door;
    struct key_row *row = &op->as.key.row;
    int64_t now_ms = door_now(door).wall_ms;

    op->as.key.verb = VERB_CREATE;
    op->as.key.count_max = (int)limit(LIMIT_KEYS);
    row->id = minter_next(&door->minter, now_ms);
    row->app_id = request->app_id;
    row->name = input_copy(&op->arena, name);
    row->created_ms = now_ms;
    make_key(request, op);
}

enum error_code key_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct key_row *row = &op->as.key.row;
    struct field_value values[FIELDS];
    enum error_code code =
        fields_read(request->json, fields, FIELDS, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = read_scopes(request, &values[SCOPES_FIELD], &row->scopes, error);
    }
    if (code == ERR_OK) {
        code = read_mode(request, &values[MODE], &row->mode, error);
    }
    if (code == ERR_OK) {
        code = read_expiry(request, &values[EXPIRES_AT], &row->expires_ms, error);
    }
    if (code == ERR_OK) {
        code = read_rate(request, values, row, error);
    }
    if (code == ERR_OK) {
        create_key(request, values[NAME].text, op);
    }
    return code;
}

// It may do everything, has no limit, and is live.
enum error_code operator_key_create_ask(struct request *request, struct op *op,
                                        struct error *error)
{
    struct key_row *row = &op->as.key.row;
    struct field_value values[OPERATOR_FIELDS];
    enum error_code code = fields_read(request->json, operator_fields, OPERATOR_FIELDS,
                                       values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = read_expiry(request, &values[OPERATOR_EXPIRES_AT], &row->expires_ms, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    row->scopes = SCOPE_OPERATOR;
    row->mode = EVENT_LIVE;
    create_key(request, values[OPERATOR_NAME].text, op);
    return ERR_OK;
}

enum error_code key_delete_ask(struct request *request, struct op *op, struct error *error)
{
    if (request->object_id == request->key_id) {
        return error_set(error, ERR_CONFLICT, "a key cannot delete itself");
    }
    op->as.key.verb = VERB_DELETE;
    op->as.key.row.id = request->object_id;
    op->as.key.row.app_id = request->app_id;
    op->as.key.row.revoked_ms = door_now(request->door).wall_ms;
    return ERR_OK;
}

enum error_code key_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_KEYS, error);
}

static enum error_code add_key(struct request *request, const struct op *op, size_t at,
                               struct buf *ret, struct error *error)
{
    (void)error;
    json_write(ret, render_key(request->door, &op->as.list.rows.keys[at]));
    return ERR_OK;
}

void key_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_key, response);
}
