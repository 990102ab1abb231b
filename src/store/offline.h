// What is done to a store that no server holds: looked at, brought to this version's schema,
// put back from a backup. The caller has the lock (store/lock.h), but for looking.

#ifndef STORE_OFFLINE_H
#define STORE_OFFLINE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct store_look {
    int64_t bytes;
    uint32_t version, known_version; // of the schema: the file's, this program's
};

// The file behind "sqlite:PATH"; false: it is no such URL, or too long.
bool store_file(const char *url, char *ret, size_t room);

// Is there a database of this program, of no newer version? Reads its head, and opens no
// database. Errors: ERR_NOT_FOUND, ERR_DAMAGED, ERR_PERMISSION, ERR_IO.
enum error_code store_look(const char *file, struct store_look *ret,
                           struct error *error) MUST_CHECK;

// Is it whole, to its last page? Errors: as above.
enum error_code store_check(const char *file, struct error *error) MUST_CHECK;

// Brings it to this program's schema, or leaves it as it was; *ret_from: what it had.
// Errors: as above, ERR_DISK_FULL.
enum error_code store_migrate(const char *file, int64_t now_ms, uint32_t *ret_from,
                              struct error *error) MUST_CHECK;
const char *store_step_says(uint32_t version); // what the step to this version does

// The digest that stands beside the backup. False: there is none that can be read; *ret is
// empty.
enum { STORE_DIGEST_MAX = 65 };
bool store_digest_said(const char *backup, char ret[STORE_DIGEST_MAX]);
// Has the backup's copy the digest that was said? Errors: ERR_DAMAGED, ERR_IO.
enum error_code store_digest_check(const char *copy, const char *said,
                                   struct error *error) MUST_CHECK;

// Append the value that is kept by this name. False: there is none, or no database.
bool store_peek(const char *file, const char *name, struct buf *ret);

#endif
