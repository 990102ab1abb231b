// What one attempt came to. A failed attempt is not an error of ours: it is a value, stored
// and shown. The error numbers are stored: append only.

#ifndef HOOK_OUTCOME_H
#define HOOK_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(NAME, number, slug, sentence). Those up to LOCAL are said by the sender; the sentence is
// read by the merchant's developer and may be followed by the outcome's detail.
#define OUTCOME_ERRORS(X)                                                                   \
    X(NONE, 0, "", "")                                                                      \
    X(STATUS, 1, "status",                                                                  \
      "the endpoint answered with a status that does not count as received")                \
    X(REDIRECT, 2, "redirect",                                                              \
      "the endpoint answered with a redirect, which is never followed")                     \
    X(DNS, 3, "dns_error", "the host name could not be resolved")                           \
    X(DNS_TIMEOUT, 4, "dns_timeout", "the host name was not resolved in time")              \
    X(BLOCKED, 5, "blocked", "the address of this endpoint is not allowed")                 \
    X(REFUSED, 6, "connection_refused", "the endpoint refused the connection")              \
    X(UNREACHABLE, 7, "unreachable", "the endpoint's network cannot be reached")            \
    X(CONNECT_TIMEOUT, 8, "connect_timeout",                                                \
      "the endpoint did not accept a connection in time")                                   \
    X(TLS, 9, "tls_error", "the TLS handshake failed")                                      \
    X(TLS_TIMEOUT, 10, "timeout_tls", "the TLS handshake did not end in time")              \
    X(TLS_EXPIRED, 11, "tls_expired", "the certificate has expired or is not yet valid")    \
    X(TLS_NAME, 12, "tls_name", "the certificate is for another name")                      \
    X(TLS_UNTRUSTED, 13, "tls_untrusted",                                                   \
      "the certificate is not signed by a known authority")                                 \
    X(TLS_VERSION, 14, "tls_version", "the endpoint speaks no TLS 1.2 or newer")            \
    X(TIMEOUT, 15, "timeout_headers", "the endpoint did not answer in time")                \
    X(RESET, 16, "connection_reset", "the connection was reset before an answer came")      \
    X(INCOMPLETE, 17, "incomplete_response",                                                \
      "the endpoint closed before its answer was complete")                                 \
    X(BAD_STATUS_LINE, 18, "bad_status_line", "the answer does not begin as HTTP/1.1 does") \
    X(BAD_RESPONSE, 19, "bad_response", "the answer's headers are malformed")               \
    X(BAD_FRAMING, 20, "bad_framing", "the answer's length is ambiguous")                   \
    X(HEADERS_TOO_LARGE, 21, "response_headers_too_large",                                  \
      "the answer's headers are too large")                                                 \
    X(TOO_MANY_INTERIM, 22, "too_many_interim", "too many interim answers came")            \
    X(UNEXPECTED_101, 23, "unexpected_101", "the endpoint wanted to switch protocols")      \
    X(LOCAL, 24, "local_resource",                                                          \
      "this server had no room for the connection; the attempt does not count")             \
    X(INTERRUPTED, 25, "interrupted",                                                       \
      "this server stopped during the attempt; it does not count")                          \
    X(KEY_UNAVAILABLE, 26, "key_unavailable",                                               \
      "the webhook's secret could not be read; nothing was sent")

enum outcome_error {
#define X(name, number, slug, sentence) OUTCOME_##name = number,
    OUTCOME_ERRORS(X)
#undef X
        OUTCOME_ERRORS_COUNT
};

const char *outcome_error_slug(enum outcome_error error);
const char *outcome_error_sentence(enum outcome_error error);
// Of an attempt that never came to an answer, by our own doing. Nothing is to be released.
struct outcome outcome_of_none(enum outcome_error error);
// Does it say something about the receiver, and not only about this server?
bool outcome_is_receivers(enum outcome_error error);

struct outcome {
    enum outcome_error
        error;          // of the sender: NONE when a final head came, whatever its status
    const char *detail; // "" or more words
    int status;         // 0: no final head came
    const char *head;   // of the response, as it came
    size_t head_len;
    const char *body; // what is kept of it
    size_t body_len;
    bool body_cut;
    int64_t retry_after_ms; // −1: none
    int64_t dns_us, connect_us, tls_us, first_byte_us,
        total_us;       // since the start; −1: not reached
    const char *remote; // "192.0.2.1:443" or ""
};

#endif
