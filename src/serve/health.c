#include "serve/health.h"

#include "base/memory.h"
#include "serve/common.h"
#include "serve/worker.h"
#include "store/store.h"

#include <stdlib.h>

enum { STORE_STUCK_MS = 5000, WORKER_STUCK_MS = 5000 };

void health_init(struct health *health, struct common *common, struct moment now)
{
    *health = (struct health){.common = common};
    health->turns_seen = NEW_ARRAY(uint64_t, (size_t)common->worker_count);
    health->moved_at_ms = NEW_ARRAY(int64_t, (size_t)common->worker_count);
    for (int i = 0; i < common->worker_count; i++)
        health->moved_at_ms[i] = now.mono_ms;
}

void health_done(struct health *health)
{
    free(health->turns_seen);
    free(health->moved_at_ms);
}

// A worker's own timer makes it turn several times a second, also when nothing happens.
static bool is_stuck(struct health *health, int i, struct moment now)
{
    uint64_t turns = atomic_load(&health->common->workers[i]->figures.turns);

    if (turns != health->turns_seen[i]) {
        health->turns_seen[i] = turns;
        health->moved_at_ms[i] = now.mono_ms;
    }
    return now.mono_ms - health->moved_at_ms[i] > WORKER_STUCK_MS;
}

void health_look(struct health *health, struct moment now)
{
    struct common *common = health->common;
    enum readiness readiness = READY;

    if (atomic_load(&common->readiness) == NOT_READY_DRAINING)
        return;
    for (int i = 0; i < common->worker_count; i++) {
        if (is_stuck(health, i, now))
            readiness = NOT_READY_WORKER;
    }
    if (store_lag_ms(common->store) > STORE_STUCK_MS)
        readiness = NOT_READY_STORE;
    atomic_store(&common->readiness, (int)readiness);
}

const char *health_not_ready(const struct common *common)
{
    switch ((enum readiness)atomic_load(&common->readiness)) {
    case READY: return NULL;
    case NOT_READY_STORE: return "the store has not answered for over 5 s";
    case NOT_READY_WORKER: return "a worker has not moved for over 5 s";
    case NOT_READY_DRAINING: return "the server is shutting down";
    }
    return NULL;
}
