// The members of a request's body, read by a table: one row per member. Whatever is wrong is
// answered 422 naming the member; a member that no row has goes to the caller, or is refused.

#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
    FIELD_TEXT,  // 1 to most bytes without control characters
    FIELD_LINES, // the same with line breaks
    FIELD_FLAG,  // true or false
    FIELD_WHOLE, // 0 to most
    FIELD_TIME,  // RFC 3339
    FIELD_TEXTS, // a list of texts, at most most of them
    FIELD_SECRET // any text: which, the profile says
};

struct field {
    const char *name;
    enum field_kind kind;
    bool is_required; // else it may be absent, or null
    int64_t most;
};

// Borrowed from the body.
struct field_value {
    bool is_given; // null too
    bool is_null;
    const char *text;
    bool flag;
    int64_t whole; // or the time in wall milliseconds
    const json_t *texts;
};

// Takes a member that the table lacks. Errors: ERR_UNKNOWN_FIELD, or whatever is wrong.
typedef enum error_code field_fn(void *owner, const char *name, const json_t *value,
                                 struct error *error);

// other may be NULL. Errors: ERR_UNKNOWN_FIELD, ERR_INVALID_FIELD, other's.
enum error_code fields_read(const json_t *body, const struct field *fields, size_t count,
                            struct field_value *ret, field_fn *other, void *owner,
                            struct error *error) MUST_CHECK;

#endif
