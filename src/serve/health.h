// Is the server able to keep what it promises? main looks each second and says so in one
// atomic; /readyz and the doors read it.

#ifndef SERVE_HEALTH_H
#define SERVE_HEALTH_H

#include "base/moment.h"

#include <stdint.h>

struct common;

enum readiness { READY, NOT_READY_STORE, NOT_READY_WORKER, NOT_READY_DRAINING };

struct health {
    struct common *common;
    uint64_t *turns_seen; // of each worker
    int64_t *moved_at_ms; // when it was seen to go on
};

void health_init(struct health *health, struct common *common, struct moment now);
void health_done(struct health *health);
void health_look(struct health *health, struct moment now); // main, once a second
const char *health_not_ready(const struct common *common);  // NULL: ready; any thread

#endif
