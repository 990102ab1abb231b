// One merchant for each contract: an app, its webhooks, and the keys that its endpoints check
// signatures with.

#ifndef CLI_DEMO_SHOPS_H
#define CLI_DEMO_SHOPS_H

#include "cli/demo_receiver.h"

#include <stddef.h>

struct demo_server;
struct event_type;
struct profile;
struct profile_set;

enum { SHOP_ID_MAX = 80 };

// One webhook; the stand of the same number is its endpoint.
struct shop {
    const struct profile *profile;
    char app[SHOP_ID_MAX];
    const struct event_type *only; // the only type that its webhook gets, or NULL
};

struct shops {
    struct shop *shops;
    struct stand *stands;
    size_t count;
};

// Opens one for each profile, with endpoints on that port. Returns 0, or the exit code after
// having said why; shops_close() in either case.
int shops_open(struct shops *shops, const struct demo_server *server,
               const struct profile_set *profiles, uint16_t port);
void shops_close(struct shops *shops); // keys are wiped

#endif
