// Keys of an app. One is shown whole once, in the answer that made it.

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

enum { NAME, SCOPES_FIELD, MODE, EXPIRES_AT, FIELDS };

static const struct field fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, 400},
    [SCOPES_FIELD] = {"scopes", FIELD_TEXTS, false, 32},
    [MODE] = {"mode", FIELD_TEXT, false, 8},
    [EXPIRES_AT] = {"expires_at", FIELD_TIME, false, 0},
};

// All that a key of an app may have.
static uint32_t all_scopes(void)
{
    uint32_t all = 0;

    for (unsigned bit = 1; bit < 32; bit++) {
        uint32_t scope = UINT32_C(1) << bit;
        all |= scope_text((enum scope)scope) != NULL ? scope : 0;
    }
    return all;
}

// Absent: all that the maker may itself.
static enum error_code read_scopes(const struct request *request,
                                   const struct field_value *value, uint32_t *ret,
                                   struct error *error)
{
    bool is_operator = (request->scopes & SCOPE_OPERATOR) != 0;

    *ret = value->texts != NULL ? 0 : is_operator ? all_scopes() : request->scopes;
    for (size_t i = 0; i < json_array_size(value->texts); i++) {
        uint32_t scope;
        const char *text = json_string_value(json_array_get(value->texts, i));
        if (!scope_find(text, &scope) || scope == SCOPE_OPERATOR) {
            return error_at(error, ERR_INVALID_FIELD, "scopes",
                            "%.40s is not a scope that a key of an app can have", text);
        }
        if (!scope_allows(request->scopes, scope)) {
            return error_at(error, ERR_FORBIDDEN_SCOPE, "scopes",
                            "the key lacks the scope %s, so it cannot give it", text);
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
    int form = (int)request->profile->key_form;

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

enum error_code key_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct door *door = request->door;
    struct key_row *row = &op->as.key.row;
    int64_t now_ms = door_now(door).wall_ms;
    struct field_value values[FIELDS];
    enum error_code code =
        fields_read(request->json, fields, FIELDS, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = read_scopes(request, &values[SCOPES_FIELD], &row->scopes, error);
    }
    if (code == ERR_OK) {
        code = read_mode(request, &values[MODE], &row->mode, error);
    }
    if (code == ERR_OK && values[EXPIRES_AT].whole != 0 &&
        values[EXPIRES_AT].whole <= now_ms) {
        code = error_at(error, ERR_INVALID_FIELD, "expires_at", "must be in the future");
    }
    if (code != ERR_OK) {
        return code;
    }
    op->as.key.verb = VERB_CREATE;
    op->as.key.count_max = (int)limit(LIMIT_KEYS);
    row->id = minter_next(&door->minter, now_ms);
    row->app_id = request->app_id;
    row->name = input_copy(&op->arena, values[NAME].text);
    row->created_ms = now_ms;
    row->expires_ms = values[EXPIRES_AT].whole;
    make_key(request, op);
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
