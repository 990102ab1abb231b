// The profiles that are built in, and those of a user's own folder, which come after and
// replace built-in ones of the same name.

#ifndef SERVE_PROFILE_FOLDER_H
#define SERVE_PROFILE_FOLDER_H

#include "base/error.h"

struct profile_set;

// folder may be NULL. Every *.json in it is read, in order of name.
// Errors: ERR_CONFIG naming file, place and reason.
enum error_code profile_folder_load(const char *folder, struct profile_set *ret,
                                    struct error *error) MUST_CHECK;

#endif
