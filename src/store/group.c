#include "store/store_parts.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "store/archive.h"

#include <assert.h>
#include <stdlib.h>

enum { FEW_SETTLES = 64 }; // more need no company

// The order in which a group is applied: outcomes first; accepts before configuration, so
// that one planned under the old version in the same group is not bounced; what lanes ask
// last, in the order in which they asked, so that no birth of the group falls between.
static int rank_of(enum op_kind kind)
{
    switch (kind) {
    case OP_SETTLE: return 0;
    case OP_ACCEPT: return 1;
    case OP_PARK:
    case OP_BEHIND:
    case OP_CLAIM: return 3;
    default: return 2;
    }
}
enum { RANKS = 4 };

static size_t rows_of(const struct op *op)
{
    return op->kind == OP_ACCEPT ? 1 + op->as.accept.accept.target_count : 1;
}

static size_t bytes_of(const struct op *op)
{
    if (op->kind == OP_ACCEPT)
        return op->as.accept.accept.event->body_len;
    if (op->kind == OP_RECORD)
        return op->as.record.accept.event->body_len;
    return op->kind == OP_SETTLE ? op->as.settle.settle->attempt.detail_len : 0;
}

static bool needs_room(const struct op *op)
{
    switch (op->kind) {
    case OP_ACCEPT:
    case OP_RECORD: return true;
    case OP_APP: return op->as.app.verb == VERB_CREATE;
    case OP_KEY: return op->as.key.verb == VERB_CREATE;
    case OP_WEBHOOK: return op->as.webhook.verb == VERB_CREATE;
    case OP_LINK: return true;
    case OP_SESSION: return op->as.session.verb == VERB_CREATE;
    default: return false;
    }
}

static void add(struct store *store, struct op *op)
{
    if (store->group_count == store->group_cap) {
        store->group_cap = store->group_cap ? store->group_cap * 2 : 256;
        store->group = memory_resize(store->group, store->group_cap * sizeof *store->group);
    }
    store->group[store->group_count++] = op;
}

// The ops of the pending mail up to the limits of a group, in order of arrival.
static struct mail *end_of_group(const struct store *store)
{
    size_t rows_left = (size_t)limit(LIMIT_GROUP_ROWS);
    size_t bytes_left = (size_t)limit(LIMIT_GROUP_BYTES);
    struct mail *mail = store->pending;

    for (; mail; mail = mail->next) {
        const struct op *op = container_of(mail, struct op, mail);
        if (mail != store->pending && (rows_of(op) > rows_left || bytes_of(op) > bytes_left))
            break;
        rows_left -= rows_of(op) < rows_left ? rows_of(op) : rows_left;
        bytes_left -= bytes_of(op) < bytes_left ? bytes_of(op) : bytes_left;
    }
    return mail;
}

void group_take(struct store *store)
{
    struct mail *end = end_of_group(store);

    store->group_count = 0;
    for (int rank = 0; rank < RANKS; rank++)
        for (struct mail *mail = store->pending; mail != end; mail = mail->next) {
            struct op *op = container_of(mail, struct op, mail);
            if (rank_of(op->kind) == rank)
                add(store, op);
        }
    store->pending = end;
    if (!end)
        store->pending_end = &store->pending;
}

bool group_is_settles(const struct store *store)
{
    size_t count = 0;

    for (const struct mail *mail = store->pending; mail; mail = mail->next)
        if (container_of(mail, const struct op, mail)->kind != OP_SETTLE ||
            ++count > FEW_SETTLES)
            return false;
    return count > 0;
}

int owner_of(const struct store *store, int64_t webhook_id)
{
    return (int)(partition_of(webhook_id) % (uint32_t)store->options.worker_count);
}

void outbox_add(struct store *store, int worker, struct mail *mail)
{
    struct outbox *outbox = &store->outboxes[worker];

    assert(worker >= 0 && worker < store->options.worker_count);
    mail->next = NULL;
    *outbox->end = mail;
    outbox->end = &mail->next;
}

void group_send(struct store *store)
{
    for (int worker = 0; worker < store->options.worker_count; worker++) {
        struct outbox *outbox = &store->outboxes[worker];
        struct mail *first = outbox->first;

        outbox->first = NULL;
        outbox->end = &outbox->first;
        mailbox_post_all(store->options.workers[worker], first);
    }
}

void group_answer(struct store *store, struct op *op)
{
    op->mail.kind = STORE_MAIL_OP;
    if (op->kind == OP_BACKUP)
        archive_post(store->archive, op); // it waits to know whether its audit row is kept
    else
        outbox_add(store, op->worker, &op->mail);
}

// Arrivals and dues of each worker, in one message each.
static void tell_arrivals(struct store *store, struct news *news)
{
    const int workers = store->options.worker_count;
    struct store_arrivals **mails = NEW_ARRAY(struct store_arrivals *, (size_t)workers);
    struct parcel ***tails = NEW_ARRAY(struct parcel **, (size_t)workers);
    struct parcel *parcel = news->arrivals;

    for (int worker = 0; worker < workers; worker++) {
        mails[worker] = NEW(struct store_arrivals);
        mails[worker]->mail.kind = STORE_MAIL_ARRIVALS;
        tails[worker] = &mails[worker]->parcels;
    }
    while (parcel) {
        struct parcel *next = parcel->next;
        int owner = owner_of(store, parcel->webhook_id);
        parcel->next = NULL;
        *tails[owner] = parcel;
        tails[owner] = &parcel->next;
        parcel = next;
    }
    news->arrivals = NULL;
    news->arrivals_tail = &news->arrivals;
    for (size_t i = 0; i < news->due_count; i++)
        mails[owner_of(store, news->dues[i].webhook_id)]->due_count++;
    for (int worker = 0; worker < workers; worker++) {
        mails[worker]->dues = NEW_ARRAY(struct lane_due, mails[worker]->due_count);
        mails[worker]->due_count = 0;
    }
    for (size_t i = 0; i < news->due_count; i++) {
        struct store_arrivals *mail = mails[owner_of(store, news->dues[i].webhook_id)];
        mail->dues[mail->due_count++] = news->dues[i];
    }
    for (int worker = 0; worker < workers; worker++) {
        if (mails[worker]->parcels || mails[worker]->due_count)
            outbox_add(store, worker, &mails[worker]->mail);
        else
            store_arrivals_free(mails[worker]);
    }
    free(mails);
    free(tails);
}

static void tell_cancelled(struct store *store, const struct news *news)
{
    for (size_t i = 0; i < news->cancelled_count; i++) {
        const struct news_cancelled *cancelled = &news->cancelled[i];
        struct store_cancelled *mail = NEW(struct store_cancelled);
        mail->mail.kind = STORE_MAIL_CANCELLED;
        mail->webhook_id = cancelled->webhook_id;
        mail->event_id = cancelled->event_id;
        mail->n = cancelled->n;
        outbox_add(store, owner_of(store, cancelled->webhook_id), &mail->mail);
    }
}

void group_tell(struct store *store, struct news *news)
{
    if (news->arrivals || news->due_count)
        tell_arrivals(store, news);
    tell_cancelled(store, news);
    changes_tell(store, news);
    news_done(news);
}

static void count(struct store *store, const struct op *op)
{
    _Atomic uint64_t *counter = NULL;

    if (op->kind == OP_ACCEPT && op->result == OP_DONE)
        counter = &store->accepted;
    else if (op->kind == OP_ACCEPT && op->result == OP_REPLAY)
        counter = &store->replayed;
    else if (op->kind == OP_SETTLE)
        counter = &store->settled;
    else if (op->kind == OP_PARK)
        counter = &store->parked;
    else if (op->kind == OP_CLAIM)
        counter = &store->claimed;
    if (counter)
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void refuse(struct store *store, struct op *op, enum op_result result)
{
    op->result = result;
    if (op->kind == OP_SETTLE)
        op->as.settle.result = SETTLED_FULL;
    group_answer(store, op);
}

static void lose(struct store *store)
{
    if (store->is_lost)
        return;
    store->is_lost = true;
    store->options.on_lost(store->options.owner, store->table->why(store->backend));
}

// Keeps of the group what may go on while there is no room: claims need none, and when the
// disk runs low outcomes may use what is left of it.
static void refuse_some(struct store *store, bool (*is_refused)(const struct op *),
                        enum op_result result)
{
    size_t kept = 0;

    for (size_t i = 0; i < store->group_count; i++) {
        struct op *op = store->group[i];
        if (is_refused(op))
            refuse(store, op, result);
        else
            store->group[kept++] = op;
    }
    store->group_count = kept;
}

static bool is_write(const struct op *op)
{
    return op->kind != OP_CLAIM && op->kind != OP_BEHIND;
}

static bool is_any(const struct op *op)
{
    return op != NULL;
}

static enum store_verdict apply_once(struct store *store, struct news *news)
{
    enum store_verdict verdict;

    if (store->group_count == 0)
        return STORE_DONE;
    verdict = store->table->apply(store->backend, store->group, store->group_count,
                                  clock_now().wall_ms, news);
    switch (verdict) {
    case STORE_DONE: break;
    case STORE_FULL: refuse_some(store, is_write, OP_FULL); break;
    case STORE_UNKNOWN: refuse_some(store, is_write, OP_FAILED); break;
    case STORE_LOST:
        lose(store);
        refuse_some(store, is_any, OP_FAILED);
        break;
    }
    return verdict;
}

void group_apply(struct store *store)
{
    struct news news;

    news_init(&news);
    if (store->is_low)
        refuse_some(store, needs_room, OP_FULL);
    if (store->is_lost)
        refuse_some(store, is_any, OP_FAILED);
    if (apply_once(store, &news) == STORE_FULL && apply_once(store, &news) == STORE_FULL)
        refuse_some(store, is_any, OP_FULL);
    atomic_fetch_add_explicit(&store->groups, 1, memory_order_relaxed);
    group_tell(store, &news);
    for (size_t i = 0; i < store->group_count; i++) {
        struct op *op = store->group[i];
        count(store, op);
        if (!op->is_held)
            group_answer(store, op);
    }
    store->group_count = 0;
    group_send(store);
}
