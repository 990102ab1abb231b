// JSON pointers (RFC 6901) on spans.

#ifndef HOOK_POINTER_H
#define HOOK_POINTER_H

#include "base/json_span.h"

#include <stdbool.h>

// The value that the pointer names; the first, where a member stands twice. False: none.
bool pointer_find(const struct json_span *root, const char *pointer, struct json_span *ret);

#endif
