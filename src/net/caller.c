#include "net/caller.h"

#include "base/memory.h"
#include "net/call.h"
#include "net/dial.h"
#include "net/tls_client.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct caller {
    struct call_kit kit;
    struct watch answers; // of the resolver
};

const char *call_result_slug(enum call_result result)
{
    static const char *const slugs[] = {
#define X(name, slug) slug,
        CALL_RESULTS(X)
#undef X
    };
    assert(result < CALL_RESULTS_COUNT);
    return slugs[result];
}

static void on_answers(struct watch *watch, uint32_t epoll_events)
{
    (void)epoll_events;
    struct caller *caller = container_of(watch, struct caller, answers);
    struct mail *mail = mailbox_take(caller->kit.mailbox);
    while (mail) {
        struct resolved *resolved = container_of(mail, struct resolved, mail);
        mail = mail->next;
        dial_on_resolved(&caller->kit, resolved);
        free(resolved);
    }
}

struct caller *caller_new(struct loop *loop, struct resolver *resolver,
                          const struct guard *guard, const char *ca_file)
{
    struct tls_client *tls;
    if (tls_client_new(ca_file, &tls, NULL) != ERR_OK)
        return NULL;
    struct caller *caller = NEW(struct caller);
    call_kit_init(&caller->kit, loop);
    caller->kit.resolver = resolver;
    caller->kit.guard = guard;
    caller->kit.tls = tls;
    caller->kit.mailbox = mailbox_new();
    caller->answers =
        (struct watch){.on_ready = on_answers, .fd = mailbox_fd(caller->kit.mailbox)};
    loop_watch(loop, &caller->answers, EPOLLIN);
    return caller;
}

void caller_free(struct caller *caller)
{
    if (!caller)
        return;
    struct call_kit *kit = &caller->kit;
    call_kit_done(kit);
    resolver_forget(kit->resolver, kit->mailbox);
    for (struct mail *mail = mailbox_take(kit->mailbox), *next; mail; mail = next) {
        next = mail->next;
        free(container_of(mail, struct resolved, mail));
    }
    loop_unwatch(kit->loop, &caller->answers);
    mailbox_free(kit->mailbox);
    tls_client_free(kit->tls);
    free(caller);
}

void caller_call(struct caller *caller, const struct call_request *request, call_end *on_end,
                 void *owner, uint64_t tag)
{
    call_start(&caller->kit, request, on_end, owner, tag);
}

void caller_cancel(struct caller *caller, void *owner, uint64_t tag)
{
    call_cancel(&caller->kit, owner, tag);
}

struct caller_counts caller_counts(const struct caller *caller)
{
    struct caller_counts counts = caller->kit.counts;
    counts.kept = caller->kit.pool.idle_count;
    counts.open += counts.kept;
    return counts;
}
