#include "serve/peers.h"

#include "base/limits.h"
#include "base/memory.h"
#include "net/address.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 65536 };

struct peers {
    uint64_t seed;
    atomic_int all;
    atomic_int of[PLACES];
};

struct peers *peers_new(uint64_t seed)
{
    struct peers *peers = NEW(struct peers);

    peers->seed = seed;
    return peers;
}

void peers_free(struct peers *peers)
{
    free(peers);
}

// An IPv6 address counts by its /64: that is what one subscriber has.
static atomic_int *place_of(struct peers *peers, const struct address *peer)
{
    uint64_t bits = 0;

    if (peer->as.any.sa_family == AF_INET)
        bits = peer->as.v4.sin_addr.s_addr;
    else
        memcpy(&bits, &peer->as.v6.sin6_addr, sizeof bits);
    bits = (bits ^ peers->seed) * 0x9E3779B97F4A7C15u;
    bits ^= bits >> 32;
    return &peers->of[(bits * 0x9E3779B97F4A7C15u) >> 48];
}

bool peers_enter(struct peers *peers, const struct address *peer)
{
    atomic_int *place = place_of(peers, peer);

    if (atomic_fetch_add(&peers->all, 1) >= limit(LIMIT_CONNECTIONS)) {
        atomic_fetch_sub(&peers->all, 1);
        return false;
    }
    if (atomic_fetch_add(place, 1) >= limit(LIMIT_CONNECTIONS_PER_ADDRESS)) {
        peers_leave(peers, peer);
        return false;
    }
    return true;
}

void peers_leave(struct peers *peers, const struct address *peer)
{
    atomic_fetch_sub(place_of(peers, peer), 1);
    atomic_fetch_sub(&peers->all, 1);
}
