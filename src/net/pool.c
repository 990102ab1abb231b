#include "net/pool.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "net/outbound.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SWEEP_MS = 1000,
    MARGIN_MS = 1000, // before the peer closes
    TRUST_MS = 100,   // idle this long: look whether it was closed before using it
};

static struct outbound *outbound_of_pool(struct link *link)
{
    return container_of(link, struct outbound, of_pool);
}

// Spreads names; an attacker who guesses the seed gains a chain of his own names.
static struct map_key origin_key(uint64_t seed, int64_t app_id, bool tls, const char *host,
                                 uint16_t port)
{
    uint64_t hash = seed;
    for (const unsigned char *at = (const unsigned char *)host; *at; at++)
        hash = ((hash ^ *at) * 0x9e3779b97f4a7c15U) ^ (hash >> 29);
    return (struct map_key){(uint64_t)app_id, hash ^ ((uint64_t)port << 1 | tls)};
}

static bool origin_is(const struct origin *origin, int64_t app_id, bool tls, const char *host,
                      uint16_t port)
{
    return origin->app_id == app_id && origin->tls == tls && origin->port == port &&
           strcmp(origin->host, host) == 0;
}

static void origin_free(struct pool *pool, struct origin *origin)
{
    assert(origin->users == 0 && list_is_empty(&origin->idle));
    struct origin *first = map_find(&pool->origins, origin->key);
    if (first != origin) {
        while (first->next != origin)
            first = first->next;
        first->next = origin->next;
    } else if (origin->next) {
        map_put(&pool->origins, origin->key, origin->next);
    } else {
        map_remove(&pool->origins, origin->key);
    }
    tls_session_done(&origin->session);
    free(origin);
}

static void pool_close(struct pool *pool, struct outbound *outbound)
{
    struct origin *origin = outbound->origin;
    list_remove(&outbound->of_pool);
    list_remove(&outbound->of_origin);
    pool->idle_count--;
    outbound_free(outbound);
    pool_release(pool, origin);
}

static void on_idle_ready(struct outbound *outbound, uint32_t epoll_events)
{
    (void)epoll_events;
    struct pool *pool = outbound->owner;
    if (!outbound_is_quiet(outbound))
        pool_close(pool, outbound);
}

static bool outbound_is_over(const struct outbound *outbound, int64_t now_ms)
{
    return now_ms >= outbound->retire_ms;
}

static void on_sweep(struct timer *timer)
{
    struct pool *pool = container_of(timer, struct pool, sweep);
    int64_t now_ms = loop_now(pool->loop).mono_ms;
    for (struct link *at = pool->idle.next, *next; at != &pool->idle; at = next) {
        next = at->next;
        if (outbound_is_over(outbound_of_pool(at), now_ms))
            pool_close(pool, outbound_of_pool(at));
    }
    pool->is_sweeping = pool->idle_count > 0;
    if (pool->is_sweeping)
        loop_timer(pool->loop, &pool->sweep, now_ms + SWEEP_MS);
}

void pool_init(struct pool *pool, struct loop *loop)
{
    *pool = (struct pool){.loop = loop, .seed = random_u64(), .sweep = {.on_due = on_sweep}};
    map_init(&pool->origins, random_u64());
    list_init(&pool->unused);
    list_init(&pool->idle);
}

// An unused origin is only kept for its session.
static void pool_forget_oldest(struct pool *pool)
{
    struct origin *origin = container_of(pool->unused.next, struct origin, unused);
    list_remove(&origin->unused);
    pool->unused_count--;
    origin_free(pool, origin);
}

void pool_done(struct pool *pool)
{
    loop_timer_stop(pool->loop, &pool->sweep);
    while (pool_evict(pool))
        ;
    while (pool->unused_count > 0)
        pool_forget_oldest(pool);
    map_done(&pool->origins);
}

static struct origin *pool_add_origin(struct pool *pool, struct map_key key, const char *host)
{
    size_t len = strlen(host);
    struct origin *origin = memory_new(sizeof *origin + len + 1);
    memcpy(origin->host, host, len);
    origin->key = key;
    list_init(&origin->unused);
    list_init(&origin->idle);
    origin->next = map_put(&pool->origins, key, origin);
    return origin;
}

struct origin *pool_origin(struct pool *pool, int64_t app_id, bool tls, const char *host,
                           uint16_t port)
{
    struct map_key key = origin_key(pool->seed, app_id, tls, host, port);
    struct origin *origin = map_find(&pool->origins, key);
    while (origin && !origin_is(origin, app_id, tls, host, port))
        origin = origin->next;
    if (!origin) {
        origin = pool_add_origin(pool, key, host);
        origin->app_id = app_id;
        origin->tls = tls;
        origin->port = port;
    }
    if (!list_is_empty(&origin->unused)) {
        list_remove(&origin->unused);
        pool->unused_count--;
    }
    origin->users++;
    return origin;
}

void pool_release(struct pool *pool, struct origin *origin)
{
    assert(origin->users > 0);
    if (--origin->users > 0)
        return;
    if (!origin->session.bytes) {
        origin_free(pool, origin);
        return;
    }
    list_add_last(&pool->unused, &origin->unused);
    if ((int64_t)++pool->unused_count > limit(LIMIT_POOL))
        pool_forget_oldest(pool);
}

struct outbound *pool_take(struct pool *pool, struct origin *origin)
{
    int64_t now_ms = loop_now(pool->loop).mono_ms;
    while (!list_is_empty(&origin->idle)) {
        struct outbound *outbound =
            container_of(origin->idle.next, struct outbound, of_origin);
        bool is_good = !outbound_is_over(outbound, now_ms) &&
                       (now_ms - outbound->idle_ms < TRUST_MS || outbound_is_quiet(outbound));
        if (!is_good) {
            pool_close(pool, outbound);
            continue;
        }
        list_remove(&outbound->of_pool);
        list_remove(&outbound->of_origin);
        pool->idle_count--;
        origin->users--; // the connection's; the call is one
        return outbound;
    }
    return NULL;
}

void pool_keep(struct pool *pool, struct origin *origin, struct outbound *outbound,
               int64_t idle_max_ms)
{
    int64_t now_ms = loop_now(pool->loop).mono_ms;
    outbound->idle_ms = now_ms;
    outbound->retire_ms = outbound->opened_ms + limit(LIMIT_POOL_LIFE_MS);
    if (idle_max_ms >= 0 && now_ms + idle_max_ms - MARGIN_MS < outbound->retire_ms)
        outbound->retire_ms = now_ms + idle_max_ms - MARGIN_MS;
    if (outbound_is_over(outbound, now_ms)) {
        outbound_free(outbound);
        return;
    }
    if ((int64_t)pool->idle_count >= limit(LIMIT_POOL))
        pool_evict(pool);
    outbound->origin = origin;
    outbound->on_ready = on_idle_ready;
    outbound->owner = pool;
    list_add_first(&origin->idle, &outbound->of_origin);
    list_add_last(&pool->idle, &outbound->of_pool);
    origin->users++;
    pool->idle_count++;
    if (pool->is_sweeping)
        return;
    pool->is_sweeping = true;
    loop_timer(pool->loop, &pool->sweep, now_ms + SWEEP_MS);
}

bool pool_evict(struct pool *pool)
{
    if (list_is_empty(&pool->idle))
        return false;
    pool_close(pool, outbound_of_pool(pool->idle.next));
    return true;
}
