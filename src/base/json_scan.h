// The scanner behind base/json_span.h: walks over one JSON value byte by byte, without
// recursion and without building anything. Nothing else includes this.

#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct json_scan {
    const char *at; // what is left to read; after a failure, the byte that did not fit
    const char *end;
    uint64_t maps;  // one bit per open container, the innermost lowest: it is a map
    unsigned depth; // how many are open
};

// One value with all that it holds; at moves behind it.
enum error_code json_scan_value(struct json_scan *scan) MUST_CHECK;

void json_scan_space(struct json_scan *scan);
bool json_scan_skip(struct json_scan *scan, char c); // False: c is not next

// The character of uXXXX or uXXXX\uXXXX, of which *at is the first u; -1: it is neither, or
// half a surrogate pair. *at moves behind it.
int32_t json_scan_character(const char **at, const char *end);

#endif
