// From a parsed head to the request that a handler sees, and the rules of requests that are
// not grammar: which methods there are, which forms of target, which expectations.

#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "base/error.h"
#include "net/server.h"

struct head;

// bytes: the head, whose names are lowered in place; *ret points into bytes and headers (room
// for HEAD_LINES_MAX), has no body, and of the connection only what the head says.
// An absolute-form target must name the same authority as Host: two names for one request
// could be read differently by whoever stands before us.
// Errors: ERR_NOT_IMPLEMENTED (an unknown method), ERR_BAD_REQUEST (the target; ret->path is
// then NULL), ERR_EXPECTATION, ERR_TOO_LARGE (the announced body).
enum error_code request_from_head(const struct head *head, char *bytes,
                                  struct http_header *headers, struct http_request *ret,
                                  struct error *error) MUST_CHECK;
enum error_code request_too_large(struct error *error); // says so

#endif
