// A strict JSON validator (RFC 8259, UTF-8 only) that yields spans of the text it was given:
// the payloads of events pass through it without being parsed, copied or written anew, so
// `1.10`, `12345678901234567890`, key order and escapes stay as they came.
//
// json_check() must have accepted a text before any other function here sees it. No
// recursion; nesting over LIMIT_JSON_DEPTH is refused.
//
// It agrees with jansson on what is refused, but for five things. Passed on by us, because
// nobody here takes their value: numbers too big for jansson's integers or for a double, and
// \u0000 in strings and names. Passed by both unless asked: repeated names (RFC 8259 allows
// them; whoever cares calls json_find()). Refused by us alone: nesting between our limit and
// jansson's 2048, and a NUL byte behind a number, which jansson overlooks.

#ifndef BASE_JSON_SPAN_H
#define BASE_JSON_SPAN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum json_kind {
    JSON_NONE,
    JSON_NULL_VALUE,
    JSON_FALSE_VALUE,
    JSON_TRUE_VALUE,
    JSON_NUMBER,
    JSON_TEXT,
    JSON_LIST,
    JSON_MAP
};

struct json_span {
    const char *at; // the value's first byte; a string's is its quote
    size_t len;     // up to its last byte; no white space around it
    enum json_kind kind;
};

struct json_member {
    struct json_span name; // a JSON_TEXT with its quotes
    struct json_span value;
};

struct json_walk {
    const char *at;
    const char *end;
};

// Is text one JSON value and nothing else but white space? *ret is that value's span.
// Errors: ERR_BAD_JSON with the byte offset, ERR_JSON_TOO_DEEP.
enum error_code json_check(const char *text, size_t len, struct json_span *ret,
                           struct error *error) MUST_CHECK;

// The members of a map, or the items of a list, in order. False: no more.
void json_walk_init(struct json_walk *walk, const struct json_span *map_or_list);
bool json_next_member(struct json_walk *walk, struct json_member *ret);
bool json_next_item(struct json_walk *walk, struct json_span *ret);

// How often the name stands in the map; *ret is the first one's value (JSON_NONE: none).
// name is compared after the text's escapes were resolved.
size_t json_find(const struct json_span *map, const char *name, struct json_span *ret);

// A string's characters with escapes resolved, NUL-terminated. False: longer than room - 1,
// or it holds a NUL, or a lone surrogate.
bool json_text(const struct json_span *text, char *ret, size_t room, size_t *ret_len);
bool json_text_equal(const struct json_span *text, const char *plain);

#endif
