// What may be set on a webhook beside its name, URL, state and secret. One reader serves the
// API's bodies and the store's column, so a row that was tampered with is refused like a bad
// request.

#ifndef HOOK_SETTINGS_H
#define HOOK_SETTINGS_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;

enum { SETTINGS_WAITS_MAX = 24, SETTINGS_EVENTS_MAX = 256, SETTINGS_HEADERS_MAX = 64 };

struct settings {
    char **events; // NULL-terminated; NULL: the profile's default
    char *
        *header_names; // NULL-terminated, parallel to header_values; sealed apart when stored
    char **header_values;
    int64_t waits_ms[SETTINGS_WAITS_MAX];
    int wait_count;     // −1: the profile's
    int64_t timeout_ms; // 0: the profile's
    int in_flight_max;  // 0: the default
    int per_second_max; // 0: none
    bool is_encrypted;
    int disable_after_days; // 0: never
    char *metadata;         // a JSON object's text, as it came, or NULL
    char *alert_email;      // told of a failed delivery, rather than the app's; or NULL
    char *filter;           // the text of a list of conditions (hook/filter.h), or NULL
    // While being read: types that the app has beside its profile's. NULL-terminated and
    // borrowed, or NULL.
    char *const *own_types;
    bool is_stored; // … or a stored column is read: its types were there when it was written
};

void settings_init(struct settings *settings); // the profile's defaults everywhere
void settings_done(struct settings *settings);

// Take one member of a request's body or of a stored column: events, headers, waits,
// timeout_s, in_flight_max, per_second_max, encrypted, disable_after_days, metadata, filter,
// alert_email; null: back to the default. metadata (an object) and filter are given as the
// text of their JSON, so that their numbers keep their digits. Errors: ERR_UNKNOWN_FIELD (not
// one of these), ERR_INVALID_FIELD, ERR_HEADER_NOT_ALLOWED, ERR_UNKNOWN_EVENT_TYPE; the
// settings are unchanged then.
enum error_code settings_set(struct settings *settings, const struct profile *profile,
                             const char *name, const json_t *value,
                             struct error *error) MUST_CHECK;

// Of these the files of the settings themselves are made. settings_free_texts() wipes: values
// of headers may be credentials.
enum error_code settings_set_headers(struct settings *settings, const struct profile *profile,
                                     const json_t *value, struct error *error) MUST_CHECK;
void settings_free_texts(char **texts);

// As JSON: for the store (without headers, which are sealed apart), or for the API (with
// header names but masked values; every member there, null where the profile's default
// holds; without metadata and filter, whose text stands above as it came). The caller's to
// json_decref().
json_t *settings_to_store(const struct settings *settings);
json_t *settings_to_api(const struct settings *settings);
json_t *settings_headers(const struct settings *settings); // {"name":"value"}: to be sealed

// From the two stored forms; either may be NULL. Errors: ERR_DAMAGED.
enum error_code settings_from_store(struct settings *ret, const struct profile *profile,
                                    const char *json, const char *headers_json,
                                    struct error *error) MUST_CHECK;

#endif
