#include "store/store_parts.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/space.h"

enum {
    COMPANY_MS = 2, // a few settles wait that long for more: it halves the fsyncs
    IDLE_MS = 1000
};

static void append(struct store *store, struct mail *mail)
{
    while (mail) {
        struct mail *next = mail->next;
        mail->next = NULL;
        if (mail == &store->stop) {
            store->is_stopping = true;
        } else {
            *store->pending_end = mail;
            store->pending_end = &mail->next;
            atomic_fetch_add_explicit(&store->ops, 1, memory_order_relaxed);
        }
        mail = next;
    }
}

// Once a second: below the floor accepts are refused.
static void look_at_space(struct store *store, int64_t now_ms)
{
    struct space space;

    if (now_ms - store->looked_at_ms < IDLE_MS)
        return;
    store->looked_at_ms = now_ms;
    if (space_look(store->file, &space))
        store->is_low = space.free < space.floor;
}

// Forgets the write that was the oldest, then looks for the next: a submitter posts first and
// notes its time after, where none is noted, so that none stays unnoticed while a step of
// background work is stuck.
static void note_oldest(struct store *store)
{
    atomic_store(&store->oldest_ms, 0);
    append(store, mailbox_take(store->writes));
    if (store->pending)
        atomic_store(&store->oldest_ms,
                     container_of(store->pending, struct op, mail)->submitted_ms);
}

static bool step(struct store *store)
{
    enum store_verdict verdict = STORE_DONE;
    struct news news;
    bool has_more;

    news_init(&news);
    has_more = store->table->step(store->backend, clock_now().wall_ms, &verdict, &news);
    group_tell(store, &news);
    group_send(store);

    if (verdict == STORE_LOST) {
        store->is_lost = true;
        store->options.on_lost(store->options.owner, store->table->why(store->backend));
    }
    return has_more && verdict == STORE_DONE;
}

void committer_run(void *argument)
{
    struct store *store = argument;
    bool has_more = true;

    for (;;) {
        int wait_ms = store->pending || has_more || store->is_stopping ? 0 : IDLE_MS;
        append(store, mailbox_wait(store->writes, wait_ms));
        look_at_space(store, clock_now().mono_ms);
        if (group_is_settles(store) && !store->is_stopping)
            append(store, mailbox_wait(store->writes, COMPANY_MS));
        if (!store->pending && store->is_stopping)
            break;
        if (store->pending) {
            group_take(store);
            group_apply(store);
        }
        note_oldest(store);
        has_more = !store->is_lost && step(store);
    }
}
