// The door whose keys begin as sk_: a platform's own API for registering webhooks, as that
// platform describes it. Bodies and answers are translated; what they do is webhooks.c's.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/render.h"
#include "api/style.h"
#include "api/translate.h"
#include "base/limits.h"

enum { NAME, URL, FIELDS };

static const struct field fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, LIMIT_MOST_NAME},
    [URL] = {"url", FIELD_TEXT, true, 4096},
};

static const struct word words[FIELDS] = {[NAME] = {"name", "name"}, [URL] = {"url", "url"}};

static json_t *render(const struct request *request, const struct webhook_row *row)
{
    char id[ID_TEXT_MAX];

    id_text_padded(request->door->options.cipher, ID_WEBHOOK, row->id, style_sk_prefix,
                   STYLE_SK_WIDTH, id);
    return json_pack("{ss so so ss}", "id", id, "name", render_text(row->name), "url",
                     render_text(row->url), "mode", render_mode(row->mode));
}

enum error_code sk_create_ask(struct request *request, struct op *op, struct error *error)
{
    struct field_value values[FIELDS];
    enum error_code code =
        fields_read(request->json, fields, FIELDS, values, translate_skip, NULL, error);

    if (code == ERR_OK) {
        code = translate_ask(request, op, words, FIELDS, webhook_create_ask, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    json_t *ours = translate_take_answer(request);
    json_t *answer = render(request, &op->as.webhook.row);
    json_object_set(answer, "secret", json_object_get(ours, "secret"));
    json_decref(ours);
    request->status = 200;
    json_write(&request->answer, answer);
    return ERR_OK;
}

enum error_code sk_list_ask(struct request *request, struct op *op, struct error *error)
{
    (void)error;
    op->as.list.query = (struct list_query){.kind = LIST_WEBHOOKS,
                                            .app_id = request->app_id,
                                            .limit = (int)limit(LIMIT_LIST),
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY};
    return ERR_OK;
}

void sk_list_answer(struct request *request, struct op *op, struct response *response)
{
    json_t *list = json_array();

    for (size_t i = 0; i < op->as.list.count; i++) {
        json_array_append_new(list, render(request, &op->as.list.rows.webhooks[i]));
    }
    response_json(response, 200, json_pack("{so}", "subscriptions", list));
}

enum error_code sk_delete_ask(struct request *request, struct op *op, struct error *error)
{
    request->if_match = (struct text_span){0}; // this API has no versions
    enum error_code code = webhook_delete_ask(request, op, error);

    if (code == ERR_OK) {
        request->status = 200;
        buf_add_str(&request->answer, "{\"message\":\"The webhook was deleted\"}");
    }
    return code;
}
