// Tenants of the platform.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/lists.h"
#include "api/problem.h"
#include "api/render.h"
#include "base/limits.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "hook/profile.h"

#include <string.h>

enum { NAME, UID, ALERT_EMAIL, STRICT, PROFILE, FIELDS };

static const struct field create_fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, 400},
    [UID] = {"uid", FIELD_TEXT, false, 128},
    [ALERT_EMAIL] = {"alert_email", FIELD_TEXT, false, 254},
    [STRICT] = {"strict", FIELD_FLAG, false, 0},
    [PROFILE] = {"profile", FIELD_TEXT, true, 64},
};

// An app keeps its profile: the bodies of its events are made by it.
static const struct field update_fields[PROFILE] = {
    [NAME] = {"name", FIELD_TEXT, false, 400},
    [UID] = {"uid", FIELD_TEXT, false, 128},
    [ALERT_EMAIL] = {"alert_email", FIELD_TEXT, false, 254},
    [STRICT] = {"strict", FIELD_FLAG, false, 0},
};

// A uid stands in paths, where an id of ours may stand too.
static enum error_code check_uid(const char *uid, struct error *error)
{
    static const char ours[] = "app_";
    size_t len = strlen(uid);

    if (!text_is(uid, len, "A-Za-z0-9_.-") || strncmp(uid, ours, sizeof ours - 1) == 0 ||
        strcmp(uid, ".") == 0 || strcmp(uid, "..") == 0) {
        return error_at(error, ERR_INVALID_FIELD, "uid",
                        "may have letters, digits, '_', '.' and '-', and not begin as app_");
    }
    return ERR_OK;
}

static enum error_code check_values(const struct field_value *values, struct error *error)
{
    enum error_code code = ERR_OK;

    if (values[UID].text != NULL) {
        code = check_uid(values[UID].text, error);
    }
    if (code == ERR_OK && values[ALERT_EMAIL].text != NULL) {
        code = input_email("alert_email", values[ALERT_EMAIL].text, error);
    }
    return code;
}

static void prepare_answer(struct request *request, int status, const struct app_row *row)
{
    request->status = status;
    json_write(&request->answer, render_app(request->door, row));
}

enum error_code app_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct door *door = request->door;
    struct field_value values[FIELDS];
    enum error_code code =
        fields_read(request->json, create_fields, FIELDS, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = check_values(values, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    if (profile_set_find(door->options.profiles, values[PROFILE].text) == NULL) {
        return error_at(error, ERR_INVALID_FIELD, "profile", "there is no profile %.64s",
                        values[PROFILE].text);
    }
    int64_t now_ms = door_now(door).wall_ms;
    op->as.app.verb = VERB_CREATE;
    op->as.app.if_version = -1;
    op->as.app.row = (struct app_row){
        .id = minter_next(&door->minter, now_ms),
        .uid = input_copy(&op->arena, values[UID].text),
        .name = input_copy(&op->arena, values[NAME].text),
        .profile = input_copy(&op->arena, values[PROFILE].text),
        .alert_email = input_copy(&op->arena, values[ALERT_EMAIL].text),
        .is_strict = values[STRICT].flag,
        .created_ms = now_ms,
    };
    prepare_answer(request, 201, &op->as.app.row);
    return ERR_OK;
}

struct app_row app_row_of(const struct known_app *app)
{
    return (struct app_row){.id = app->card->id,
                            .uid = app->uid,
                            .name = app->card->name,
                            .profile = app->card->profile->name,
                            .alert_email = app->alert_email,
                            .is_strict = app->card->is_strict,
                            .version = app->card->version,
                            .created_ms = app->created_ms};
}

static const char *changed(const struct field_value *value, const char *old)
{
    return value->is_given ? value->text : old;
}

// An app's tag is of what is shown of it. Its version also counts its webhooks and keys,
// which are no reason to refuse a change.
enum { TAG_LEN = 18 };
static void tag_of(struct request *request, const struct app_row *row, char ret[TAG_LEN + 1])
{
    unsigned char digest[16];
    struct buf text;

    buf_init(&text, RESPONSE_BODY_MAX);
    json_write(&text, render_app(request->door, row));
    door_digest(request->door, &(struct text_span){text.data, text.len}, 1, digest);
    buf_done(&text);
    text_hex(ret + 1, digest, (TAG_LEN - 2) / 2);
    ret[0] = ret[TAG_LEN - 1] = '"';
    ret[TAG_LEN] = '\0';
}

static enum error_code check_if_match(struct request *request, struct error *error)
{
    struct app_row row = app_row_of(door_app(request));
    char tag[TAG_LEN + 1];

    tag_of(request, &row, tag);
    return input_if_match(request, tag, error);
}

enum error_code app_update_ask(struct request *request, struct op *op, struct error *error)
{
    struct app_row row = app_row_of(door_app(request));
    struct field_value values[PROFILE];
    enum error_code code =
        fields_read(request->json, update_fields, PROFILE, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = check_values(values, error);
    }
    if (code == ERR_OK && request->app_id == OPERATOR_APP_ID) {
        code = error_set(error, ERR_CONFLICT, "the operator's own app stays as it is");
    }
    if (code == ERR_OK && values[NAME].is_null) {
        code = error_at(error, ERR_INVALID_FIELD, "name", "must not be null");
    }
    if (code == ERR_OK) {
        code = check_if_match(request, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    op->as.app.if_version = row.version;
    row.name = input_copy(&op->arena, changed(&values[NAME], row.name));
    row.uid = input_copy(&op->arena, changed(&values[UID], row.uid));
    row.alert_email = input_copy(&op->arena, changed(&values[ALERT_EMAIL], row.alert_email));
    row.profile = input_copy(&op->arena, row.profile);
    row.is_strict = values[STRICT].is_given ? values[STRICT].flag : row.is_strict;
    op->as.app.verb = VERB_UPDATE;
    op->as.app.row = row;
    prepare_answer(request, 200, &row);
    return ERR_OK;
}

enum error_code app_delete_ask(struct request *request, struct op *op, struct error *error)
{
    if (request->app_id == OPERATOR_APP_ID) {
        return error_set(error, ERR_CONFLICT, "the operator's own app stays");
    }
    op->as.app.verb = VERB_DELETE;
    op->as.app.row = (struct app_row){.id = request->app_id};
    op->as.app.if_version =
        request->if_match.at != NULL ? door_app(request)->card->version : -1;
    return check_if_match(request, error);
}

void app_update_answer(struct request *request, struct op *op, struct response *response)
{
    char tag[TAG_LEN + 1];

    tag_of(request, &op->as.app.row, tag);
    response_header(response, "ETag", "%s", tag);
    response->status = request->status;
    buf_add(&response->body, request->answer.data, request->answer.len);
}

void app_get_answer(struct request *request, struct op *op, struct response *response)
{
    struct app_row row = app_row_of(door_app(request));

    char tag[TAG_LEN + 1];

    (void)op;
    tag_of(request, &row, tag);
    response_header(response, "ETag", "%s", tag);
    response_json(response, 200, render_app(request->door, &row));
}

enum error_code app_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_APPS, error);
}

static enum error_code add_app(struct request *request, const struct op *op, size_t at,
                               struct buf *ret, struct error *error)
{
    (void)error;
    json_write(ret, render_app(request->door, &op->as.list.rows.apps[at]));
    return ERR_OK;
}

void app_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_app, response);
}
