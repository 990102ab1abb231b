// The parameters of a request's query: each at most once, none unknown, values
// percent-decoded.

#ifndef API_QUERY_H
#define API_QUERY_H

#include "api/requests.h"
#include "base/error.h"

#include <stddef.h>

// ret has one place per name; what is not there stays {NULL, 0}. Values are NUL-terminated
// and live in arena. Errors: ERR_INVALID_FIELD naming the parameter.
enum error_code query_read(struct text_span query, const char *const *names, size_t count,
                           struct arena *arena, struct text_span *ret,
                           struct error *error) MUST_CHECK;

// The same, but parameters of other names are passed over.
enum error_code query_read_some(struct text_span query, const char *const *names,
                                size_t count, struct arena *arena, struct text_span *ret,
                                struct error *error) MUST_CHECK;

#endif
