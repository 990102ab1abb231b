// The keys of a profile's file that say how merchants register.

#ifndef HOOK_PROFILE_LOAD_H
#define HOOK_PROFILE_LOAD_H

#include "base/error.h"

struct place;

enum error_code load_register(const struct place *at) MUST_CHECK; // after the types
enum error_code load_types(const struct place *at) MUST_CHECK;

#endif
