// Settings to JSON and back. Declared in hook/settings.h.

#include "hook/settings.h"

#include "hook/profile.h"

#include <assert.h>
#include <string.h>

static json_t *texts(char *const *items)
{
    if (!items)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; items[i]; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *waits(const struct settings *settings)
{
    if (settings->wait_count < 0)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < settings->wait_count; i++)
        json_array_append_new(list, json_integer(settings->waits_ms[i] / 1000));
    return list;
}

static json_t *number_or_null(int64_t number)
{
    return number > 0 ? json_integer(number) : json_null();
}

static json_t *headers(const struct settings *settings, const char *mask)
{
    json_t *map = json_object();
    for (size_t i = 0; settings->header_names && settings->header_names[i]; i++)
        json_object_set_new(map, settings->header_names[i],
                            json_string(mask ? mask : settings->header_values[i]));
    return map;
}

static json_t *common(const struct settings *settings)
{
    json_t *map = json_object();
    json_object_set_new(map, "events", texts(settings->events));
    json_object_set_new(map, "waits", waits(settings));
    json_object_set_new(map, "timeout_s", number_or_null(settings->timeout_ms / 1000));
    json_object_set_new(map, "in_flight_max", number_or_null(settings->in_flight_max));
    json_object_set_new(map, "per_second_max", number_or_null(settings->per_second_max));
    json_object_set_new(map, "encrypted", json_boolean(settings->is_encrypted));
    json_object_set_new(map, "disable_after_days",
                        number_or_null(settings->disable_after_days));
    json_object_set_new(map, "alert_email",
                        settings->alert_email ? json_string(settings->alert_email)
                                              : json_null());
    return map;
}

json_t *settings_to_store(const struct settings *settings)
{
    const char *name;
    json_t *value;
    void *next;
    json_t *map = common(settings);
    json_object_foreach_safe(map, next, name,
                             value) if (json_is_null(value) || json_is_false(value))
        json_object_del(map, name);
    if (settings->metadata)
        json_object_set_new(map, "metadata", json_string(settings->metadata));
    if (settings->filter)
        json_object_set_new(map, "filter", json_string(settings->filter));
    return map;
}

json_t *settings_to_api(const struct settings *settings)
{
    json_t *map = common(settings);
    json_object_set_new(map, "headers", headers(settings, "***"));
    return map;
}

json_t *settings_headers(const struct settings *settings)
{
    return headers(settings, NULL);
}

static enum error_code take(struct settings *settings, const struct profile *profile,
                            const json_t *map, struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, name, value)
    {
        enum error_code code = settings_set(settings, profile, name, value, error);
        if (code)
            return error_set(error, ERR_DAMAGED, "the stored setting %.40s is not allowed",
                             name);
    }
    return ERR_OK;
}

static enum error_code take_text(struct settings *settings, const struct profile *profile,
                                 const char *json, const char *inside, struct error *error)
{
    json_t *map = json ? json_loads(json, JSON_REJECT_DUPLICATES, NULL) : json_object();
    if (!json_is_object(map)) {
        json_decref(map);
        return error_set(error, ERR_DAMAGED, "the stored settings are not a JSON object");
    }
    if (inside) // the text is the value of one setting
        map = json_pack("{s:o}", inside, map);
    enum error_code code = take(settings, profile, map, error);
    json_decref(map);
    return code;
}

enum error_code settings_from_store(struct settings *ret, const struct profile *profile,
                                    const char *json, const char *headers_json,
                                    struct error *error)
{
    settings_init(ret);
    ret->is_stored = true;
    enum error_code code = take_text(ret, profile, json, NULL, error);
    if (!code && headers_json)
        code = take_text(ret, profile, headers_json, "headers", error);
    ret->is_stored = false;
    if (code)
        settings_done(ret);
    return code;
}
