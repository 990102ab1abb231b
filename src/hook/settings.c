#include "hook/settings.h"

#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/filter.h"
#include "hook/plan.h"
#include "hook/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

// Receivers refuse heads of more than some 8 to 64 KiB.
enum { HEADERS_BYTES_MAX = 65536, PER_SECOND_MAX = 10000 };
enum { WAIT_MAX_S = 7 * 86400, DAYS_MAX = 365, METADATA_MAX = 4096, NAME_MAX_LEN = 64 };

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->wait_count = -1;
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++) {
        memory_wipe(texts[i], strlen(texts[i])); // values of headers may be credentials
        free(texts[i]);
    }
    free(texts);
}

void settings_done(struct settings *settings)
{
    free_texts(settings->events);
    free_texts(settings->header_names);
    free_texts(settings->header_values);
    free(settings->metadata);
    free(settings->filter);
    free(settings->alert_email);
    settings_init(settings);
}

static enum error_code wrong(struct error *error, const char *name, const char *why)
{
    return error_at(error, ERR_INVALID_FIELD, name, "%s", why);
}

// events

// A type that was deleted since may still be chosen by a stored webhook.
static bool knows_type(const struct settings *settings, const struct profile *profile,
                       const char *name)
{
    if (profile_has_type(profile, name))
        return true;
    if (settings->is_stored)
        return profile_type_is_formed(name);
    for (char *const *own = settings->own_types; own && *own; own++)
        if (strcmp(*own, name) == 0)
            return true;
    return false;
}

static enum error_code check_event(const struct settings *settings,
                                   const struct profile *profile, const json_t *list,
                                   size_t at, struct error *error)
{
    const json_t *item = json_array_get(list, at);
    if (!json_is_string(item))
        return wrong(error, "events", "must be a list of event types");
    const char *name = json_string_value(item);
    if (strlen(name) != json_string_length(item) || !knows_type(settings, profile, name))
        return error_at(error, ERR_UNKNOWN_EVENT_TYPE, "events",
                        "%.80s is not an event type of this profile or app", name);
    for (size_t i = 0; i < at; i++)
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            return wrong(error, "events", "an event type stands there twice");
    return ERR_OK;
}

static enum error_code set_events(struct settings *settings, const struct profile *profile,
                                  const json_t *value, struct error *error)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value))
        return wrong(error, "events", "must be a list of event types");
    if (count > (size_t)limit(LIMIT_WEBHOOK_TYPES))
        return wrong(error, "events", "must be at most 256 event types");
    if (profile->events == EVENTS_ALL && count > 0)
        return wrong(error, "events", "every webhook of this profile gets all events");
    if (profile->events == EVENTS_ONE && count != 1)
        return wrong(error, "events", "must be exactly one event type");
    for (size_t i = 0; i < count; i++) {
        enum error_code code = check_event(settings, profile, value, i, error);
        if (code)
            return code;
    }
    char **events = count > 0 ? NEW_ARRAY(char *, count + 1) : NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(value, i));
        events[i] = memory_copy(name, strlen(name));
    }
    free_texts(settings->events);
    settings->events = events;
    return ERR_OK;
}

// headers

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
    for (size_t i = 0; i < COUNT(ours); i++)
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

static enum error_code set_headers(struct settings *settings, const struct profile *profile,
                                   const json_t *value, struct error *error)
{
    const char *name;
    json_t *item;
    size_t count = 0, bytes = 0;
    json_t *map = (json_t *)(uintptr_t)value; // jansson's macro wants it so
    if (!json_is_object(value))
        return wrong(error, "headers", "must be an object of names and texts");
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
    free_texts(settings->header_names);
    free_texts(settings->header_values);
    settings->header_names = names;
    settings->header_values = values;
    return ERR_OK;
}

// numbers

static bool is_within(const json_t *value, int64_t least, int64_t greatest)
{
    return json_is_integer(value) && json_integer_value(value) >= least &&
           json_integer_value(value) <= greatest;
}

static enum error_code set_waits(struct settings *settings, const struct profile *profile,
                                 const json_t *value, struct error *error)
{
    (void)profile;
    if (!json_is_array(value) || json_array_size(value) > SETTINGS_WAITS_MAX)
        return wrong(error, "waits", "must be a list of at most 24 numbers of seconds");
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!is_within(json_array_get(value, i), 1, WAIT_MAX_S))
            return wrong(error, "waits",
                         "each must be a whole number of seconds, 1 to 604800");
    settings->wait_count = (int)json_array_size(value);
    for (int i = 0; i < settings->wait_count; i++)
        settings->waits_ms[i] = json_integer_value(json_array_get(value, (size_t)i)) * 1000;
    return ERR_OK;
}

static enum error_code set_timeout(struct settings *settings, const struct profile *profile,
                                   const json_t *value, struct error *error)
{
    int64_t most_s = limit(LIMIT_ATTEMPT_MS) / 1000;
    (void)profile;
    if (!is_within(value, 1, most_s))
        return error_at(error, ERR_INVALID_FIELD, "timeout_s",
                        "must be a whole number of seconds, 1 to %lld", (long long)most_s);
    settings->timeout_ms = json_integer_value(value) * 1000;
    return ERR_OK;
}

static enum error_code set_in_flight(struct settings *settings, const struct profile *profile,
                                     const json_t *value, struct error *error)
{
    int64_t most = limit_row(LIMIT_IN_FLIGHT_PER_WEBHOOK)->greatest;
    (void)profile;
    if (!is_within(value, 1, most))
        return error_at(error, ERR_INVALID_FIELD, "in_flight_max",
                        "must be a whole number, 1 to %lld", (long long)most);
    settings->in_flight_max = (int)json_integer_value(value);
    return ERR_OK;
}

static enum error_code set_per_second(struct settings *settings,
                                      const struct profile *profile, const json_t *value,
                                      struct error *error)
{
    (void)profile;
    if (!is_within(value, 1, PER_SECOND_MAX))
        return error_at(error, ERR_INVALID_FIELD, "per_second_max",
                        "must be a whole number, 1 to %d", (int)PER_SECOND_MAX);
    settings->per_second_max = (int)json_integer_value(value);
    return ERR_OK;
}

static enum error_code set_encrypted(struct settings *settings, const struct profile *profile,
                                     const json_t *value, struct error *error)
{
    if (!json_is_boolean(value))
        return wrong(error, "encrypted", "must be true or false");
    if (json_is_true(value) && !profile->plan->seal.is_there)
        return wrong(error, "encrypted", "this profile has no encrypted bodies");
    settings->is_encrypted = json_is_true(value);
    return ERR_OK;
}

static enum error_code set_disable(struct settings *settings, const struct profile *profile,
                                   const json_t *value, struct error *error)
{
    (void)profile;
    if (!is_within(value, 0, DAYS_MAX))
        return wrong(error, "disable_after_days", "must be a whole number, 0 to 365");
    settings->disable_after_days = (int)json_integer_value(value);
    return ERR_OK;
}

static enum error_code set_metadata(struct settings *settings, const struct profile *profile,
                                    const json_t *value, struct error *error)
{
    (void)profile;
    if (!json_is_object(value))
        return wrong(error, "metadata", "must be an object");
    char *text = json_dumps(value, JSON_COMPACT);
    if (!text || strlen(text) > METADATA_MAX) {
        free(text);
        return wrong(error, "metadata", "is longer than 4096 bytes");
    }
    free(settings->metadata);
    settings->metadata = text;
    return ERR_OK;
}

static enum error_code set_alert_email(struct settings *settings,
                                       const struct profile *profile, const json_t *value,
                                       struct error *error)
{
    (void)profile;
    if (!json_is_string(value) ||
        !text_is_email(json_string_value(value), json_string_length(value)))
        return wrong(error, "alert_email", "must be one e-mail address");
    free(settings->alert_email);
    settings->alert_email = memory_copy(json_string_value(value), json_string_length(value));
    return ERR_OK;
}

static enum error_code set_filter(struct settings *settings, const struct profile *profile,
                                  const json_t *value, struct error *error)
{
    const char *text = json_string_value(value);
    struct json_span list;
    struct filter *filter = NULL;
    (void)profile;
    if (!text)
        return wrong(error, "filter", "must be a list of conditions");
    enum error_code code = json_check(text, json_string_length(value), &list, error);
    if (!code)
        code = filter_new(&list, &filter, error);
    if (code)
        return code;
    filter_free(filter);
    free(settings->filter);
    settings->filter = memory_copy(list.at, list.len);
    return ERR_OK;
}

// What null does to each: back to the default.
static void clear_events(struct settings *settings)
{
    free_texts(settings->events);
    settings->events = NULL;
}

static void clear_headers(struct settings *settings)
{
    free_texts(settings->header_names);
    free_texts(settings->header_values);
    settings->header_names = settings->header_values = NULL;
}

static void clear_waits(struct settings *settings)
{
    settings->wait_count = -1;
}

static void clear_timeout(struct settings *settings)
{
    settings->timeout_ms = 0;
}

static void clear_in_flight(struct settings *settings)
{
    settings->in_flight_max = 0;
}

static void clear_per_second(struct settings *settings)
{
    settings->per_second_max = 0;
}

static void clear_encrypted(struct settings *settings)
{
    settings->is_encrypted = false;
}

static void clear_disable(struct settings *settings)
{
    settings->disable_after_days = 0;
}

static void clear_metadata(struct settings *settings)
{
    free(settings->metadata);
    settings->metadata = NULL;
}

static void clear_alert_email(struct settings *settings)
{
    free(settings->alert_email);
    settings->alert_email = NULL;
}

static void clear_filter(struct settings *settings)
{
    free(settings->filter);
    settings->filter = NULL;
}

static const struct {
    const char *name;
    enum error_code (*set)(struct settings *settings, const struct profile *profile,
                           const json_t *value, struct error *error);
    void (*clear)(struct settings *settings);
} rows[] = {
    {"events", set_events, clear_events},
    {"headers", set_headers, clear_headers},
    {"waits", set_waits, clear_waits},
    {"timeout_s", set_timeout, clear_timeout},
    {"in_flight_max", set_in_flight, clear_in_flight},
    {"per_second_max", set_per_second, clear_per_second},
    {"encrypted", set_encrypted, clear_encrypted},
    {"disable_after_days", set_disable, clear_disable},
    {"metadata", set_metadata, clear_metadata},
    {"filter", set_filter, clear_filter},
    {"alert_email", set_alert_email, clear_alert_email},
};

enum error_code settings_set(struct settings *settings, const struct profile *profile,
                             const char *name, const json_t *value, struct error *error)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        bool has_default = rows[i].set != set_events || profile->events != EVENTS_ONE;
        if (!json_is_null(value) || !has_default)
            return rows[i].set(settings, profile, value, error);
        rows[i].clear(settings);
        return ERR_OK;
    }
    return error_at(error, ERR_UNKNOWN_FIELD, name, "there is no such setting");
}
