// What a command is given in files or on standard input: payloads, secrets, header lines,
// times.

#ifndef CLI_GIVEN_H
#define CLI_GIVEN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum { GIVEN_BYTES_MAX = 1 << 23 };

// Append the file whole, or standard input for "-". A secret's file must not be one that
// others may read. Errors: ERR_CONFIG, ERR_IO; a ret that overflows: ERR_TOO_LARGE.
enum error_code given_file(const char *path, bool is_secret, struct buf *ret,
                           struct error *error) MUST_CHECK;
// "@FILE", "@-" and "-" name a file; everything else is the text itself.
enum error_code given_text(const char *text, struct buf *ret, struct error *error) MUST_CHECK;
// A secret's file without the line feed at its end. Errors: as above; an empty one
// ERR_CONFIG.
enum error_code given_secret(const char *path, struct buf *ret,
                             struct error *error) MUST_CHECK;

// … of what is no secret.
enum error_code given_open(const char *path, struct buf *ret, struct error *error) MUST_CHECK;

// A number up to most. Errors: ERR_BAD_REQUEST naming the flag.
enum error_code given_count(const char *flag, const char *text, uint64_t most, uint64_t *ret,
                            struct error *error) MUST_CHECK;
// "5m" as milliseconds. Errors: ERR_BAD_REQUEST naming the flag.
enum error_code given_duration(const char *flag, const char *text, int64_t *ret_ms,
                               struct error *error) MUST_CHECK;
// RFC 3339, or a duration for that long ago. Errors: ERR_BAD_REQUEST naming the flag.
enum error_code given_time(const char *flag, const char *text, int64_t *ret_wall_ms,
                           struct error *error) MUST_CHECK;
// … or for that long from now.
enum error_code given_later(const char *flag, const char *text, int64_t *ret_wall_ms,
                            struct error *error) MUST_CHECK;

#endif
