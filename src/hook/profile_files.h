// The profiles that are built into the program: profiles/*.json, by name.

#ifndef HOOK_PROFILE_FILES_H
#define HOOK_PROFILE_FILES_H

#include <stddef.h>

struct profile_file {
    const char *name; // of the file, as in "name.json"
    const char *text; // NUL-terminated
    size_t len;
};

extern const struct profile_file profile_files[];
extern const size_t profile_files_count;

#endif
