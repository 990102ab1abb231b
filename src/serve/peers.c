#include "serve/peers.h"

#include "base/limits.h"
#include "base/memory.h"
#include "net/address.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 65536 };

struct place {
    atomic_int open;
    atomic_int strangers; // among them
};

struct peers {
    uint64_t seed;
    atomic_int all;
    struct place places[PLACES];
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
static struct place *place_of(struct peers *peers, const struct address *peer)
{
    uint64_t bits = 0;

    if (peer->as.any.sa_family == AF_INET)
        bits = peer->as.v4.sin_addr.s_addr;
    else
        memcpy(&bits, &peer->as.v6.sin6_addr, sizeof bits);
    bits = (bits ^ peers->seed) * 0x9E3779B97F4A7C15u;
    bits ^= bits >> 32;
    return &peers->places[(bits * 0x9E3779B97F4A7C15u) >> 48];
}

bool peers_enter(struct peers *peers, const struct address *peer)
{
    struct place *place = place_of(peers, peer);
    int open = atomic_fetch_add(&place->open, 1);
    int strangers = atomic_fetch_add(&place->strangers, 1);

    if (atomic_fetch_add(&peers->all, 1) < limit(LIMIT_CONNECTIONS) &&
        open < limit(LIMIT_CONNECTIONS_PER_ADDRESS) &&
        strangers < limit(LIMIT_STRANGERS_PER_ADDRESS))
        return true;
    peers_leave(peers, peer, false);
    return false;
}

void peers_trust(struct peers *peers, const struct address *peer)
{
    atomic_fetch_sub(&place_of(peers, peer)->strangers, 1);
}

void peers_leave(struct peers *peers, const struct address *peer, bool was_trusted)
{
    struct place *place = place_of(peers, peer);

    atomic_fetch_sub(&peers->all, 1);
    atomic_fetch_sub(&place->open, 1);
    if (!was_trusted)
        atomic_fetch_sub(&place->strangers, 1);
}
