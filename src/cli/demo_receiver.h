// The merchants of the demo: one thread that serves every endpoint, checks what comes as
// `posthorn verify` does, and tells about each request.

#ifndef CLI_DEMO_RECEIVER_H
#define CLI_DEMO_RECEIVER_H

#include "cli/proof_keys.h"
#include "thread/mailbox.h"

#include <stdbool.h>
#include <stdint.h>

struct plan;
struct receiver;

// One endpoint: requests to "/0", "/1", … are the stands of that number.
struct stand {
    const char *profile;
    const struct plan *plan;
    struct proof_keys keys;
    bool is_signed;    // else nothing proves who sends
    int failures_left; // requests that are answered 500 first
};

struct receipt {
    struct mail mail;
    size_t stand;
    int status;
    bool holds;
    char why[200]; // where it does not hold
};

// Listens on loopback. Errors: ERR_UNAVAILABLE.
enum error_code receiver_new(struct receiver **ret, struct error *error) MUST_CHECK;
uint16_t receiver_port(const struct receiver *receiver);
// Starts the thread; from here on the stands, which outlive it, are its own.
void receiver_start(struct receiver *receiver, struct stand *stands, size_t count);
// The receipts that came, linked, or NULL after so long. Each is the taker's: free() it.
struct receipt *receiver_wait(struct receiver *receiver, int timeout_ms);
void receiver_free(struct receiver *receiver); // joins; does nothing to NULL

#endif
