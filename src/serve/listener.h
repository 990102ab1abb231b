// The listening socket: accepts, refuses what is over the limits by closing it, and hands the
// rest to the workers in turn. Out of descriptors it rests instead of spinning.

#ifndef SERVE_LISTENER_H
#define SERVE_LISTENER_H

#include "base/error.h"
#include "net/address.h"
#include "net/loop.h"

#include <stdint.h>

struct common;

struct listener {
    struct common *common;
    struct loop *loop;
    struct watch watch;
    struct timer rest;
    struct address address;
    int next_worker;
    uint64_t refused;
};

// Binds, so that a low port is taken before privileges are dropped; nobody is served yet.
// Errors: ERR_CONFIG, ERR_UNAVAILABLE.
enum error_code listener_bind(struct listener *listener, const char *text,
                              struct error *error) MUST_CHECK;
enum error_code listener_open(struct listener *listener, struct common *common,
                              struct loop *loop, struct error *error) MUST_CHECK;
void listener_close(struct listener *listener); // may be called twice

#endif
