// A profile while it is loaded: the empty one, and the keys that say how merchants register.

#ifndef HOOK_PROFILE_LOAD_H
#define HOOK_PROFILE_LOAD_H

#include "base/error.h"

#include <jansson.h>

struct place;
struct profile;

// With everything at its default; takes the source over.
struct profile *profile_new(json_t *source);

enum error_code load_register(const struct place *at) MUST_CHECK; // after the types
enum error_code load_types(const struct place *at) MUST_CHECK;

#endif
