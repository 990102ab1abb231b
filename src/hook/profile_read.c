#include "hook/profile_read.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct place place_item(const struct place *list, size_t index)
{
    return (struct place){list->reading, list, NULL, index,
                          json_array_get(list->value, index)};
}

// A value that is not there has the span of what it should stand in. Places are at most as
// deep as the format, so the recursion is short.
struct json_span place_span(const struct place *place)
{
    if (!place->up)
        return place->reading->root;
    struct json_span parent = place_span(place->up), span;
    if (place->name)
        return parent.kind == JSON_MAP && json_find(&parent, place->name, &span) > 0 ? span
                                                                                     : parent;
    if (parent.kind != JSON_LIST)
        return parent;
    struct json_walk walk;
    json_walk_init(&walk, &parent);
    for (size_t i = 0; json_next_item(&walk, &span); i++)
        if (i == place->index)
            return span;
    return parent;
}

static int line_of(const struct place *place)
{
    struct json_span span = place_span(place);
    int line = 1;
    for (const char *at = place->reading->text; at < span.at; at++)
        line += *at == '\n';
    return line;
}

static size_t write_path(const struct place *place, char *ret, size_t room)
{
    if (!place->up)
        return 0;
    size_t at = write_path(place->up, ret, room);
    int len = place->name
                  ? snprintf(ret + at, room - at, "%s%s", at > 0 ? "." : "", place->name)
                  : snprintf(ret + at, room - at, "[%zu]", place->index);
    return len < 0 || (size_t)len >= room - at ? room - 1 : at + (size_t)len;
}

enum error_code place_wrong(const struct place *place, const char *format, ...)
{
    char path[120] = "", text[240];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t path_len = write_path(place, path, sizeof path);
    return error_at(place->reading->error, ERR_CONFIG, place->reading->file,
                    "line %d: %s%s%s", line_of(place), path, path_len > 0 ? ": " : "", text);
}

static bool is_key(const struct place_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return true;
    return false;
}

enum error_code place_keys(const struct place *object, const struct place_key *keys,
                           size_t count)
{
    if (!json_is_object(object->value))
        return place_wrong(object, "must be an object");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object->value, name, value)
    {
        struct place at = {object->reading, object, name, 0, value};
        if (!is_key(keys, count, name))
            return place_wrong(&at, "unknown key");
    }
    for (size_t i = 0; i < count; i++) {
        struct place at = {object->reading, object, keys[i].name, 0,
                           json_object_get(object->value, keys[i].name)};
        if (!at.value && keys[i].is_required)
            return place_wrong(&at, "is missing");
        enum error_code code = at.value ? keys[i].load(&at) : ERR_OK;
        if (code)
            return code;
    }
    return ERR_OK;
}

enum error_code place_list(const struct place *place, size_t max)
{
    if (!json_is_array(place->value))
        return place_wrong(place, "must be a list");
    if (json_array_size(place->value) > max)
        return place_wrong(place, "has more than %zu items", max);
    return ERR_OK;
}

enum error_code place_text(const struct place *place, const char **ret)
{
    if (!json_is_string(place->value))
        return place_wrong(place, "must be a text");
    *ret = json_string_value(place->value);
    return ERR_OK;
}

enum error_code place_copy(const struct place *place, char **ret)
{
    const char *text = "";
    enum error_code code = place_text(place, &text);
    if (!code)
        *ret = memory_copy(text, strlen(text));
    return code;
}

enum error_code place_flag(const struct place *place, bool *ret)
{
    if (!json_is_boolean(place->value))
        return place_wrong(place, "must be true or false");
    *ret = json_is_true(place->value);
    return ERR_OK;
}

enum error_code place_number(const struct place *place, int64_t least, int64_t greatest,
                             int64_t *ret)
{
    int64_t number =
        json_is_integer(place->value) ? json_integer_value(place->value) : least - 1;
    if (!json_is_integer(place->value) || number < least || number > greatest)
        return place_wrong(place, "must be a whole number from %lld to %lld",
                           (long long)least, (long long)greatest);
    *ret = number;
    return ERR_OK;
}

static bool read_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    enum { COUNT_MAX = 100000000 };
    size_t digits = strspn(text, "0123456789");
    uint64_t count = 0;
    if (!text_to_uint(text, digits, COUNT_MAX, &count))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *ret_ms = (int64_t)count * units[i].ms;
            return true;
        }
    }
    return false;
}

enum error_code place_duration(const struct place *place, int64_t least_ms,
                               int64_t greatest_ms, int64_t *ret_ms)
{
    int64_t ms = 0;
    if (!json_is_string(place->value) || !read_duration(json_string_value(place->value), &ms))
        return place_wrong(place, "must be a duration such as \"10s\", \"5m\" or \"2h\"");
    if (ms < least_ms || ms > greatest_ms)
        return place_wrong(place, "must be from %lld to %lld milliseconds",
                           (long long)least_ms, (long long)greatest_ms);
    *ret_ms = ms;
    return ERR_OK;
}

enum error_code place_word(const struct place *place, const char *const words[], int *ret)
{
    char known[160];
    size_t len = 0;
    for (int i = 0; words[i]; i++) {
        if (json_is_string(place->value) &&
            strcmp(json_string_value(place->value), words[i]) == 0) {
            *ret = i;
            return ERR_OK;
        }
        int more =
            snprintf(known + len, sizeof known - len, "%s%s", i > 0 ? ", " : "", words[i]);
        if (more < 0 || (size_t)more >= sizeof known - len)
            break;
        len += (size_t)more;
    }
    return place_wrong(place, "must be one of: %s", known);
}
