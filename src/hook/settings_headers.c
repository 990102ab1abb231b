// A webhook's own headers. Declared in hook/settings.h.

#include "hook/settings.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/plan.h"
#include "hook/profile.h"

#include <stdlib.h>
#include <string.h>

// Receivers refuse heads of more than some 8 to 64 KiB.
enum { HEADERS_BYTES_MAX = 65536, NAME_MAX_LEN = 64 };

void settings_free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++) {
        memory_wipe(texts[i], strlen(texts[i])); // values of headers may be credentials
        free(texts[i]);
    }
    free(texts);
}

// What the sender or the connection decides, and what receivers read as the proof of origin.
static bool is_reserved(const struct profile *profile, const char *name)
{
    static const char *const ours[] = {"host",
                                       "user-agent",
                                       "accept",
                                       "content-type",
                                       "connection",
                                       "content-length",
                                       "content-encoding",
                                       "transfer-encoding",
                                       "keep-alive",
                                       "proxy-connection",
                                       "te",
                                       "trailer",
                                       "upgrade",
                                       "expect",
                                       "http2-settings",
                                       "proxy-authorization"};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (text_equal_nocase(name, len, ours[i]))
            return true;
    if (len >= 8 && text_equal_nocase(name, 8, "webhook-"))
        return true;
    for (size_t i = 0; i < profile->plan->header_count; i++)
        if (text_equal_nocase(name, len, profile->plan->headers[i].name))
            return true;
    return false;
}

static enum error_code header_wrong(struct error *error, const char *why)
{
    return error_at(error, ERR_HEADER_NOT_ALLOWED, "headers", "%s", why);
}

static enum error_code check_header(const struct profile *profile, const char *name,
                                    const json_t *value, struct error *error)
{
    size_t name_len = strlen(name), len = json_string_length(value);
    const char *text = json_string_value(value);
    if (name_len == 0 || name_len > NAME_MAX_LEN ||
        !text_is(name, name_len, "A-Za-z0-9!#$%&'*+.^_`|~-"))
        return header_wrong(error, "a name is not that of a header");
    if (is_reserved(profile, name))
        return error_at(error, ERR_HEADER_NOT_ALLOWED, "headers",
                        "%s is set by the sender or by the profile", name);
    if (!text)
        return header_wrong(error, "a value is not a text");
    if (len > (size_t)limit(LIMIT_WEBHOOK_HEADER))
        return header_wrong(error, "a value is longer than 4096 bytes");
    if (!text_is(text, len, " -~"))
        return header_wrong(error, "a value holds a character that is not printable ASCII");
    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return header_wrong(error, "a value begins or ends with a space");
    return ERR_OK;
}

static bool stands_before(const json_t *map, const char *name)
{
    const char *other;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, other, value)
    {
        if (other == name)
            return false;
        if (text_equal_nocase(other, strlen(other), name))
            return true;
    }
    return false;
}

enum error_code settings_set_headers(struct settings *settings, const struct profile *profile,
                                     const json_t *value, struct error *error)
{
    const char *name;
    json_t *item;
    size_t count = 0, bytes = 0;
    json_t *map = (json_t *)(uintptr_t)value; // jansson's macro wants it so
    if (!json_is_object(value))
        return error_at(error, ERR_INVALID_FIELD, "headers",
                        "must be an object of names and texts");
    if (json_object_size(value) > (size_t)limit(LIMIT_WEBHOOK_HEADERS))
        return header_wrong(error, "there are more than 64");
    json_object_foreach(map, name, item)
    {
        enum error_code code = check_header(profile, name, item, error);
        if (code)
            return code;
        if (stands_before(value, name))
            return header_wrong(error, "a name stands there twice");
        bytes += strlen(name) + json_string_length(item);
    }
    if (bytes > HEADERS_BYTES_MAX)
        return header_wrong(error, "together they are longer than 65536 bytes");
    char **names = NEW_ARRAY(char *, json_object_size(value) + 1);
    char **values = NEW_ARRAY(char *, json_object_size(value) + 1);
    json_object_foreach(map, name, item)
    {
        names[count] = memory_copy(name, strlen(name));
        values[count++] = memory_copy(json_string_value(item), json_string_length(item));
    }
    settings_free_texts(settings->header_names);
    settings_free_texts(settings->header_values);
    settings->header_names = names;
    settings->header_values = values;
    return ERR_OK;
}
