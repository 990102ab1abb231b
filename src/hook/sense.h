// Does a payload say what its event type must, and do its sums hold?

#ifndef HOOK_SENSE_H
#define HOOK_SENSE_H

#include "base/error.h"

struct accept;
struct event_type;
struct json_span;
struct plan;

// What the type requires is there, neither null nor an empty text, of the kind and length
// that the type's schema says of it, and one of the texts that it lists. type may be NULL.
// Errors: ERR_INVALID_FIELD with the pointer.
enum error_code sense_require(const struct event_type *type, const struct json_span *payload,
                              struct error *error) MUST_CHECK;

// Adds a warning for each check of the profile that does not hold.
void sense_check(const struct plan *plan, const struct json_span *payload,
                 struct accept *ret);

#endif
