// The HTTP/1.1 client of one loop: posts bytes to an origin and reports, exactly once, what
// came back. Resolves in the bounded pool (net/resolver.h), vets every address (net/guard.h),
// connects to a vetted one only, speaks TLS >= 1.2 with chain and name verified, keeps
// connections per (app, origin), follows no redirect, decompresses nothing, keeps no cookie,
// reads no environment.
//
// Deadlines: DNS, connect, TLS each their own (base/limits.h); the final response head within
// timeout_ms of the start of the call, not moved by interim responses or dripping lines. The
// final, complete head decides the outcome and on_end comes then, with as much of the body as
// arrived within LIMIT_RESPONSE_BODY_MS and LIMIT_RESPONSE_BODY; a body that goes on after
// that is cut and the connection closed.
//
// A kept connection that died is replaced by a new one only if no byte of the request had
// been written to it; afterwards it is a failed call (it cannot be known what the peer read).

#ifndef NET_CALLER_H
#define NET_CALLER_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct caller;
struct guard;
struct resolver;

// How a call ended. X(name, slug). The words that people read are chosen above this room,
// under the same slugs.
#define CALL_RESULTS(X)                                \
    X(ANSWERED, "answered")                            \
    X(DNS, "dns_error")                                \
    X(DNS_TIMEOUT, "dns_timeout")                      \
    X(BLOCKED, "blocked")                              \
    X(REFUSED, "connection_refused")                   \
    X(UNREACHABLE, "unreachable")                      \
    X(CONNECT_TIMEOUT, "connect_timeout")              \
    X(TLS, "tls_error")                                \
    X(TLS_TIMEOUT, "timeout_tls")                      \
    X(TLS_EXPIRED, "tls_expired")                      \
    X(TLS_NAME, "tls_name")                            \
    X(TLS_UNTRUSTED, "tls_untrusted")                  \
    X(TLS_VERSION, "tls_version")                      \
    X(TIMEOUT, "timeout_headers")                      \
    X(RESET, "connection_reset")                       \
    X(INCOMPLETE, "incomplete_response")               \
    X(BAD_STATUS_LINE, "bad_status_line")              \
    X(BAD_RESPONSE, "bad_response")                    \
    X(BAD_FRAMING, "bad_framing")                      \
    X(HEADERS_TOO_LARGE, "response_headers_too_large") \
    X(TOO_MANY_INTERIM, "too_many_interim")            \
    X(UNEXPECTED_101, "unexpected_101")                \
    X(LOCAL, "local_resource")

enum call_result {
#define X(name, slug) CALL_##name,
    CALL_RESULTS(X)
#undef X
        CALL_RESULTS_COUNT
};

const char *call_result_slug(enum call_result result);

// The head (request line and headers up to and with the empty line) and the body must stay
// until on_end; host must be in lower case ASCII, a literal IPv6 without brackets.
struct call_request {
    int64_t app_id; // connections are never shared between apps
    bool tls;
    const char *host;
    uint16_t port;
    const char *head;
    size_t head_len;
    const char *body;
    size_t body_len;
    int64_t timeout_ms;
};

// Microseconds since the start of the call at which each phase ended; -1: not reached, or not
// needed (a kept connection has no dns, connect, tls).
struct call_timings {
    int64_t dns, connect, tls, first_byte, total;
};

// Borrowed until on_end returns.
struct call_answer {
    enum call_result result;
    const char
        *detail; // "" or more words, e.g. "certificate expired 2026-05-03", "redirect to h"
    int status;  // 0 unless ANSWERED
    const char *head; // the final response's status line and header lines, as they came
    size_t head_len;
    const char *body; // at most LIMIT_RESPONSE_KEPT
    size_t body_len;
    bool body_cut;
    int64_t retry_after_ms; // -1: none; clamped to LIMIT_RETRY_AFTER_MS
    struct call_timings timings;
    struct address remote; // the last one tried; where BLOCKED, the one that is denied (for
                           // the operator's eyes alone); len 0: none was known
    bool was_kept;         // went over a kept connection
};

typedef void call_end(void *owner, uint64_t tag, const struct call_answer *answer);

// guard and resolver are shared by all loops' callers and outlive them. ca_file: NULL for the
// system's authorities; if none can be read from it: NULL (tls_client_new() says why).
// Writing over TLS raises SIGPIPE where the peer is gone: the process ignores it, or the
// thread blocks it.
struct caller *caller_new(struct loop *loop, struct resolver *resolver,
                          const struct guard *guard, const char *ca_file);
void caller_free(struct caller *caller); // ends all calls without on_end

// on_end comes once, from the loop, never from inside this call.
void caller_call(struct caller *caller, const struct call_request *request, call_end *on_end,
                 void *owner, uint64_t tag);
void caller_cancel(struct caller *caller, void *owner, uint64_t tag); // on_end will not come

struct caller_counts {
    uint64_t calls, connects, reused, open, kept;
};
struct caller_counts caller_counts(const struct caller *caller);

#endif
