// A profile: the full statement of how one platform speaks to its merchants' endpoints,
// loaded from one JSON file (docs/profiles.md). Data, not code: no profile's name stands in
// the program. Immutable once loaded; shared by all threads without a lock.

#ifndef HOOK_PROFILE_H
#define HOOK_PROFILE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan; // the compiled body, headers and proofs: hook/plan.h

enum { PROFILE_WAITS_MAX = 24, PROFILE_MAIL_LINES_MAX = 8 };
enum secret_from {
    SECRET_FROM_NONE,
    SECRET_FROM_MADE,
    SECRET_FROM_GIVEN,
    SECRET_FROM_EITHER
};
enum secret_show { SECRET_SHOW_NEVER, SECRET_SHOW_ONCE, SECRET_SHOW_ALWAYS };
enum events_rule {
    EVENTS_CHOSEN,
    EVENTS_ALL,
    EVENTS_ONE
}; // a webhook's choice; EVENTS_ONE: exactly one type

struct event_type {
    char *name;
    char *says;
    json_t *schema;  // or NULL
    json_t *example; // or NULL
    char **require;  // JSON pointers that a payload must have; NULL-terminated, may be NULL
};

struct profile {
    char *name;
    char *title;
    json_t *source; // the file as read
    struct plan *plan;

    // attempts
    struct {
        int16_t first, last;
    } received[8]; // status ranges that count as received
    size_t received_count;
    int64_t timeout_ms;
    int64_t waits_ms[PROFILE_WAITS_MAX]; // after the k-th failed scheduled attempt; then it
                                         // has failed
    int wait_count;
    int jitter_percent;       // only ever added; 0: exact
    bool honours_retry_after; // on 429 and 503, only to wait longer
    bool disables_on_410;
    bool disables_failing; // its webhooks may have disable_after_days
    bool mails_at_end;
    struct {
        char *label, *pointer; // "Product": the payload's "/product_title", where it has one
    } mail_lines[PROFILE_MAIL_LINES_MAX];
    size_t mail_line_count;

    // registering
    enum events_rule events;
    char **default_events; // NULL-terminated or NULL: all
    int webhooks_max;      // 0: the server's limit
    bool is_exclusive;     // a type may be bound to one webhook only
    bool needs_https;
    bool needs_name;
    enum secret_from secret_from;
    enum secret_show secret_show;
    char *secret_charset;
    size_t secret_min, secret_max;
    char *secret_prefix;      // "whsec_" or ""
    bool secret_is_base64;    // what stands after the prefix; secret_min, _max then count
                              // decoded bytes
    size_t secret_make_bytes; // random bytes of a generated one, spelled as secret_make_as
    enum { SECRET_AS_HEX, SECRET_AS_BASE64, SECRET_AS_BASE64URL } secret_make_as;
    int64_t secret_overlap_ms; // both sign meanwhile; 0: the proof cannot be doubled
    enum { KEY_FORM_NATIVE, KEY_FORM_PAIR, KEY_FORM_SK } key_form;

    // catalogue
    bool is_open; // types beyond the catalogue are accepted
    struct event_type *types;
    size_t type_count;
};

// Errors: ERR_CONFIG; field is "file", text "line 12: headers[2]: no such variable
// {attempt.hour}".
enum error_code profile_load(const char *file, const char *text, size_t len,
                             struct profile **ret, struct error *error) MUST_CHECK;
void profile_free(struct profile *profile); // does nothing to NULL

bool profile_received(const struct profile *profile, int status);
const struct event_type *profile_type(const struct profile *profile,
                                      const char *name); // or NULL
// Is the name one that events may have under this profile? Its form is checked, too.
bool profile_has_type(const struct profile *profile, const char *name);
bool profile_type_is_formed(const char *name); // [A-Za-z0-9_.-]{1,128}

// A secret that a person gave. Errors: ERR_INVALID_FIELD, field "secret".
enum error_code profile_check_secret(const struct profile *profile, const char *text,
                                     size_t len, struct error *error) MUST_CHECK;
// Spell a generated one from dice (secret_make_bytes of them, at most 64) into ret.
enum { PROFILE_SECRET_MAX = 600, PROFILE_SECRET_DICE = 64 };
void profile_make_secret(const struct profile *profile,
                         const unsigned char dice[PROFILE_SECRET_DICE],
                         char ret[PROFILE_SECRET_MAX]);

// The profiles of a server, by name.
struct profile_set {
    struct profile **profiles;
    size_t count;
};
const struct profile *profile_set_find(const struct profile_set *set,
                                       const char *name); // or NULL
// Takes the profile over, replacing one of the same name.
void profile_set_add(struct profile_set *set, struct profile *profile);
void profile_set_done(struct profile_set *set);

#endif
