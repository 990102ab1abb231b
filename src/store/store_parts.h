// The inside of a store, for the files that run it: store.c opens and closes, committer.c is
// its thread, group.c takes groups and sends what came of them, changes.c the rounds, and
// readers.c the readers' threads.

#ifndef STORE_STORE_PARTS_H
#define STORE_STORE_PARTS_H

#include "store/backend.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive;
struct inflight;
struct thread;

enum { STORE_MAIL_STOP = -1, READERS = 2 };

// What goes to one worker, linked, until it is posted in one piece.
struct outbox {
    struct mail *first;
    struct mail **end;
};

struct reader {
    struct mailbox *mailbox;
    struct thread *thread;
    struct store_reader *backend;
    struct store *store;
    struct mail stop;
};

struct store {
    const struct store_backend_table *table;
    struct store_backend *backend;
    struct store_options options;
    char *file; // of the database
    char *data_dir;
    int lock_fd;
    struct inflight *inflight;
    struct news first_news; // of the start, until the workers are told

    struct mailbox *writes;
    struct thread *committer;
    struct mail stop;
    struct reader readers[READERS];
    struct archive *archive;

    // the committer's own
    struct mail *pending; // taken from the mailbox, not yet in a group
    struct mail **pending_end;
    struct op **group;
    size_t group_count, group_cap;
    struct outbox *outboxes; // one per worker
    bool is_stopping, is_lost;
    bool is_low;          // on disk space: accepts are refused
    int64_t looked_at_ms; // for space

    // one writer, many readers
    _Atomic int64_t oldest_ms; // when the oldest unanswered write was submitted; 0: none
    _Atomic uint64_t groups, ops, accepted, replayed, settled, parked, claimed;
};

void committer_run(void *store);
void store_write(struct store *store, struct op *op); // store.c: to the committer

// readers.c: the readers' threads, and the archive's.
void readers_start(struct store *store);
void readers_post(struct store *store, struct op *op);
void readers_stop(struct store *store);

// group.c. Takes the next group out of what is pending, in the order in which it is applied.
void group_take(struct store *store);
bool group_is_settles(const struct store *store); // nothing but settles, and few
void group_apply(struct store *store);
// Hands over what a group, or the start, brought about.
void group_tell(struct store *store, struct news *news);
void group_answer(struct store *store, struct op *op);
void group_send(struct store *store); // all that is in the outboxes
void outbox_add(struct store *store, int worker, struct mail *mail);
int owner_of(const struct store *store, int64_t webhook_id);

// changes.c. Starts a round per op that changed something, and holds the op's answer.
void changes_tell(struct store *store, const struct news *news);

#endif
