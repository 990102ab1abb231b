// The data folder and the key files in it: made at the first start with modes 0700 and 0600,
// refused afterwards when they are missing or open to others.

#ifndef SERVE_FILES_H
#define SERVE_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

// Makes the folder if it is missing. Errors: ERR_IO, ERR_PERMISSION (others may write to it).
enum error_code files_make_folder(const char *path, struct error *error) MUST_CHECK;

// Append the whole file. *ret_found false: there is none (no error then). A file that group
// or others may read is refused when it is_secret. Errors: ERR_CONFIG, ERR_IO.
enum error_code files_read(const char *path, bool is_secret, struct buf *ret, bool *ret_found,
                           struct error *error) MUST_CHECK;

// Write a new file of mode 0600: complete and on stable storage, or not there at all.
enum error_code files_write_new(const char *path, const char *bytes, size_t len,
                                struct error *error) MUST_CHECK;

#endif
