#include "store/store_parts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/inflight.h"
#include "store/lock.h"
#include "thread/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// A back end is told by the URL's prefix.
static const struct {
    const char *prefix;
    const struct store_backend_table *table;
} backends[] = {{"sqlite:", &store_sqlite}};

static enum error_code choose(struct store *store, const char *url, struct error *error)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        size_t len = strlen(backends[i].prefix);
        if (strncmp(url, backends[i].prefix, len) == 0) {
            store->table = backends[i].table;
            store->file = memory_copy(url + len, strcspn(url + len, "?"));
            return ERR_OK;
        }
    }
    return error_set(error, ERR_CONFIG, "no store is known for %s; name sqlite:PATH", url);
}

// The workers share LIMIT_IN_FLIGHT, and have at least one each.
static size_t slots_of(const struct store *store)
{
    const size_t workers = (size_t)store->options.worker_count;
    const size_t all = (size_t)limit(LIMIT_IN_FLIGHT);

    return all > workers ? all : workers;
}

// The attempts that were cut off are recorded before their slots are used again.
static enum error_code resume(struct store *store, struct error *error)
{
    const size_t slots = slots_of(store);
    struct cut_off *cuts = NULL;
    size_t count = 0;
    enum store_verdict verdict;
    enum error_code code =
        inflight_open(store->data_dir, slots, &store->inflight, &cuts, &count, error);

    if (code != ERR_OK)
        return code;
    verdict = store->table->resume(store->backend, store->options.now_ms, cuts, count,
                                   &store->first_news);
    free(cuts);
    if (verdict == STORE_DONE)
        inflight_clear(store->inflight);
    else if (verdict == STORE_FULL)
        code = error_set(error, ERR_DISK_FULL, "%s", store->table->why(store->backend));
    else
        code = error_set(error, ERR_IO, "%s", store->table->why(store->backend));
    return code;
}

static enum error_code open_parts(struct store *store, struct error *error)
{
    enum error_code code = choose(store, store->options.url, error);

    if (code == ERR_OK)
        code = lock_take(store->data_dir, &store->lock_fd, error);
    if (code == ERR_OK)
        code = store->table->open(store->options.url, store->options.now_ms, &store->backend,
                                  error);
    for (int i = 0; i < READERS && code == ERR_OK; i++) {
        store->readers[i].backend = store->table->reader_new(store->backend, error);
        if (!store->readers[i].backend)
            code = ERR_IO;
    }
    return code == ERR_OK ? resume(store, error) : code;
}

enum error_code store_open(const struct store_options *options, struct store **ret,
                           struct error *error)
{
    struct store *store = NEW(struct store);
    enum error_code code;

    store->options = *options;
    store->data_dir = memory_copy(options->data_dir, strlen(options->data_dir));
    store->lock_fd = -1;
    store->pending_end = &store->pending;
    store->outboxes = NEW_ARRAY(struct outbox, (size_t)options->worker_count);
    for (int worker = 0; worker < options->worker_count; worker++)
        store->outboxes[worker].end = &store->outboxes[worker].first;
    news_init(&store->first_news);
    code = open_parts(store, error);
    if (code != ERR_OK)
        store_close(store);
    else
        *ret = store;
    return code;
}

int64_t store_newest_event(const struct store *store)
{
    return store->table->newest_event(store->backend);
}

bool store_setting(struct store *store, const char *name, struct buf *ret)
{
    return store->table->setting(store->backend, name, ret);
}

enum error_code store_set_setting(struct store *store, const char *name, const char *value,
                                  struct error *error)
{
    return store->table->set_setting(store->backend, name, value, error);
}

bool store_audit_key(struct store *store, const unsigned char key[AUDIT_KEY_LEN], bool is_new)
{
    return store->table->audit_key(store->backend, key, is_new);
}

enum error_code store_do(struct store *store, struct op *op, int64_t now_ms,
                         struct error *error)
{
    enum store_verdict verdict;
    struct news news;

    news_init(&news);
    verdict = store->table->apply(store->backend, &op, 1, now_ms, &news);
    news_done(&news); // nobody runs yet who would have to be told
    if (verdict == STORE_FULL)
        return error_set(error, ERR_DISK_FULL, "the disk is full");
    if (verdict != STORE_DONE)
        return error_set(error, ERR_IO, "%s", store->table->why(store->backend));
    if (op->result != OP_DONE)
        return error_set(error, ERR_CONFLICT, "the first write was refused (%d)",
                         (int)op->result);
    return ERR_OK;
}

int store_take_boot_number(struct store *store)
{
    struct error error;
    struct buf text;
    uint64_t number = 0;
    char next[24];

    buf_init(&text, sizeof next);
    if (store_setting(store, "boot", &text) &&
        !text_to_uint(text.data, text.len, INT32_MAX - 1, &number))
        number = 0;
    buf_done(&text);
    number++;
    snprintf(next, sizeof next, "%d", (int)number);
    return store_set_setting(store, "boot", next, &error) == ERR_OK ? (int)number : -1;
}

void store_start(struct store *store)
{
    store->writes = mailbox_new();
    readers_start(store);
    group_tell(store, &store->first_news);
    group_send(store);
    store->stop.kind = STORE_MAIL_STOP;
    store->committer = thread_start("store", committer_run, store);
}

// The op may be finished and gone as soon as it is posted.
void store_write(struct store *store, struct op *op)
{
    int64_t now_ms = op->submitted_ms;
    int64_t none = 0;

    mailbox_post(store->writes, &op->mail);
    atomic_compare_exchange_strong(&store->oldest_ms, &none, now_ms);
}

void store_submit(struct store *store, struct op *op)
{
    op->mail.kind = STORE_MAIL_OP;
    op->result = OP_PENDING;
    op->is_held = false;
    op->submitted_ms = clock_now().mono_ms;
    if (op_is_read(op->kind) || op->kind == OP_BACKUP)
        readers_post(store, op);
    else
        store_write(store, op);
}

int64_t store_lag_ms(const struct store *store)
{
    int64_t oldest = atomic_load_explicit(&store->oldest_ms, memory_order_relaxed);
    int64_t lag = oldest ? clock_now().mono_ms - oldest : 0;

    return lag > 0 ? lag : 0;
}

void store_in_flight(struct store *store, size_t slot, int64_t event_id, uint16_t n,
                     uint16_t number)
{
    inflight_set(store->inflight, slot, event_id, n, number);
}

void store_not_in_flight(struct store *store, size_t slot)
{
    inflight_unset(store->inflight, slot);
}

void store_arrivals_free(struct store_arrivals *arrivals)
{
    if (!arrivals)
        return;
    parcel_free_all(arrivals->parcels);
    free(arrivals->dues);
    free(arrivals);
}

void store_stop(struct store *store)
{
    if (store->committer) {
        mailbox_post(store->writes, &store->stop);
        thread_join(store->committer);
        store->committer = NULL;
    }
    readers_stop(store);
    if (store->backend)
        store->table->close(store->backend);
    store->backend = NULL;
    lock_release(store->lock_fd);
    store->lock_fd = -1;
}

// What a worker still asked of a store that had stopped; nobody waits for it.
static void drop_mailbox(struct mailbox *mailbox)
{
    struct mail *mail = mailbox ? mailbox_take(mailbox) : NULL;

    while (mail) {
        struct mail *next = mail->next;

        op_free(container_of(mail, struct op, mail));
        mail = next;
    }
    mailbox_free(mailbox);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_stop(store);
    drop_mailbox(store->writes);
    for (int i = 0; i < READERS; i++)
        drop_mailbox(store->readers[i].mailbox);
    inflight_close(store->inflight);
    news_done(&store->first_news);
    free(store->group);
    free(store->outboxes);
    free(store->file);
    free(store->data_dir);
    free(store);
}

static int64_t size_of(const char *file, const char *suffix)
{
    char path[4200];
    struct stat status;

    snprintf(path, sizeof path, "%s%s", file, suffix);
    return stat(path, &status) ? 0 : status.st_size;
}

struct store_counts store_counts(const struct store *store)
{
    return (struct store_counts){
        .groups = atomic_load_explicit(&store->groups, memory_order_relaxed),
        .ops = atomic_load_explicit(&store->ops, memory_order_relaxed),
        .accepted = atomic_load_explicit(&store->accepted, memory_order_relaxed),
        .replayed = atomic_load_explicit(&store->replayed, memory_order_relaxed),
        .settled = atomic_load_explicit(&store->settled, memory_order_relaxed),
        .parked = atomic_load_explicit(&store->parked, memory_order_relaxed),
        .claimed = atomic_load_explicit(&store->claimed, memory_order_relaxed),
        .wal_bytes = size_of(store->file, "-wal"),
        .db_bytes = size_of(store->file, ""),
    };
}
