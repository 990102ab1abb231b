// The SQLite file: made, checked before it is touched, opened with the settings that the
// promises rest on, closed.

#ifndef STORE_SQLITE_OPEN_H
#define STORE_SQLITE_OPEN_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct store_backend;

enum error_code sqlite_open(const char *url, int64_t now_ms, struct store_backend **ret,
                            struct error *error);
void sqlite_close(struct store_backend *backend);
bool sqlite_is_new(const struct store_backend *backend);
int64_t sqlite_newest_event(const struct store_backend *backend);
const char *sqlite_why(const struct store_backend *backend);
bool sqlite_setting(struct store_backend *backend, const char *name, struct buf *ret);
enum error_code sqlite_set_setting(struct store_backend *backend, const char *name,
                                   const char *value, struct error *error);

// The file as a database of this program, complete under its name or not at all.
// Errors: ERR_IO, ERR_PERMISSION.
enum error_code sqlite_make(const char *path, int64_t now_ms, struct error *error);

struct sqlite_look {
    int64_t bytes;
    uint32_t version; // of its schema; while a log is beside the file, perhaps an older one's
};

// Is it ours, of no newer version, and not cut off? Reads the file's head alone, and opens no
// database: for a running server's, too. Errors: ERR_DAMAGED, ERR_PERMISSION, ERR_IO.
enum error_code sqlite_look(const char *path, struct sqlite_look *ret,
                            struct error *error) MUST_CHECK;
// … and of this version, and whole? A file of more than bytes_max is not read to its end.
// Reads only; the file stays as it is.
enum error_code sqlite_check(const char *path, int64_t bytes_max,
                             struct error *error) MUST_CHECK;
// Writes the new file `to` of mode 0600: the database at one moment, as one file, checked to
// the last page, on stable storage; or removes it again. step is told after each megabyte;
// false: give up. Any thread, whoever writes to it meanwhile. Errors: ERR_IO, ERR_DISK_FULL,
// ERR_DAMAGED (the copy does not hold together), ERR_UNAVAILABLE (given up).
enum error_code sqlite_copy(const char *from, const char *to,
                            bool (*step)(void *owner, int64_t done, int64_t total),
                            void *owner, struct error *error) MUST_CHECK;

// Nobody else may have it open for writing. *ret is to be closed after a failure, too.
bool sqlite_open_to_read(const char *path, sqlite3 **ret);

// What the server does at its start with a file that is there: all of these, and an older
// one is brought to this version (store/sqlite_migrate.h).
enum error_code sqlite_take(const char *path, int64_t now_ms, struct error *error) MUST_CHECK;

bool sqlite_answers(sqlite3 *db, const char *sql, const char *expected); // its first row
bool sqlite_has_schema(sqlite3 *db); // every statement of this program compiles

#endif
