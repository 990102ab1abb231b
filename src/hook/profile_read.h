// Reading a profile's file: where a value stands, what it must be, and how it is said when it
// is not. The loaders (profile_load.c, profile_register.c, plan_load.c) are made of these.

#ifndef HOOK_PROFILE_READ_H
#define HOOK_PROFILE_READ_H

#include "base/error.h"
#include "base/json_span.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;

struct reading { // one file being read
    const char *file;
    const char *text;
    struct json_span root;
    struct profile *profile; // what is being filled
    struct error *error;
};

struct place { // a value of it; the one it stands in is the caller's
    struct reading *reading;
    const struct place *up; // NULL: the whole file
    const char *name;       // of the member; NULL: an item of a list
    size_t index;
    const json_t *value;
};

struct place place_item(const struct place *list, size_t index);
struct json_span place_span(const struct place *place); // its bytes in the file

// ERR_CONFIG with "line 12: headers[2]: …".
enum error_code place_wrong(const struct place *place, const char *format, ...)
    PRINTF_LIKE(2, 3);

// One key of an object. The loaders run in the table's order, so that one may use what an
// earlier one has filled.
struct place_key {
    const char *name;
    bool is_required;
    enum error_code (*load)(const struct place *at);
};
enum error_code place_keys(const struct place *object, const struct place_key *keys,
                           size_t count) MUST_CHECK;

enum error_code place_list(const struct place *place, size_t max) MUST_CHECK;
enum error_code place_text(const struct place *place, const char **ret) MUST_CHECK;
enum error_code place_copy(const struct place *place, char **ret) MUST_CHECK; // malloc'd
enum error_code place_flag(const struct place *place, bool *ret) MUST_CHECK;
enum error_code place_number(const struct place *place, int64_t least, int64_t greatest,
                             int64_t *ret) MUST_CHECK;
// "500ms", "10s", "5m", "2h", "1d".
enum error_code place_duration(const struct place *place, int64_t least_ms,
                               int64_t greatest_ms, int64_t *ret_ms) MUST_CHECK;
// One of the words; *ret is its index. words ends with NULL.
enum error_code place_word(const struct place *place, const char *const words[],
                           int *ret) MUST_CHECK;

#endif
