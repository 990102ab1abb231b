// Why an operation failed, in two forms: a code for the program and a sentence for people.
//
// A function that can fail in one obvious way returns bool. A function whose failure has a
// reason returns enum error_code. One whose failure a person must read also takes a
// struct error * as its last parameter and fills it; success leaves it untouched.

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

// X(name, HTTP status, exit code of a server that stops for it, slug, title). The API's
// problem documents (RFC 9457), the server's sysexits and the log are all made from this
// table.
#define ERROR_CODES(X)                                                                    \
    X(OK, 200, 0, "ok", "No error")                                                       \
    X(BAD_REQUEST, 400, 64, "bad_request", "The request is malformed")                    \
    X(BAD_FRAMING, 400, 64, "bad_framing", "The request's length is ambiguous")           \
    X(BAD_JSON, 400, 65, "bad_json", "The body is not JSON")                              \
    X(JSON_TOO_DEEP, 400, 65, "json_too_deep", "The JSON is nested too deep")             \
    X(DUPLICATE_KEY, 400, 65, "duplicate_key", "A member stands twice")                   \
    X(BAD_CURSOR, 400, 64, "bad_cursor", "The cursor is not one of ours")                 \
    X(UNAUTHENTICATED, 401, 77, "unauthenticated", "No valid key was given")              \
    X(FORBIDDEN_SCOPE, 403, 77, "forbidden_scope", "The key lacks a scope")               \
    X(CSRF, 403, 77, "csrf", "The request may come from another site's page")             \
    X(NOT_FOUND, 404, 66, "not_found", "There is no such thing")                          \
    X(METHOD_NOT_ALLOWED, 405, 64, "method_not_allowed", "The path has no such method")   \
    X(REQUEST_TIMEOUT, 408, 69, "request_timeout", "The request took too long to arrive") \
    X(CONFLICT, 409, 73, "conflict", "That already exists, or its state forbids this")    \
    X(IN_PROGRESS, 409, 75, "in_progress", "A request with this key is still running")    \
    X(QUOTA_EXCEEDED, 409, 73, "quota_exceeded", "There are as many as are allowed")      \
    X(EXPIRED, 410, 66, "expired", "That is no longer kept")                              \
    X(PRECONDITION, 412, 75, "changed", "It has changed meanwhile")                       \
    X(TOO_LARGE, 413, 65, "too_large", "The body is too large")                           \
    X(URI_TOO_LONG, 414, 64, "uri_too_long", "The request line is too long")              \
    X(UNSUPPORTED_TYPE, 415, 65, "unsupported_type",                                      \
      "The body is of a type not accepted here")                                          \
    X(EXPECTATION, 417, 64, "expectation_failed", "The expectation cannot be met")        \
    X(UNKNOWN_FIELD, 422, 65, "unknown_field", "There is no such field")                  \
    X(INVALID_FIELD, 422, 65, "invalid_field", "A field's value is not allowed")          \
    X(INVALID_URL, 422, 65, "invalid_url", "The URL is not allowed")                      \
    X(HEADER_NOT_ALLOWED, 422, 65, "header_not_allowed", "The header is not allowed")     \
    X(UNKNOWN_EVENT_TYPE, 422, 65, "unknown_event_type",                                  \
      "The profile has no such event type")                                               \
    X(DUPLICATE_MEMBER, 422, 65, "duplicate_key",                                         \
      "A member that the profile sets stands twice")                                      \
    X(IDEMPOTENCY_MISMATCH, 422, 65, "idempotency_mismatch",                              \
      "The key was used with another body")                                               \
    X(RATE_LIMITED, 429, 75, "rate_limited", "Too many requests")                         \
    X(HEADERS_TOO_LARGE, 431, 64, "headers_too_large", "The headers are too large")       \
    X(BROKEN, 500, 70, "internal", "This should not happen")                              \
    X(NOT_IMPLEMENTED, 501, 64, "not_implemented", "The method is unknown")               \
    X(UNAVAILABLE, 503, 69, "unavailable", "The server cannot do this now")               \
    X(OVERLOADED, 503, 75, "overloaded", "Too much work in hand")                         \
    X(DISK_FULL, 503, 74, "disk_full", "There is no room to keep it")                     \
    X(HTTP_VERSION, 505, 64, "http_version", "The HTTP version is not spoken here")       \
    X(IO, 500, 74, "io_error", "The disk failed")                                         \
    X(DAMAGED, 500, 65, "damaged", "The data is damaged or not ours")                     \
    X(HELD, 500, 75, "held", "Another server holds it")                                   \
    X(PERMISSION, 500, 77, "permission", "The system does not permit this")               \
    X(CONFIG, 500, 78, "config", "The configuration is wrong")

enum error_code {
#define X(name, status, exit, slug, title) ERR_##name,
    ERROR_CODES(X)
#undef X
};

enum { ERROR_FIELD_MAX = 80, ERROR_TEXT_MAX = 400 };

struct error {
    enum error_code code;
    char
        field[ERROR_FIELD_MAX]; // the JSON pointer, header, option or file it is about, or ""
    char text[ERROR_TEXT_MAX];  // a sentence without a full stop
};

const char *error_slug(enum error_code code);
const char *error_title(enum error_code code);
int error_http_status(enum error_code code);
int error_exit_code(enum error_code code);

// Fill *error and return code, so that a failing function can end in one line:
//     return error_set(error, ERR_CONFLICT, "the type %s already has a webhook", type);
// error may be NULL. Control bytes of the formatted text are replaced by '?'.
enum error_code error_set(struct error *error, enum error_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
// The same, naming the field.
enum error_code error_at(struct error *error, enum error_code code, const char *field,
                         const char *format, ...) PRINTF_LIKE(4, 5);

#endif
