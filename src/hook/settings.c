#include "hook/settings.h"

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

enum { WAIT_MAX_S = 7 * 86400, DAYS_MAX = 365, METADATA_MAX = 4096, PER_SECOND_MAX = 10000 };

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->wait_count = -1;
}

void settings_done(struct settings *settings)
{
    settings_free_texts(settings->events);
    settings_free_texts(settings->header_names);
    settings_free_texts(settings->header_values);
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
    settings_free_texts(settings->events);
    settings->events = events;
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
    if (!is_within(value, 0, DAYS_MAX))
        return wrong(error, "disable_after_days", "must be a whole number, 0 to 365");
    if (json_integer_value(value) > 0 && !profile->disables_failing)
        return wrong(error, "disable_after_days",
                     "no webhook of this profile is disabled for failing");
    settings->disable_after_days = (int)json_integer_value(value);
    return ERR_OK;
}

static enum error_code set_metadata(struct settings *settings, const struct profile *profile,
                                    const json_t *value, struct error *error)
{
    (void)profile;
    if (!json_is_string(value))
        return wrong(error, "metadata", "must be an object");
    if (json_string_length(value) > METADATA_MAX)
        return wrong(error, "metadata", "is longer than 4096 bytes");
    free(settings->metadata);
    settings->metadata = memory_copy(json_string_value(value), json_string_length(value));
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
    size_t len = json_string_length(value);
    (void)profile;
    if (!text)
        return wrong(error, "filter", "must be a list of conditions");
    enum error_code code = ERR_OK;
    if (!settings->is_stored) // else whoever uses it will see
        code = filter_check(text, len, error);
    if (code)
        return code;
    free(settings->filter);
    settings->filter = memory_copy(text, len);
    return ERR_OK;
}

// What null does to each: back to the default.
static void clear_events(struct settings *settings)
{
    settings_free_texts(settings->events);
    settings->events = NULL;
}

static void clear_headers(struct settings *settings)
{
    settings_free_texts(settings->header_names);
    settings_free_texts(settings->header_values);
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
    {"headers", settings_set_headers, clear_headers},
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
