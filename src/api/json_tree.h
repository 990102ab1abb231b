// JSON as jansson's tree. Jansson refuses numbers that no integer of 64 bits and no double
// can hold, though they are JSON: here they become the greatest that it knows, which no field
// takes. Who wants the digits has the text (base/json_span.h).

#ifndef API_JSON_TREE_H
#define API_JSON_TREE_H

#include <jansson.h>
#include <stddef.h>

// As json_loadb(), of a text that json_check() has accepted.
json_t *json_tree(const char *text, size_t len, size_t flags, json_error_t *ret_why);

#endif
