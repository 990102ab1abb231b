#include "net/resolver.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/hostname.h"
#include "thread/thread.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

enum { APP_SHARE = 4 };

// One name that is asked for, by whoever waits for it.
struct lookup {
    struct link link; // in waiting or running
    struct link askers;
    int64_t app_id; // whose share of the threads it takes while it runs
    char host[];
};

struct asker {
    struct link link;
    int64_t app_id;
    int64_t until_us;
    struct mailbox *answer_to;
    uint64_t tag;
    int mail_kind;
    uint16_t port;
};

struct resolver {
    pthread_mutex_t lock; // of all below; answers are posted under it, see resolver_forget()
    pthread_cond_t wake;
    struct link waiting; // in the order of their first asker, so of their deadlines
    struct link running;
    bool is_ending;
    int app_max;
    int thread_count;
    struct thread *threads[];
};

static struct lookup *lookup_of(struct link *link)
{
    return container_of(link, struct lookup, link);
}

static struct asker *asker_of(struct link *link)
{
    return container_of(link, struct asker, link);
}

static void resolved_set_port(struct resolved *resolved, uint16_t port)
{
    for (size_t i = 0; i < resolved->count; i++)
        if (resolved->addresses[i].as.any.sa_family == AF_INET)
            resolved->addresses[i].as.v4.sin_port = htons(port);
        else
            resolved->addresses[i].as.v6.sin6_port = htons(port);
}

static void asker_answer(struct asker *asker, const struct resolved *found)
{
    struct resolved *answer = memory_copy(found, sizeof *found);
    answer->mail = (struct mail){.kind = asker->mail_kind};
    answer->tag = asker->tag;
    resolved_set_port(answer, asker->port);
    mailbox_post(asker->answer_to, &answer->mail);
    list_remove(&asker->link);
    free(asker);
}

static void lookup_free(struct lookup *lookup)
{
    while (!list_is_empty(&lookup->askers)) {
        struct asker *asker = asker_of(lookup->askers.next);
        list_remove(&asker->link);
        free(asker);
    }
    list_remove(&lookup->link);
    free(lookup);
}

static void lookup_drop_late(struct lookup *lookup, int64_t now_us)
{
    static const struct resolved too_late = {.error = EAI_AGAIN};
    for (struct link *at = lookup->askers.next, *next; at != &lookup->askers; at = next) {
        next = at->next;
        if (asker_of(at)->until_us <= now_us)
            asker_answer(asker_of(at), &too_late);
    }
}

// The queue is in the order of deadlines, so what is late stands first.
static void resolver_drop_late(struct resolver *resolver, int64_t now_us)
{
    while (!list_is_empty(&resolver->waiting)) {
        struct lookup *first = lookup_of(resolver->waiting.next);
        lookup_drop_late(first, now_us);
        if (!list_is_empty(&first->askers))
            return;
        lookup_free(first);
    }
}

static int resolver_running_of(const struct resolver *resolver, int64_t app_id)
{
    int count = 0;
    for (struct link *at = resolver->running.next; at != &resolver->running; at = at->next)
        count += lookup_of(at)->app_id == app_id;
    return count;
}

// A lookup runs on the share of any of its askers that has one left.
static bool lookup_may_run(const struct resolver *resolver, struct lookup *lookup)
{
    for (struct link *at = lookup->askers.next; at != &lookup->askers; at = at->next) {
        lookup->app_id = asker_of(at)->app_id;
        if (resolver_running_of(resolver, lookup->app_id) < resolver->app_max)
            return true;
    }
    return false;
}

static struct lookup *resolver_next(struct resolver *resolver)
{
    resolver_drop_late(resolver, clock_mono_us());
    for (struct link *at = resolver->waiting.next; at != &resolver->waiting; at = at->next) {
        struct lookup *lookup = lookup_of(at);
        if (lookup_may_run(resolver, lookup)) {
            list_remove(at);
            list_add_last(&resolver->running, at);
            return lookup;
        }
    }
    return NULL;
}

static void resolved_add_all(struct resolved *ret, const struct addrinfo *found)
{
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
            continue;
        if (ret->count == RESOLVED_MAX) { // not all could be vetted
            ret->count = 0;
            ret->error = EAI_AGAIN;
            return;
        }
        struct address *address = &ret->addresses[ret->count++];
        assert(at->ai_addrlen <= sizeof address->as);
        memcpy(&address->as, at->ai_addr, at->ai_addrlen);
        address->len = at->ai_addrlen;
    }
    if (ret->count == 0)
        ret->error = EAI_NONAME;
}

// Why it failed, so far as it is our own want of memory or descriptors: EAI_MEMORY.
static int reason_of(int error)
{
    if (error != EAI_SYSTEM)
        return error;
    bool is_ours = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
    return is_ours ? EAI_MEMORY : EAI_AGAIN;
}

// The machine's patience (5 s, twice, for each server) would hold a thread long after whoever
// asked has gone, and the process at its end. The settings are this thread's alone and keep
// the library from seeing changes of resolv.conf, so they are made anew each time.
static void hurry(void)
{
    if (res_init() == 0) {
        _res.retrans = 1;
        _res.retry = 2;
    }
}

// Without AI_ADDRCONFIG: also addresses of a family that this host lacks are vetted.
static void resolve(const char *host, struct resolved *ret)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    memset(ret, 0, sizeof *ret);
    hurry();
    ret->error = reason_of(getaddrinfo(host, NULL, &hints, &found));
    if (ret->error != 0)
        return;
    resolved_add_all(ret, found);
    freeaddrinfo(found);
}

static void resolver_run_one(struct resolver *resolver, struct lookup *lookup)
{
    struct resolved found;
    pthread_mutex_unlock(&resolver->lock);
    resolve(lookup->host, &found);
    pthread_mutex_lock(&resolver->lock);
    while (!list_is_empty(&lookup->askers))
        asker_answer(asker_of(lookup->askers.next), &found);
    lookup_free(lookup);
}

static void resolver_run(void *argument)
{
    struct resolver *resolver = argument;
    pthread_mutex_lock(&resolver->lock);
    while (!resolver->is_ending) {
        struct lookup *lookup = resolver_next(resolver);
        if (lookup)
            resolver_run_one(resolver, lookup);
        else
            pthread_cond_wait(&resolver->wake, &resolver->lock);
    }
    pthread_mutex_unlock(&resolver->lock);
}

struct resolver *resolver_new(int threads)
{
    assert(threads >= 1);
    size_t size = sizeof(struct resolver) + (size_t)threads * sizeof(struct thread *);
    struct resolver *resolver = memory_new(size);
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->wake, NULL);
    list_init(&resolver->waiting);
    list_init(&resolver->running);
    resolver->app_max = threads < APP_SHARE ? 1 : threads / APP_SHARE;
    resolver->thread_count = threads;
    for (int i = 0; i < threads; i++)
        resolver->threads[i] = thread_start("resolver", resolver_run, resolver);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    pthread_mutex_lock(&resolver->lock);
    resolver->is_ending = true;
    pthread_cond_broadcast(&resolver->wake);
    pthread_mutex_unlock(&resolver->lock);
    for (int i = 0; i < resolver->thread_count; i++)
        thread_join(resolver->threads[i]);
    while (!list_is_empty(&resolver->waiting))
        lookup_free(lookup_of(resolver->waiting.next));
    pthread_cond_destroy(&resolver->wake);
    pthread_mutex_destroy(&resolver->lock);
    free(resolver);
}

static struct lookup *lookup_find(struct link *list, const char *host)
{
    for (struct link *at = list->next; at != list; at = at->next)
        if (strcmp(lookup_of(at)->host, host) == 0)
            return lookup_of(at);
    return NULL;
}

static struct lookup *resolver_lookup(struct resolver *resolver, const char *host)
{
    struct lookup *lookup = lookup_find(&resolver->running, host);
    if (!lookup)
        lookup = lookup_find(&resolver->waiting, host);
    if (lookup)
        return lookup;
    size_t len = strlen(host);
    lookup = memory_new(sizeof *lookup + len + 1);
    memcpy(lookup->host, host, len);
    list_init(&lookup->link);
    list_init(&lookup->askers);
    list_add_last(&resolver->waiting, &lookup->link);
    return lookup;
}

void resolver_ask(struct resolver *resolver, int64_t app_id, const char *host, uint16_t port,
                  struct mailbox *answer_to, int mail_kind, uint64_t tag)
{
    struct asker *asker = NEW(struct asker);
    *asker = (struct asker){.app_id = app_id,
                            .answer_to = answer_to,
                            .tag = tag,
                            .mail_kind = mail_kind,
                            .port = port};
    list_init(&asker->link);
    struct resolved known = {0};
    if (hostname_to_address(host, port, &known.addresses[0])) {
        known.count = 1;
        asker_answer(asker, &known);
        return;
    }
    if (!hostname_is_good(host)) {
        known.error = EAI_NONAME;
        asker_answer(asker, &known);
        return;
    }
    asker->until_us = clock_mono_us() + limit(LIMIT_DNS_MS) * 1000;
    pthread_mutex_lock(&resolver->lock);
    resolver_drop_late(resolver, clock_mono_us());
    list_add_last(&resolver_lookup(resolver, host)->askers, &asker->link);
    pthread_cond_signal(&resolver->wake);
    pthread_mutex_unlock(&resolver->lock);
}

static void lookups_forget(struct link *lookups, const struct mailbox *answer_to)
{
    for (struct link *at = lookups->next; at != lookups; at = at->next) {
        struct link *askers = &lookup_of(at)->askers;
        for (struct link *asker = askers->next, *next; asker != askers; asker = next) {
            next = asker->next;
            if (asker_of(asker)->answer_to != answer_to)
                continue;
            list_remove(asker);
            free(asker_of(asker));
        }
    }
}

void resolver_forget(struct resolver *resolver, struct mailbox *answer_to)
{
    pthread_mutex_lock(&resolver->lock);
    lookups_forget(&resolver->waiting, answer_to);
    lookups_forget(&resolver->running, answer_to);
    pthread_mutex_unlock(&resolver->lock);
}
