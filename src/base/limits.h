// Every size, count and time that a stranger controls, in one table. Each has the option that
// sets it (api and serve read the table; "-" where it is fixed), its default and its least
// and greatest value. `posthorn limits` prints it.
//
// To add one: a row here, a test that hits it at limit - 1, limit and limit + 1.

#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

// X(NAME, option, unit, default, least, greatest, text)
#define LIMITS(X)                                                                            \
    /* requests to this server */                                                            \
    X(REQUEST_LINE, "-", "bytes", 8192, 8192, 8192, "request line")                          \
    X(REQUEST_HEADERS, "-", "count", 100, 100, 100, "header lines of a request")             \
    X(REQUEST_HEAD, "-", "bytes", 32768, 32768, 32768, "all header lines of a request")      \
    X(REQUEST_BODY, "max-body", "bytes", 262144, 1024, 4194304, "body of a request")         \
    X(REQUEST_HEAD_MS, "-", "ms", 10000, 100, 10000, "until a request's head is complete")   \
    X(REQUEST_BODY_MS, "-", "ms", 20000, 100, 20000, "until a request's body is complete")   \
    X(REPLY_MS, "-", "ms", 20000, 100, 20000, "until a reply was taken by the client")       \
    X(REPLY_BYTES, "-", "bytes", 262144, 65536, 262144, "unsent bytes of a connection")      \
    X(IDLE_MS, "idle-timeout", "ms", 75000, 100, 600000,                                     \
      "a kept connection without a request")                                                 \
    X(PIPELINED, "-", "count", 100, 16, 100, "unanswered requests of a connection")          \
    X(CONNECTIONS, "connections", "count", 8192, 16, 100000, "open connections")             \
    X(CONNECTIONS_PER_ADDRESS, "connections-per-address", "count", 1024, 1, 100000,          \
      "open connections of one address")                                                     \
    X(STRANGERS_PER_ADDRESS, "connections-without-key", "count", 64, 1, 100000,              \
      "of these, those that have shown no valid key yet")                                    \
    X(BODIES_IN_FLIGHT, "-", "bytes", 67108864, 1048576, 67108864, "partial request bodies") \
    /* what a request says */                                                                \
    X(JSON_DEPTH, "-", "levels", 64, 64, 64, "nesting of JSON")                              \
    X(EVENT_TYPE, "-", "bytes", 128, 128, 128, "name of an event type")                      \
    X(IDEMPOTENCY_KEY, "-", "bytes", 255, 255, 255, "Idempotency-Key")                       \
    X(EVENT_UID, "-", "bytes", 128, 128, 128, "an event's own id")                           \
    X(NAME, "-", "bytes", 400, 400, 400, "name of an app, webhook or key")                   \
    X(URL, "-", "bytes", 2048, 2048, 2048, "URL of a webhook")                               \
    X(WEBHOOK_HEADERS, "-", "count", 64, 64, 64, "headers of a webhook")                     \
    X(WEBHOOK_HEADER, "-", "bytes", 4096, 4096, 4096, "value of a webhook's header")         \
    X(WEBHOOK_TYPES, "-", "count", 256, 256, 256, "event types a webhook chooses")           \
    X(FILTER_CONDITIONS, "-", "count", 16, 16, 16, "conditions of a webhook's filter")       \
    X(FILTER_VALUES, "-", "count", 64, 64, 64, "values of a condition")                      \
    X(FILTER_PATH, "-", "bytes", 256, 256, 256, "path of a condition")                       \
    X(FILTER_BYTES, "-", "bytes", 8192, 8192, 8192, "a webhook's filter")                    \
    X(OWN_TYPES, "-", "count", 100, 100, 100, "event types an app adds")                     \
    X(OWN_TYPE_BYTES, "-", "bytes", 16384, 16384, 16384, "an added event type")              \
    X(OWN_TYPES_BYTES, "-", "bytes", 262144, 262144, 262144, "all that an app adds")         \
    X(DELIVER_AT_DAYS, "-", "count", 30, 30, 30, "days that deliver_at may lie ahead")       \
    X(WEBHOOKS, "webhooks-per-app", "count", 10000, 1, 100000, "webhooks of an app")         \
    X(KEYS, "-", "count", 100, 100, 100, "keys of an app")                                   \
    X(TESTS_PER_APP, "tests-per-app", "count", 60, 1, 6000, "tests of an app a minute")      \
    X(TESTS_PER_WEBHOOK, "tests-per-webhook", "count", 20, 1, 6000,                          \
      "of these, tests of one webhook")                                                      \
    X(JOBS, "-", "count", 16, 16, 16, "running jobs of an app")                              \
    X(LINKS, "-", "count", 100, 1, 100, "unused portal links of an app")                     \
    X(LINK_MS, "portal-link-life", "ms", 900000, 1000, 900000, "life of a portal link")      \
    X(SESSIONS, "-", "count", 1000, 1, 1000, "sessions of an app at the portal")             \
    X(SESSION_MS, "session-life", "ms", 28800000, 1000, 28800000, "life of a session")       \
    X(SESSION_IDLE_MS, "session-idle", "ms", 1800000, 1000, 1800000,                         \
      "a session without a request")                                                         \
    X(LIST, "-", "count", 250, 250, 250, "rows of a page")                                   \
    X(CALLS_LIVE, "-", "count", 1000, 1000, 1000, "calls an hour of a live client pair")     \
    X(CALLS_TEST, "-", "count", 100, 100, 100, "calls an hour of a test client pair")        \
    X(CALLS_MS, "-", "ms", 3600000, 3600000, 3600000, "the window of these calls")           \
    X(LIST_MS, "-", "ms", 50, 50, 50, "looking for the rows of a page")                      \
    X(IDEMPOTENCY_MS, "-", "ms", 86400000, 86400000, 86400000, "keep of an idempotency key") \
    X(RETENTION_DAYS, "retention-days", "days", 30, 0, 3650,                                 \
      "history of what has ended is kept; 0: for ever")                                      \
    X(AUDIT_DAYS, "audit-days", "days", 400, 365, 3650, "the audit log is kept")             \
    X(AUDIT_CHECK, "-", "count", 5000, 5000, 5000, "audit rows verified at once")            \
    X(AUDIT_FORBIDDEN, "-", "count", 60, 60, 60, "403s of a key that are audited, an hour")  \
    X(AUDIT_STRANGERS, "-", "count", 600, 600, 600, "401s that are audited, an hour")        \
    X(BACKUPS, "backups-kept", "count", 7, 1, 1000,                                          \
      "backups kept; a new one drops the oldest")                                            \
    /* attempts */                                                                           \
    X(ATTEMPT_MS, "-", "ms", 30000, 1000, 30000,                                             \
      "the longest timeout a webhook may ask for")                                           \
    X(DNS_MS, "dns-timeout", "ms", 3000, 100, 30000, "resolving a name")                     \
    X(CONNECT_MS, "connect-timeout", "ms", 5000, 100, 30000, "connecting")                   \
    X(TLS_MS, "tls-timeout", "ms", 5000, 100, 30000, "the TLS handshake")                    \
    X(RESPONSE_BODY_MS, "-", "ms", 2000, 100, 2000, "reading a response's body")             \
    X(RESPONSE_HEAD, "-", "bytes", 65536, 65536, 65536, "header lines of a response")        \
    X(RESPONSE_LINES, "-", "count", 200, 200, 200, "header lines of a response")             \
    X(RESPONSE_INTERIM, "-", "count", 8, 8, 8, "interim responses")                          \
    X(RESPONSE_BODY, "-", "bytes", 65536, 65536, 65536, "read of a response's body")         \
    X(RESPONSE_KEPT, "-", "bytes", 16384, 16384, 16384, "kept of a response's body")         \
    X(RETRY_AFTER_MS, "-", "ms", 86400000, 86400000, 86400000, "honoured Retry-After")       \
    X(ADDRESSES, "-", "count", 8, 8, 8, "addresses tried of a name")                         \
    X(IN_FLIGHT, "in-flight", "count", 1024, 1, 65536, "attempts in flight")                 \
    X(IN_FLIGHT_PER_WEBHOOK, "-", "count", 64, 1, 1024, "attempts in flight to a webhook")   \
    X(POOL, "kept-connections", "count", 16384, 16, 65536, "kept connections to receivers")  \
    X(POOL_LIFE_MS, "-", "ms", 60000, 1000, 60000, "life of a connection to a receiver")     \
    X(RESOLVERS, "resolvers", "count", 4, 1, 64, "threads that resolve names")               \
    /* mailboxes and memory */                                                               \
    X(STORE_OPS, "-", "count", 2048, 64, 2048, "unanswered writes of a worker")              \
    X(STORE_WAIT_MS, "-", "ms", 2000, 100, 2000, "a request waits for room at the store")    \
    X(GROUP_ROWS, "-", "count", 4096, 64, 4096, "operations of one commit")                  \
    X(GROUP_BYTES, "-", "bytes", 8388608, 1048576, 8388608, "bytes of one commit")           \
    X(CACHED, "cached-apps", "count", 16384, 16, 1000000,                                    \
      "apps, and keys, a worker remembers")                                                  \
    X(LANE_MEMORY, "-", "count", 1024, 16, 1024, "deliveries of a webhook in memory")        \
    X(BLOB_BUDGET, "-", "bytes", 16777216, 1048576, 268435456, "bodies waiting in memory")   \
    X(PARK_MS, "-", "ms", 60000, 1000, 60000, "due later: not held in memory")               \
    X(LOG_LINE, "-", "bytes", 1024, 1024, 1024, "a line of the log")

enum limit {
#define X(name, option, unit, normal, least, greatest, text) LIMIT_##name,
    LIMITS(X)
#undef X
        LIMITS_COUNT
};

// The greatest values as constants, for arrays that must hold what a limit lets in.
enum limit_most {
#define X(name, option, unit, normal, least, greatest, text) LIMIT_MOST_##name = greatest,
    LIMITS(X)
#undef X
};

struct limit_row {
    const char *name; // "REQUEST_LINE"
    const char *option;
    const char *unit;
    const char *text;
    int64_t normal;
    int64_t least;
    int64_t greatest;
};

const struct limit_row *limit_row(enum limit limit);

// The value in force: the default until limit_set(), which only main() calls, before any
// thread starts. False: out of range.
int64_t limit(enum limit limit);
_Bool limit_set(enum limit limit, int64_t value);

#endif
