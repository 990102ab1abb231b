// Lines "Name: value" of a file: headers of a webhook, or those of a request as it came.

#ifndef CLI_HEADER_LINES_H
#define CLI_HEADER_LINES_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { HEADER_LINES_MAX = 200 };

struct header_lines {
    struct buf text; // what the lines point into
    struct {
        const char *name;
        const char *value; // without white space around it
    } lines[HEADER_LINES_MAX];
    size_t count;
};

// Reads the file, or standard input for "-". A request line before the lines, and what comes
// behind an empty line, are passed over. Errors: ERR_CONFIG naming the line; those of
// given.h. header_lines_done() is needed after an error, too; it wipes the text.
enum error_code header_lines_read(const char *path, bool is_secret, struct header_lines *ret,
                                  struct error *error) MUST_CHECK;
void header_lines_done(struct header_lines *lines);

// The value of the only such header (names in any case); NULL: none. *ret_count: how many.
const char *header_lines_find(const struct header_lines *lines, const char *name,
                              size_t *ret_count);

#endif
