#include "store/store_parts.h"

#include "base/clock.h"
#include "base/memory.h"

#include <sys/statvfs.h>

enum {
    COMPANY_MS = 2, // a few settles wait that long for more: it halves the fsyncs
    IDLE_MS = 1000,
    SPACE_FLOOR = 256 << 20,
    SPACE_PERCENT = 2,
    SPACE_PERCENT_MOST = 10 // so that a small disk is not always "low"
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

// Once a second: below max(256 MiB, 2 %), but never more than 10 % of the disk, accepts are
// refused, so that outcomes can still be written.
static void look_at_space(struct store *store, int64_t now_ms)
{
    struct statvfs disk;
    uint64_t size;
    uint64_t floor = SPACE_FLOOR;

    if (now_ms - store->looked_at_ms < IDLE_MS)
        return;
    store->looked_at_ms = now_ms;
    if (statvfs(store->file, &disk))
        return;
    size = (uint64_t)disk.f_blocks * disk.f_frsize;
    if (floor < size / 100 * SPACE_PERCENT)
        floor = size / 100 * SPACE_PERCENT;
    if (floor > size / 100 * SPACE_PERCENT_MOST)
        floor = size / 100 * SPACE_PERCENT_MOST;
    store->is_low = (uint64_t)disk.f_bavail * disk.f_frsize < floor;
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
