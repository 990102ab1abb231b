// The door whose keys are a pair of headers: a platform's own API for webhooks, as that
// platform describes it. Bodies and answers are translated; what they do is webhooks.c's.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/pair_lists.h"
#include "api/pair_render.h"
#include "api/translate.h"
#include "api/webhook_secrets.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/profile.h"

#include <openssl/crypto.h>
#include <string.h>

enum { NAME, URL, ACTIVE, ENCRYPTED, SECRET, FIELDS };
enum { NAME_LEAST = 3, NAME_MOST = 100, TEXT_BYTES = 4096 };

static const struct field create_fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, TEXT_BYTES},
    [URL] = {"url", FIELD_TEXT, true, TEXT_BYTES},
    [ACTIVE] = {"isActive", FIELD_FLAG, false, 0},
    [ENCRYPTED] = {"encrypted", FIELD_FLAG, false, 0},
    [SECRET] = {"signing_secret", FIELD_SECRET, false, 0},
};

static const struct field update_fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, false, TEXT_BYTES},
    [URL] = {"url", FIELD_TEXT, false, TEXT_BYTES},
    [ACTIVE] = {"isActive", FIELD_FLAG, false, 0},
    [ENCRYPTED] = {"encrypted", FIELD_FLAG, false, 0},
    [SECRET] = {"signing_secret", FIELD_SECRET, false, 0},
};

// The native door rotates a secret by a request of its own: the last word is for creating.
static const struct word words[FIELDS] = {
    [NAME] = {"name", "name"},
    [URL] = {"url", "url"},
    [ACTIVE] = {"isActive", "enabled"},
    [ENCRYPTED] = {"encrypted", "encrypted"},
    [SECRET] = {"signing_secret", "secret"},
};

static enum error_code check_body(const struct request *request, const struct field *fields,
                                  struct field_value *ret, struct error *error)
{
    enum error_code code =
        fields_read(request->json, fields, FIELDS, ret, translate_skip, NULL, error);

    if (code == ERR_OK && ret[NAME].text != NULL) {
        size_t count = text_utf8_count(ret[NAME].text, strlen(ret[NAME].text));
        if (count < NAME_LEAST || count > NAME_MOST) {
            code = error_at(error, ERR_INVALID_FIELD, "name", "must have %d to %d characters",
                            NAME_LEAST, NAME_MOST);
        }
    }
    return code;
}

// ours: what the native door would have answered. secret: shown this once, or NULL.
static void prepare_answer(struct request *request, int status, const struct webhook_row *row,
                           bool is_encrypted, json_t *secret)
{
    json_t *answer = pair_webhook(request, row, is_encrypted, pair_stats(request, 0, false));

    if (secret != NULL) {
        json_object_set(answer, "signing_secret", secret);
    }
    request->status = status;
    json_write(&request->answer, answer);
}

enum error_code pair_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct field_value values[FIELDS];
    enum error_code code = check_body(request, create_fields, values, error);

    if (code == ERR_OK) {
        code = translate_ask(request, op, words, FIELDS, webhook_create_ask, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    json_t *ours = translate_take_answer(request);
    prepare_answer(request, 201, &op->as.webhook.row,
                   json_is_true(json_object_get(ours, "encrypted")),
                   json_object_get(ours, "secret"));
    json_decref(ours);
    return ERR_OK;
}

// Is the secret in force just this one?
static enum error_code is_in_force(const struct request *request, const char *given,
                                   bool *ret, struct error *error)
{
    const struct secret_row *row = webhook_secret_find(request->found, SECRET_SIGNING);
    enum error_code code = ERR_OK;
    struct buf plain;

    *ret = false;
    if (row == NULL) {
        return ERR_OK;
    }
    buf_init(&plain, PROFILE_SECRET_MAX);
    code = webhook_secret_open(request, row, &plain, error);
    if (code == ERR_OK) {
        *ret = plain.len == strlen(given) && CRYPTO_memcmp(plain.data, given, plain.len) == 0;
    }
    if (plain.data != NULL) {
        memory_wipe(plain.data, plain.len);
    }
    buf_done(&plain);
    return code;
}

// The secret before it goes on signing for the profile's time of grace.
static enum error_code rotate(struct request *request, struct op *op, const char *given,
                              json_t **ret_shown, struct error *error)
{
    char chosen[PROFILE_SECRET_MAX];
    bool is_same = false;
    enum error_code code = webhook_secret_choose(request->profile, given, chosen, error);

    if (code == ERR_OK) {
        code = is_in_force(request, chosen, &is_same, error);
    }
    if (code == ERR_OK && !is_same) {
        op->as.webhook.overlap_ms = request->profile->secret_overlap_ms;
        webhook_secret_add(request, op, SECRET_SIGNING, chosen, strlen(chosen));
        *ret_shown = json_string(chosen);
    }
    if (code != ERR_OK) {
        memcpy(error->field, words[SECRET].theirs, strlen(words[SECRET].theirs) + 1);
    }
    memory_wipe(chosen, sizeof chosen);
    return code;
}

enum error_code pair_update_ask(struct request *request, struct op *op, struct error *error)
{
    struct field_value values[FIELDS];
    json_t *shown = NULL;
    enum error_code code = check_body(request, update_fields, values, error);

    request->if_match = (struct text_span){0}; // this API has no versions
    if (code == ERR_OK) {
        code = translate_ask(request, op, words, SECRET, webhook_update_ask, error);
    }
    if (code == ERR_OK && values[SECRET].text != NULL) {
        code = rotate(request, op, values[SECRET].text, &shown, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    json_t *ours = translate_take_answer(request);
    prepare_answer(request, 200, &op->as.webhook.row,
                   json_is_true(json_object_get(ours, "encrypted")), shown);
    json_decref(ours);
    json_decref(shown);
    return ERR_OK;
}

enum error_code pair_delete_ask(struct request *request, struct op *op, struct error *error)
{
    const struct webhook_row *row = &request->found->as.hook_card.row;
    bool is_encrypted = false;

    request->if_match = (struct text_span){0};
    enum error_code code = webhook_delete_ask(request, op, error);
    if (code == ERR_OK) {
        code = pair_is_encrypted(request, row, &is_encrypted, error);
    }
    if (code == ERR_OK) {
        prepare_answer(request, 200, row, is_encrypted, NULL);
    }
    return code;
}

enum error_code pair_get_ask(struct request *request, struct op *op, struct error *error)
{
    return pair_read_events(request, op, error);
}

void pair_get_answer(struct request *request, struct op *op, struct response *response)
{
    const struct webhook_row *row = &request->found->as.hook_card.row;
    struct error error = {0};
    bool is_encrypted = false;

    if (pair_is_encrypted(request, row, &is_encrypted, &error) != ERR_OK) {
        response_fail(request, response, &error);
        return;
    }
    json_t *answer = pair_webhook(request, row, is_encrypted, pair_stats(request, 0, true));
    if (op != NULL) {
        json_object_set_new(answer, "recent_events", pair_events(request, op));
    }
    response_json(response, 200, answer);
}

enum error_code pair_list_ask(struct request *request, struct op *op, struct error *error)
{
    return pair_read_page(request, op, error);
}

void pair_list_answer(struct request *request, struct op *op, struct response *response)
{
    const struct op *found = request->found;
    struct error error = {0};
    json_t *list = json_array();

    (void)op;
    for (size_t i = 0; i < found->as.list.count; i++) {
        const struct webhook_row *row = &found->as.list.rows.webhooks[i];
        bool is_encrypted = false;
        if (pair_is_encrypted(request, row, &is_encrypted, &error) != ERR_OK) {
            json_decref(list);
            response_fail(request, response, &error);
            return;
        }
        json_array_append_new(
            list, pair_webhook(request, row, is_encrypted, pair_stats(request, i, false)));
    }
    response_json(response, 200, found->as.list.query.counts ? pair_page(found, list) : list);
}
