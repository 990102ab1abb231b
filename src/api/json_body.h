// The body of a request, where the route wants one: of which type it is, and the tree of it.

#ifndef API_JSON_BODY_H
#define API_JSON_BODY_H

#include "base/error.h"

#include <stdbool.h>

struct request;

// Of the right type, where the route wants a body, and never too large. Errors:
// ERR_UNSUPPORTED_TYPE, ERR_TOO_LARGE.
enum error_code json_body_check(const struct request *request, bool is_wanted,
                                struct error *error) MUST_CHECK;
// Fills request->json with an object. Errors: ERR_BAD_JSON and its like, ERR_INVALID_FIELD.
enum error_code json_body_read(struct request *request, struct error *error) MUST_CHECK;

#endif
