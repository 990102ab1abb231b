// What the webhooks of one app that stand on one host share: the attempts in flight there.

#ifndef ENGINE_SHARE_H
#define ENGINE_SHARE_H

#include "base/list.h"
#include "base/map.h"

#include <stdint.h>

enum { SHARE_IN_FLIGHT_MAX = 64 };

struct share {
    struct map_key key;
    struct link waiting; // ready lanes that found it taken up
    int in_flight;
    int refs;
};

// Counted: lanes and exchanges hold theirs. Two hosts whose names hash alike share.
struct share *share_hold(struct map *shares, int64_t app_id, const char *host);
void share_drop(struct map *shares, struct share *share); // does nothing to NULL

#endif
