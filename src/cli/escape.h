// Text of strangers made harmless for a terminal and for tab-separated lines: an escape
// sequence, a line feed or a character that turns the direction of writing is shown, not
// obeyed.

#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include <stddef.h>

struct buf;

// Control bytes, malformed UTF-8, U+0080–009F and marks of direction become \n, \t, \x1b or
// \u202e.
void escape_text(struct buf *ret, const char *text, size_t len);

// JSON for a terminal: the same, spelled so that it stays the same JSON.
void escape_json(struct buf *ret, const char *text, size_t len);

// A part of a path or a value of a query: all but unreserved characters as %XX (RFC 3986).
void escape_url(struct buf *ret, const char *text, size_t len);

#endif
