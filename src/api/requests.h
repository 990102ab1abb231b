// One request on its way through the door, and the answer it gets.
//
// A handler is two plain functions. ask() reads the request and fills one op, or says why
// not; answer() turns the finished op into a response. Everything else (who asks, may they,
// does the object exist, waiting, idempotency, sending) is the dispatcher's (api/dispatch.h).
//
// Until the request has to wait, its texts are borrowed from the connection; then the
// dispatcher copies them. After ask() only what ask() kept is there: the body is not.

#ifndef API_REQUESTS_H
#define API_REQUESTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "hook/event.h"
#include "net/server.h"
#include "store/ops.h"
#include "thread/limit.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct door;
struct profile;
struct route;
struct style;

struct text_span {
    const char *at; // NULL: not there
    size_t len;
};

// What a path may name, in the order of its braces.
enum path_name {
    PATH_APP,
    PATH_KEY,
    PATH_WEBHOOK,
    PATH_EVENT,
    PATH_DELIVERY,
    PATH_PROFILE,
    PATH_JOB,
    PATH_TYPE,
    PATH_SESSION,
    PATH_NAMES
};

// The answer that a request waits for.
enum request_wait {
    WAIT_NOTHING,
    WAIT_KEY,
    WAIT_SESSION,
    WAIT_WINDOW,
    WAIT_APP,
    WAIT_OTHER_REQUEST, // that loads the same app
    WAIT_FOUND,
    WAIT_FIGURES,
    WAIT_ROOM, // at the store
    WAIT_OP,
    WAIT_SENT, // for what comes of a test
    WAIT_REPLAY
};

// Where a key's calls at a door that counts them by the hour stand, with this one.
struct window {
    bool is_known, is_over;
    int count_max, left;
    int64_t until_ms;
};

struct request {
    struct link link; // in one of the door's lists
    struct door *door;
    struct reply_handle handle;
    struct arena arena;
    const struct route *route;
    const struct style *style; // of the door it came to
    enum request_wait wait;
    int64_t since_mono_ms;
    uint64_t changes; // the door's count when it asked for a key or an app
    int tries;        // how often its checks began anew
    int refusals;     // by the store, for what had changed meanwhile

    // the request as it came
    struct text_span method, path, query, body;
    struct text_span authorization, content_type, content_encoding, if_match, idempotency;
    size_t authorization_count, if_match_count, idempotency_count;
    struct text_span client_key, client_secret;
    size_t client_key_count, client_secret_count;
    struct text_span cookie, origin, fetch_site, csrf;
    size_t cookie_count, origin_count, fetch_site_count, csrf_count;
    struct address peer;
    const struct error *fault; // why it cannot be served; NULL: none
    struct text_span names[PATH_NAMES];
    bool is_kept;     // the spans are its own
    bool was_counted; // towards its key's limit
    struct window window;
    bool was_asked;         // ask() has run: the body is no longer needed
    struct taken allowance; // what is left of its key's limit, or its address's …
    struct taken tests;     // … and of the nearer limit of tests, where it sent one
    const char *tests_of;   // that limit's name
    int64_t retry_s;        // of a 429 that no such limit is behind

    // who asks, and about what
    int64_t key_id;
    int64_t key_app_id; // 0: the operator's
    int64_t key_expires_ms;
    int key_rate_per_s, key_burst;
    uint32_t scopes;
    enum event_mode mode;
    bool is_session; // key_id and all above are a session's at the portal …
    int64_t session_created_ms, session_ends_ms;
    int64_t app_id;
    const struct profile *profile; // the app's
    int64_t object_id;             // the webhook, key, event; or the delivery's event
    uint16_t object_n;

    json_t *json;             // the body, where the route reads it with jansson
    struct op *found;         // the route's first read, finished
    struct op *figures;       // of the webhooks found, where the route wants them
    bool needs_no_op;         // ask() has found out
    struct op *op;            // waiting for room at the store, or for what comes of its test
    struct dedupe dedupe;     // of the Idempotency-Key
    struct event *planned;    // an event to be planned again, its app having changed …
    struct dedupe dedupes[2]; // … and what its op said of its keys …
    int64_t due_ms;           // … and when it is to be delivered; 0: at once
    bool is_replay;           // the answer is that of an earlier request
    struct buf answer;        // the body of the answer, where ask() had to know it already
    int status;               // of that answer
    struct link followers;    // requests that wait for the app that this one loads
};

// They are used again, so that the hot path makes none.
struct request *request_take(struct door *door);
// What http says, borrowed from it, and the door it came to.
void request_read(struct request *request, const struct http_request *http);
const char *request_asker(const struct request *request); // "key" or "session", in a sentence
void request_keep(struct request *request);               // its spans become its own
void request_release(struct request *request);            // it was answered
void request_free(struct request *request);

enum { RESPONSE_HEADERS_MAX = 8, RESPONSE_BODY_MAX = 32 * 1024 * 1024 };

struct response {
    int status;
    const char *type;
    struct reply_header headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    char texts[RESPONSE_HEADERS_MAX][160]; // where header values may be written
    struct buf body;
};

// A header whose value is written for this answer (at most 159 bytes).
void response_header(struct response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Makes a problem document of it: an answer that cannot be given after all.
void response_fail(struct request *request, struct response *response,
                   const struct error *error);
// The body as JSON; takes json.
void response_json(struct response *response, int status, json_t *json);
// The same into a buf, for answers that ask() has to know.
void json_write(struct buf *ret, json_t *json);

#endif
