// Settings of a webhook out of a request's body. Declared in api/input.h.

#include "api/door_parts.h"
#include "api/input.h"
#include "base/json_span.h"
#include "hook/app_card.h"
#include "hook/settings.h"

#include <string.h>

// From the body's own bytes: jansson's numbers would lose digits.
static enum error_code set_text(const struct request *request, struct settings *settings,
                                const char *name, struct error *error)
{
    struct json_span body, value;
    enum error_code code = json_check(request->body.at, request->body.len, &body, error);

    if (code == ERR_OK && json_find(&body, name, &value) > 0) {
        json_t *text = json_stringn(value.at, value.len);
        code = settings_set(settings, request->profile, name, text, error);
        json_decref(text);
    }
    return code;
}

static enum error_code set_filter(const struct request *request, struct settings *settings,
                                  const json_t *value, struct error *error)
{
    if (json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0)) {
        return settings_set(settings, request->profile, "filter", json_null(), error);
    }
    if (!json_is_array(value)) {
        return error_at(error, ERR_INVALID_FIELD, "filter", "must be a list of conditions");
    }
    return set_text(request, settings, "filter", error);
}

static enum error_code set_metadata(const struct request *request, struct settings *settings,
                                    const json_t *value, struct error *error)
{
    if (json_is_null(value)) {
        return settings_set(settings, request->profile, "metadata", value, error);
    }
    if (!json_is_object(value)) {
        return error_at(error, ERR_INVALID_FIELD, "metadata", "must be an object");
    }
    return set_text(request, settings, "metadata", error);
}

enum error_code input_setting(const struct request *request, struct settings *settings,
                              const char *name, const json_t *value, struct error *error)
{
    if (strcmp(name, "filter") == 0) {
        return set_filter(request, settings, value, error);
    }
    if (strcmp(name, "metadata") == 0) {
        return set_metadata(request, settings, value, error);
    }
    settings->own_types = door_app(request)->card->own_types;
    enum error_code code = settings_set(settings, request->profile, name, value, error);
    settings->own_types = NULL;
    return code;
}
