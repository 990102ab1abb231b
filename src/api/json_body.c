#include "api/json_body.h"

#include "api/json_tree.h"
#include "api/routes.h"
#include "base/json_span.h"
#include "base/text.h"

static enum error_code check_type(const struct request *request, struct error *error)
{
    static const char json[] = "application/json";
    struct text_span type = request->content_type;
    size_t len = sizeof json - 1;

    if (request->content_encoding.at != NULL) {
        return error_at(error, ERR_UNSUPPORTED_TYPE, "Content-Encoding:",
                        "send the body as it is, without a Content-Encoding");
    }
    bool is_json =
        type.at != NULL && type.len >= len && text_equal_nocase(type.at, len, json);
    while (is_json && len < type.len && (type.at[len] == ' ' || type.at[len] == '\t')) {
        len++;
    }
    if (is_json && (len == type.len ||
                    text_equal_nocase(type.at + len, type.len - len, ";charset=utf-8") ||
                    text_equal_nocase(type.at + len, type.len - len, "; charset=utf-8"))) {
        return ERR_OK;
    }
    return error_at(error, ERR_UNSUPPORTED_TYPE,
                    "Content-Type:", "the body must be application/json, in UTF-8");
}

// jansson builds the tree, but what is JSON at all our own scanner says: it bounds the depth.
static enum error_code read_tree(struct request *request, struct error *error)
{
    struct json_span span;
    json_error_t why;
    enum error_code code = json_check(request->body.at, request->body.len, &span, error);

    if (code != ERR_OK) {
        return code;
    }
    request->json =
        json_tree(span.at, span.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (request->json == NULL) {
        return json_error_code(&why) == json_error_duplicate_key
                   ? error_set(error, ERR_DUPLICATE_KEY, "a member stands twice")
                   : error_set(error, ERR_BAD_JSON, "%.120s", why.text);
    }
    if (!json_is_object(request->json)) {
        return error_set(error, ERR_INVALID_FIELD, "the body must be a JSON object");
    }
    return ERR_OK;
}

enum error_code json_body_take(struct request *request, struct error *error)
{
    unsigned flags = request->route->flags;
    bool is_wanted = (flags & (ROUTE_BODY | ROUTE_RAW)) != 0;
    bool is_left_out = (flags & ROUTE_MAYBE) != 0 && request->body.len == 0;

    if (request->was_asked || request->json != NULL) {
        return ERR_OK;
    }
    if (request->fault == NULL && is_left_out) {
        request->json = json_object();
        return ERR_OK;
    }
    enum error_code code = is_wanted ? check_type(request, error) : ERR_OK;
    if (code == ERR_OK && request->fault != NULL) {
        *error = *request->fault;
        code = error->code;
    }
    return code == ERR_OK && (flags & ROUTE_BODY) != 0 ? read_tree(request, error) : code;
}
