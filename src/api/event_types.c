// The event types of an app: its profile's catalogue, and those that it has added itself. The
// latter stand in the app's row as one JSON object; schemas and examples keep the bytes that
// they came with.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/input.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "hook/profile.h"

#include <string.h>

enum { DESCRIPTION, FIELDS };

static const struct field fields[FIELDS] = {
    [DESCRIPTION] = {"description", FIELD_TEXT, false, 1000},
};

// What a type is said to be, each as the text of its JSON.
enum { SAYS, SCHEMA, EXAMPLE, PARTS };
static const char *const parts[PARTS] = {
    [SAYS] = "description", [SCHEMA] = "schema", [EXAMPLE] = "example"};

// --- the list ---

// Is a webhook still to be had for this type?
static bool is_free(const struct app_card *card, const char *type)
{
    if (!card->profile->is_exclusive) {
        return true;
    }
    for (size_t i = 0; i < card->webhook_count; i++) {
        char **events = card->webhooks[i].events;
        for (; events != NULL && *events != NULL; events++) {
            if (strcmp(*events, type) == 0) {
                return false;
            }
        }
    }
    return true;
}

static void add_flags(struct buf *ret, const struct app_card *card, const char *name,
                      bool is_own)
{
    buf_add_str(ret, is_free(card, name) ? ",\"free\":true" : ",\"free\":false");
    buf_add_str(ret, is_own ? ",\"own\":true}" : ",\"own\":false}");
}

static void add_name(struct buf *ret, const char *name)
{
    buf_add_str(ret, "{\"name\":");
    buf_add_json(ret, name, strlen(name));
}

static void add_any(struct buf *ret, const char *name, const json_t *json)
{
    buf_add_format(ret, ",\"%s\":", name);
    json_write(ret, json != NULL ? json_incref((json_t *)(uintptr_t)json) : json_null());
}

static void add_profile_type(struct buf *ret, const struct app_card *card,
                             const struct event_type *type)
{
    add_name(ret, type->name);
    buf_add_format(ret, ",\"%s\":", parts[SAYS]);
    if (type->says != NULL) {
        buf_add_json(ret, type->says, strlen(type->says));
    } else {
        buf_add_str(ret, "null");
    }
    add_any(ret, parts[SCHEMA], type->schema);
    add_any(ret, parts[EXAMPLE], type->example);
    add_flags(ret, card, type->name, false);
}

static void add_own_type(struct buf *ret, const struct app_card *card, const char *name,
                         const struct json_span *entry)
{
    struct json_span value;

    add_name(ret, name);
    for (size_t i = 0; i < PARTS; i++) {
        buf_add_format(ret, ",\"%s\":", parts[i]);
        if (json_find(entry, parts[i], &value) > 0) {
            buf_add(ret, value.at, value.len);
        } else {
            buf_add_str(ret, "null");
        }
    }
    add_flags(ret, card, name, true);
}

// The app's own types as its row has them; an empty map where there are none.
static enum error_code own_types(const struct request *request, struct json_span *ret,
                                 struct error *error)
{
    const char *types = request->found->as.app_card.row.types;
    const char *text = types != NULL ? types : "{}";
    enum error_code code = json_check(text, strlen(text), ret, error);

    if (code != ERR_OK || ret->kind != JSON_MAP) {
        return error_set(error, ERR_DAMAGED, "the app's event types are not a JSON object");
    }
    return ERR_OK;
}

void event_type_list_answer(struct request *request, struct op *op, struct response *response)
{
    const struct app_card *card = door_app(request)->card;
    const struct profile *profile = card->profile;
    struct buf *body = &response->body;
    struct json_member member;
    struct json_walk walk;
    struct json_span own;
    struct error error = {0};
    char name[EVENT_TYPE_MAX + 1];
    size_t len, count = 0;

    (void)op;
    if (own_types(request, &own, &error) != ERR_OK) {
        response_fail(request, response, &error);
        return;
    }
    buf_add_str(body, "{\"data\":[");
    for (size_t i = 0; i < profile->type_count; i++) {
        buf_add_str(body, count++ > 0 ? "," : "");
        add_profile_type(body, card, &profile->types[i]);
    }
    json_walk_init(&walk, &own);
    while (json_next_member(&walk, &member)) {
        if (json_text(&member.name, name, sizeof name, &len)) {
            buf_add_str(body, count++ > 0 ? "," : "");
            add_own_type(body, card, name, &member.value);
        }
    }
    buf_add_format(body, "],\"open\":%s,\"next_cursor\":null}",
                   profile->is_open ? "true" : "false");
}

// --- adding and removing ---

// The type that the path names.
static enum error_code read_name(const struct request *request, char ret[EVENT_TYPE_MAX + 1],
                                 struct error *error)
{
    struct text_span name = request->names[PATH_TYPE];

    if (name.len <= EVENT_TYPE_MAX && text_is(name.at, name.len, "A-Za-z0-9_.-")) {
        memcpy(ret, name.at, name.len);
        ret[name.len] = '\0';
        return ERR_OK;
    }
    return error_at(error, ERR_INVALID_FIELD, "type",
                    "must be 1 to 128 letters, digits, '_', '.' or '-'");
}

// Schema and example are taken from the body's bytes.
static enum error_code take_part(void *owner, const char *name, const json_t *value,
                                 struct error *error)
{
    (void)owner;
    if (strcmp(name, parts[SCHEMA]) == 0) {
        return json_is_object(value) || json_is_boolean(value) || json_is_null(value)
                   ? ERR_OK
                   : error_at(error, ERR_INVALID_FIELD, name, "must be a JSON schema");
    }
    return strcmp(name, parts[EXAMPLE]) == 0 ? ERR_OK : ERR_UNKNOWN_FIELD;
}

// {"description":…,"schema":…,"example":…} from what the body has of it.
static enum error_code write_entry(const struct request *request, struct buf *ret,
                                   struct error *error)
{
    struct json_span body, value;
    size_t count = 0;
    enum error_code code = json_check(request->body.at, request->body.len, &body, error);

    buf_add_char(ret, '{');
    for (size_t i = 0; i < PARTS && code == ERR_OK; i++) {
        if (json_find(&body, parts[i], &value) > 0) {
            buf_add_format(ret, "%s\"%s\":", count++ > 0 ? "," : "", parts[i]);
            buf_add(ret, value.at, value.len);
        }
    }
    buf_add_char(ret, '}');
    if (code == ERR_OK && ret->len > (size_t)limit(LIMIT_OWN_TYPE_BYTES)) {
        code = error_set(error, ERR_INVALID_FIELD, "it has more than %d bytes",
                         (int)limit(LIMIT_OWN_TYPE_BYTES));
    }
    return code;
}

// All types but this one, and where there is an entry, this one with it. ret_had: it was
// among them.
static size_t write_types(const struct json_span *own, const char *name,
                          const struct buf *entry, struct buf *ret, bool *ret_had)
{
    struct json_member member;
    struct json_walk walk;
    size_t count = 0;

    *ret_had = false;
    buf_add_char(ret, '{');
    json_walk_init(&walk, own);
    while (json_next_member(&walk, &member)) {
        if (json_text_equal(&member.name, name)) {
            *ret_had = true;
            continue;
        }
        buf_add_str(ret, count++ > 0 ? "," : "");
        buf_add(ret, member.name.at, member.name.len);
        buf_add_char(ret, ':');
        buf_add(ret, member.value.at, member.value.len);
    }
    if (entry != NULL) {
        buf_add_format(ret, "%s\"%s\":", count++ > 0 ? "," : "", name);
        buf_add(ret, entry->data, entry->len);
    }
    buf_add_char(ret, '}');
    return count;
}

// The app's row as it was read, with these types. Another change meanwhile, and it is planned
// again.
static void put_row(const struct request *request, const struct buf *types, struct op *op)
{
    struct app_row row = request->found->as.app_card.row;

    row.uid = input_copy(&op->arena, row.uid);
    row.name = input_copy(&op->arena, row.name);
    row.profile = input_copy(&op->arena, row.profile);
    row.alert_email = input_copy(&op->arena, row.alert_email);
    row.types = arena_copy(&op->arena, types->data, types->len);
    op->as.app.verb = VERB_UPDATE;
    op->as.app.row = row;
    op->as.app.if_version = row.version;
}

static enum error_code check_room(size_t count, const struct buf *types, struct error *error)
{
    if (count > (size_t)limit(LIMIT_OWN_TYPES)) {
        return error_set(error, ERR_QUOTA_EXCEEDED, "an app may add %d event types",
                         (int)limit(LIMIT_OWN_TYPES));
    }
    if (!buf_ok(types)) {
        return error_set(error, ERR_QUOTA_EXCEEDED,
                         "all added event types may have %d bytes together",
                         (int)limit(LIMIT_OWN_TYPES_BYTES));
    }
    return ERR_OK;
}

static enum error_code put(struct request *request, const char *name, struct buf *entry,
                           struct buf *types, struct op *op, struct error *error)
{
    struct json_span own, said;
    bool had;
    enum error_code code = write_entry(request, entry, error);

    if (code == ERR_OK) {
        code = own_types(request, &own, error);
    }
    if (code == ERR_OK) {
        code = check_room(write_types(&own, name, entry, types, &had), types, error);
    }
    if (code == ERR_OK) {
        code = json_check(entry->data, entry->len, &said, error);
    }
    if (code == ERR_OK) {
        put_row(request, types, op);
        request->status = had ? 200 : 201;
        add_own_type(&request->answer, door_app(request)->card, name, &said);
    }
    return code;
}

enum error_code event_type_put_ask(struct request *request, struct op *op,
                                   struct error *error)
{
    char name[EVENT_TYPE_MAX + 1];
    struct field_value values[FIELDS];
    struct buf entry, types;
    enum error_code code = read_name(request, name, error);

    if (code == ERR_OK) {
        code = fields_read(request->json, fields, FIELDS, values, take_part, NULL, error);
    }
    if (code == ERR_OK && profile_type(request->profile, name) != NULL) {
        code = error_at(error, ERR_CONFLICT, "type", "the app's profile has this type");
    }
    if (code != ERR_OK) {
        return code;
    }
    buf_init(&entry, (size_t)limit(LIMIT_REQUEST_BODY) + 64);
    buf_init(&types, (size_t)limit(LIMIT_OWN_TYPES_BYTES));
    code = put(request, name, &entry, &types, op, error);
    buf_done(&entry);
    buf_done(&types);
    return code;
}

enum error_code event_type_delete_ask(struct request *request, struct op *op,
                                      struct error *error)
{
    char name[EVENT_TYPE_MAX + 1];
    struct json_span own;
    struct buf types;
    bool had = false;
    enum error_code code = read_name(request, name, error);

    if (code == ERR_OK) {
        code = own_types(request, &own, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    buf_init(&types, (size_t)limit(LIMIT_OWN_TYPES_BYTES));
    write_types(&own, name, NULL, &types, &had);
    if (had) {
        put_row(request, &types, op);
    } else {
        code = error_set(error, ERR_NOT_FOUND, "the app has added no such event type");
    }
    buf_done(&types);
    return code;
}
