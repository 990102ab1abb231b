// What the server says of itself: its profiles, its health and its figures.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/render.h"
#include "base/text.h"
#include "hook/profile.h"

#include <string.h>

void nothing_answer(struct request *request, struct op *op, struct response *response)
{
    (void)request;
    (void)op;
    response->status = 204;
    response->type = NULL; // of what is not there
}

// --- profiles ---

void profile_list_answer(struct request *request, struct op *op, struct response *response)
{
    const struct profile_set *set = request->door->options.profiles;
    json_t *list = json_array();

    (void)op;
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(list, json_pack("{ss so}", "name", set->profiles[i]->name,
                                              "title", render_text(set->profiles[i]->title)));
    }
    response_json(response, 200,
                  json_pack("{so so}", "data", list, "next_cursor", json_null()));
}

enum error_code profile_get_ask(struct request *request, struct op *op, struct error *error)
{
    const struct profile_set *set = request->door->options.profiles;
    struct text_span name = request->names[PATH_PROFILE];

    (void)op;
    for (size_t i = 0; i < set->count; i++) {
        if (text_equal(name.at, name.len, set->profiles[i]->name)) {
            request->status = 200;
            json_write(&request->answer, json_incref(set->profiles[i]->source));
            return ERR_OK;
        }
    }
    return error_set(error, ERR_NOT_FOUND, "there is no such profile");
}

// --- health and figures ---

enum error_code health_ask(struct request *request, struct op *op, struct error *error)
{
    (void)op;
    (void)error;
    request->status = 200;
    buf_add_str(&request->answer, "{\"status\":\"ok\"}");
    return ERR_OK;
}

enum error_code ready_ask(struct request *request, struct op *op, struct error *error)
{
    const struct door_options *options = &request->door->options;
    const char *why = options->not_ready(options->owner);

    if (why != NULL) {
        return error_set(error, ERR_UNAVAILABLE, "%s", why);
    }
    return health_ask(request, op, error);
}

void openapi_answer(struct request *request, struct op *op, struct response *response)
{
    (void)request;
    (void)op;
    buf_add(&response->body, openapi_json, openapi_json_len);
}

void metrics_answer(struct request *request, struct op *op, struct response *response)
{
    const struct door_options *options = &request->door->options;

    (void)op;
    response->type = "text/plain; version=0.0.4; charset=utf-8";
    options->metrics(options->owner, &response->body);
}
