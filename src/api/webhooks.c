// An app's webhooks: registering, reading, changing and deleting them.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/lists.h"
#include "api/pair_render.h"
#include "api/render.h"
#include "api/webhook_secrets.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/settings.h"
#include "hook/target.h"
#include "net/guard.h"

#include <stdio.h>
#include <string.h>

enum { NAME, URL, ENABLED, SECRET, FIELDS };

static const struct field create_fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, false, 400},
    [URL] = {"url", FIELD_TEXT, true, 4096},
    [ENABLED] = {"enabled", FIELD_FLAG, false, 0},
    [SECRET] = {"secret", FIELD_SECRET, false, 0},
};

// A secret is changed by rotating it.
static const struct field update_fields[SECRET] = {
    [NAME] = {"name", FIELD_TEXT, false, 400},
    [URL] = {"url", FIELD_TEXT, false, 4096},
    [ENABLED] = {"enabled", FIELD_FLAG, false, 0},
};

// A webhook's body being read: its own fields, and the settings.
struct draft {
    const struct profile *profile;
    struct settings settings;
    struct field_value values[FIELDS];
    struct target target;
    const struct request *request;
    bool sets_headers;
};

static enum error_code read_setting(void *owner, const char *name, const json_t *value,
                                    struct error *error)
{
    struct draft *draft = owner;

    draft->sets_headers = draft->sets_headers || strcmp(name, "headers") == 0;
    return input_setting(draft->request, &draft->settings, name, value, error);
}

static enum error_code check_url(const struct request *request, struct draft *draft,
                                 struct error *error)
{
    const char *url = draft->values[URL].text;
    enum error_code code = target_parse(url, strlen(url), &draft->target, error);

    if (code == ERR_OK) {
        code = guard_check_target(request->door->options.guard, draft->target.tls,
                                  draft->target.host, draft->target.port, error);
    }
    if (code == ERR_OK && draft->profile->needs_https && !draft->target.tls) {
        code = guard_check_plain(request->door->options.guard, draft->target.host,
                                 draft->target.port, error);
    }
    if (code != ERR_OK && error->field[0] == '\0') {
        memcpy(error->field, "url", sizeof "url");
    }
    return code;
}

static enum error_code read_draft(const struct request *request, const struct field *fields,
                                  size_t count, struct draft *draft, struct error *error)
{
    draft->request = request;
    enum error_code code =
        fields_read(request->json, fields, count, draft->values, read_setting, draft, error);

    if (code == ERR_OK && draft->values[URL].text != NULL) {
        code = check_url(request, draft, error);
    } else if (code == ERR_OK && draft->values[URL].is_null) {
        code = error_at(error, ERR_INVALID_FIELD, "url", "must not be null");
    }
    if (code == ERR_OK && draft->profile->events == EVENTS_ONE &&
        draft->settings.events == NULL) {
        code = error_at(error, ERR_INVALID_FIELD, "events",
                        "is required: a webhook of this profile is bound to one event type");
    }
    return code;
}

// What of the settings goes into op: the stored column, and the types it binds.
static void put_settings(struct op *op, const struct draft *draft)
{
    struct buf text;

    buf_init(&text, 1024 * 1024);
    json_write(&text, settings_to_store(&draft->settings));
    op->as.webhook.row.settings = arena_copy(&op->arena, text.data, text.len);
    buf_done(&text);
    if (!draft->profile->is_exclusive || draft->settings.events == NULL) {
        return;
    }
    size_t count = 0;
    while (draft->settings.events[count] != NULL) {
        count++;
    }
    const char **choices = arena_take(&op->arena, (count + 1) * sizeof *choices);
    for (size_t i = 0; i < count; i++) {
        choices[i] = input_copy(&op->arena, draft->settings.events[i]);
    }
    op->as.webhook.choices = choices;
}

static int webhooks_max(const struct profile *profile)
{
    int most = (int)limit(LIMIT_WEBHOOKS);

    return profile->webhooks_max > 0 && profile->webhooks_max < most ? profile->webhooks_max
                                                                     : most;
}

static void prepare_answer(struct request *request, int status, const struct op *op,
                           const struct draft *draft, const char *shown)
{
    json_t *answer =
        render_webhook(request->door, &op->as.webhook.row, &draft->settings, true);

    if (shown != NULL && shown[0] != '\0') {
        json_object_set_new(answer, "secret", json_string(shown));
    }
    request->status = status;
    render_add_webhook(&request->answer, answer, &draft->settings);
}

static void put_new_row(struct request *request, struct op *op, const struct draft *draft)
{
    struct door *door = request->door;
    const struct field_value *values = draft->values;
    bool is_enabled =
        !values[ENABLED].is_given || values[ENABLED].is_null || values[ENABLED].flag;

    op->as.webhook.verb = VERB_CREATE;
    op->as.webhook.if_version = -1;
    op->as.webhook.count_max = webhooks_max(draft->profile);
    op->as.webhook.now_ms = door_now(door).wall_ms;
    op->as.webhook.row = (struct webhook_row){
        .id = minter_next(&door->minter, op->as.webhook.now_ms),
        .app_id = request->app_id,
        .name = input_copy(&op->arena, values[NAME].text != NULL ? values[NAME].text
                                                                 : draft->target.host),
        .url = input_copy(&op->arena, values[URL].text),
        .state = is_enabled ? WEBHOOK_ENABLED : WEBHOOK_DISABLED,
        .reason = is_enabled ? NULL : arena_format(&op->arena, "disabled by request"),
        .mode = request->mode,
        .version = 1,
        .created_ms = op->as.webhook.now_ms,
        .updated_ms = op->as.webhook.now_ms,
    };
    put_settings(op, draft);
}

static enum error_code create(struct request *request, struct op *op, struct draft *draft,
                              struct error *error)
{
    char chosen[PROFILE_SECRET_MAX];
    enum error_code code = read_draft(request, create_fields, FIELDS, draft, error);

    if (code == ERR_OK && draft->profile->needs_name && draft->values[NAME].text == NULL) {
        code = error_at(error, ERR_INVALID_FIELD, "name", "is required");
    }
    if (code == ERR_OK) {
        code =
            webhook_secret_choose(draft->profile, draft->values[SECRET].text, chosen, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    put_new_row(request, op, draft);
    if (chosen[0] != '\0') {
        webhook_secret_add(request, op, SECRET_SIGNING, chosen, strlen(chosen));
    }
    webhook_headers_add(request, op, &draft->settings);
    prepare_answer(request, 201, op, draft,
                   webhook_secret_shows(draft->profile) ? chosen : NULL);
    memory_wipe(chosen, sizeof chosen);
    return ERR_OK;
}

enum error_code webhook_create_ask(struct request *request, struct op *op,
                                   struct error *error)
{
    struct draft draft = {.profile = request->profile};

    settings_init(&draft.settings);
    enum error_code code = create(request, op, &draft, error);
    settings_done(&draft.settings);
    return code;
}

// Disabling cancels what waits; the store sees to that.
static void set_enabled(struct op *op, bool is_enabled)
{
    struct webhook_row *row = &op->as.webhook.row;

    if (is_enabled == (row->state == WEBHOOK_ENABLED)) {
        return;
    }
    row->state = is_enabled ? WEBHOOK_ENABLED : WEBHOOK_DISABLED;
    row->reason = is_enabled ? NULL : arena_format(&op->arena, "disabled by request");
}

static void put_changes(struct request *request, struct op *op, const struct draft *draft)
{
    const struct field_value *values = draft->values;
    struct webhook_row *row = &op->as.webhook.row;

    op->as.webhook.verb = VERB_UPDATE;
    op->as.webhook.now_ms = door_now(request->door).wall_ms;
    *row = request->found->as.hook_card.row;
    op->as.webhook.if_version = row->version;
    row->name = values[NAME].text != NULL ? values[NAME].text : row->name;
    row->url = values[URL].text != NULL ? values[URL].text : row->url;
    input_copy_webhook(&op->arena, row);
    row->updated_ms = op->as.webhook.now_ms;
    if (values[ENABLED].is_given && !values[ENABLED].is_null) {
        set_enabled(op, values[ENABLED].flag);
    }
    put_settings(op, draft);
    if (draft->sets_headers) {
        webhook_headers_add(request, op, &draft->settings);
    }
}

static void add_tag(struct response *response, const struct webhook_row *row)
{
    response_header(response, "ETag", "\"%d\"", row->version);
}

static enum error_code check_if_match(const struct request *request, struct error *error)
{
    char tag[16];

    snprintf(tag, sizeof tag, "\"%d\"", request->found->as.hook_card.row.version);
    return input_if_match(request, tag, error);
}

enum error_code webhook_update_ask(struct request *request, struct op *op,
                                   struct error *error)
{
    struct draft draft = {.profile = request->profile};
    enum error_code code = webhook_settings_found(request, &draft.settings, error);

    if (code != ERR_OK) {
        return code;
    }
    code = read_draft(request, update_fields, SECRET, &draft, error);
    if (code == ERR_OK) {
        code = check_if_match(request, error);
    }
    if (code == ERR_OK) {
        put_changes(request, op, &draft);
        prepare_answer(request, 200, op, &draft, NULL);
    }
    settings_done(&draft.settings);
    return code;
}

enum error_code webhook_delete_ask(struct request *request, struct op *op,
                                   struct error *error)
{
    op->as.webhook.verb = VERB_DELETE;
    op->as.webhook.row.id = request->object_id;
    op->as.webhook.row.app_id = request->app_id;
    op->as.webhook.now_ms = door_now(request->door).wall_ms;
    op->as.webhook.if_version =
        request->if_match.at != NULL ? request->found->as.hook_card.row.version : -1;
    return check_if_match(request, error);
}

void webhook_update_answer(struct request *request, struct op *op, struct response *response)
{
    add_tag(response, &op->as.webhook.row);
    response->status = request->status;
    buf_add(&response->body, request->answer.data, request->answer.len);
}

void webhook_get_answer(struct request *request, struct op *op, struct response *response)
{
    const struct webhook_row *row = &request->found->as.hook_card.row;
    struct settings settings;
    struct error error = {0};

    (void)op;
    error.code = webhook_settings_found(request, &settings, &error);
    if (error.code != ERR_OK) {
        response_fail(request, response, &error);
        return;
    }
    add_tag(response, row);
    json_t *webhook = render_webhook(request->door, row, &settings, true);
    json_object_set_new(webhook, "stats", pair_stats(request, 0, true));
    render_add_webhook(&response->body, webhook, &settings);
    settings_done(&settings);
}

enum error_code webhook_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_WEBHOOKS, error);
}

static enum error_code add_webhook(struct request *request, const struct op *op, size_t at,
                                   struct buf *ret, struct error *error)
{
    const struct webhook_row *row = &op->as.list.rows.webhooks[at];
    struct settings settings;
    enum error_code code =
        settings_from_store(&settings, request->profile, row->settings, NULL, error);

    if (code == ERR_OK) {
        json_t *webhook = render_webhook(request->door, row, &settings, false);
        json_object_set_new(webhook, "stats", pair_stats(request, at, true));
        render_add_webhook(ret, webhook, &settings);
        settings_done(&settings);
    }
    return code;
}

void webhook_list_answer(struct request *request, struct op *op, struct response *response)
{
    (void)op; // the list was found, and then its figures
    list_answer(request, request->found, add_webhook, response);
}
