// The connections to receivers that are kept for the next call, by origin. An origin is (app,
// scheme, host, port): apps never share one. It also keeps the TLS session to resume.
//
// A kept connection is watched: whatever comes over it, or its end, closes it. It is closed
// LIMIT_POOL_LIFE_MS after it was opened, so that names are resolved and vetted anew, a
// second before the peer said it would close it, and when it is the oldest of too many.

#ifndef NET_POOL_H
#define NET_POOL_H

#include "base/list.h"
#include "base/map.h"
#include "net/loop.h"
#include "net/tls_client.h"

#include <stdbool.h>
#include <stdint.h>

struct outbound;

struct origin {
    struct origin *next; // of the same hash
    struct link unused;  // in the pool's list while it has no users
    struct link idle;    // connections, the last used first
    size_t users;        // calls and connections, also idle ones
    struct tls_session session;
    struct map_key key;
    int64_t app_id;
    bool tls;
    uint16_t port;
    char host[];
};

struct pool {
    struct loop *loop;
    struct map origins; // by hash of the host, and app, scheme and port
    struct link unused; // origins kept for their sessions, the last used last
    size_t unused_count;
    struct link idle; // connections, the longest idle first
    size_t idle_count;
    struct timer sweep;
    bool is_sweeping;
    uint64_t seed;
};

void pool_init(struct pool *pool, struct loop *loop);
void pool_done(struct pool *pool); // closes what is kept; no origin may be in use

// The caller becomes one of its users, until pool_release().
struct origin *pool_origin(struct pool *pool, int64_t app_id, bool tls, const char *host,
                           uint16_t port);
void pool_release(struct pool *pool, struct origin *origin);

// A kept connection that looks alive, the caller's now; NULL: none.
struct outbound *pool_take(struct pool *pool, struct origin *origin);
// Keeps the connection, or closes it. idle_max_ms: how long the peer keeps it; < 0: not said.
void pool_keep(struct pool *pool, struct origin *origin, struct outbound *outbound,
               int64_t idle_max_ms);
// Closes the connection that is longest idle. False: none is kept.
bool pool_evict(struct pool *pool);

#endif
