// The SQLite file: made, checked before it is touched, opened with the settings that the
// promises rest on, closed.

#ifndef STORE_SQLITE_OPEN_H
#define STORE_SQLITE_OPEN_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct store_backend;

enum error_code sqlite_open(const char *url, int64_t now_ms, struct store_backend **ret,
                            struct error *error);
void sqlite_close(struct store_backend *backend);
bool sqlite_is_new(const struct store_backend *backend);
const char *sqlite_why(const struct store_backend *backend);
bool sqlite_setting(struct store_backend *backend, const char *name, struct buf *ret);
enum error_code sqlite_set_setting(struct store_backend *backend, const char *name,
                                   const char *value, struct error *error);

// The file as a database of this program, complete under its name or not at all.
// Errors: ERR_IO, ERR_PERMISSION.
enum error_code sqlite_make(const char *path, int64_t now_ms, struct error *error);
// Is it ours, of this version and whole? Reads only; the file stays as it is.
// Errors: ERR_DAMAGED, ERR_PERMISSION, ERR_IO.
enum error_code sqlite_check(const char *path, struct error *error);

#endif
