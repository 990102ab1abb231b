// The body of a request, where the route wants one: of which type it is, and the tree of it.

#ifndef API_JSON_BODY_H
#define API_JSON_BODY_H

#include "base/error.h"

#include <stdbool.h>

struct request;

// Where the route reads one with jansson: request->json is then an object. Once it is there,
// or was read, nothing. Errors: the fault of a request that has none; ERR_UNSUPPORTED_TYPE,
// ERR_BAD_JSON and its like, ERR_INVALID_FIELD.
enum error_code json_body_take(struct request *request, struct error *error) MUST_CHECK;

#endif
