// The one HTTP client: a request to the server, its answer whole. HTTPS with certificates
// checked, or HTTP; no redirect is followed, and no proxy, key log or .netrc of the
// environment counts.

#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;

struct client_answer {
    int status;
    int64_t retry_after_s; // or −1
    int64_t date_ms;       // by the server's clock; or −1
    struct buf body;
};

struct question {
    const char *method;
    const char *path; // with its query, escaped
    const char *body; // NULL: none
    size_t body_len;
    const char *idempotency_key; // or NULL
};

// url: http:// or https://, a host, perhaps a port and a path before all others. key may be
// NULL: none is sent. Errors: ERR_CONFIG.
enum error_code client_new(const char *url, const char *key, const char *ca_file,
                           struct client **ret, struct error *error) MUST_CHECK;
void client_free(struct client *client); // does nothing to NULL

const char *client_url(const struct client *client);
bool client_is_encrypted(const struct client *client);
bool client_is_local(const struct client *client); // the URL says so
bool client_has_key(const struct client *client);

// Errors: ERR_UNAVAILABLE (nothing came back, or not all of it), ERR_CONFIG. *ret is to be
// released with client_answer_done() after an error, too.
enum error_code client_ask(struct client *client, const struct question *question,
                           struct client_answer *ret, struct error *error) MUST_CHECK;
void client_answer_done(struct client_answer *answer); // wiped: it may hold a secret

#endif
