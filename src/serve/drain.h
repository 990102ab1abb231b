// The end of the server: the signals that ask for it, and its order. First: no new
// connection, no new attempt; answers and attempts under way are finished. After 15 s, or at
// a second signal, what is still under way is cut and recorded as interrupted. When every
// worker is empty the store finishes its last group, then the workers end. Where all that
// takes longer than 19.5 s, because the disk hangs, a thread of its own ends the process:
// what was acknowledged is in the database.

#ifndef SERVE_DRAIN_H
#define SERVE_DRAIN_H

#include "net/loop.h"

#include <stdbool.h>

struct common;
struct listener;
struct thread;

struct drain {
    struct common *common;
    struct loop *loop;
    struct listener *listener;
    struct watch signals;
    struct watch mails;
    int64_t cut_at_ms; // 0: no drain has begun
    int64_t give_up_at_ms;
    bool was_cut;
    int drained;            // workers
    struct thread *watcher; // ends the process in time; NULL: no drain has begun
    int is_over;            // eventfd: it need not
};

void drain_block_signals(void); // before any thread is started
void drain_init(struct drain *drain, struct common *common, struct loop *loop,
                struct listener *listener);
void drain_look(struct drain *drain, struct moment now); // once a second
// The loop has ended: end the store, then the workers.
void drain_done(struct drain *drain);
void drain_over(struct drain *drain); // the store is closed: the end came in time

#endif
