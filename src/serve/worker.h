// A worker: one thread, one event loop, and on it everything of the hot path: the doors, the
// engine's lanes of the webhooks that hash to it, and the sender. It shares nothing mutable
// with other threads but mailboxes, the tables of limits (thread/limit.h) and the counters
// below, each of which has one writer.

#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"
#include "net/address.h"
#include "net/loop.h"
#include "thread/mailbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct caller;
struct common;
struct door;
struct id_cipher;
struct op;
struct post_office;
struct server;
struct thread;
struct tls_server;

// Mail kinds of a worker's mailbox beyond enum store_mail_kind.
enum worker_mail_kind {
    WORKER_MAIL_CONNECTION = 100,
    WORKER_MAIL_DRAIN,
    WORKER_MAIL_CUT,
    WORKER_MAIL_STOP,
    WORKER_MAIL_ERRAND // serve/postman.h
};
// … and of main's.
enum main_mail_kind { MAIN_MAIL_DRAINED = 200 };

struct connection_mail {
    struct mail mail;
    int fd;
    struct address peer;
};

// What others may read of a worker: figures of the last turn.
struct worker_figures {
    atomic_uint_fast64_t turns; // the watchdog's
    atomic_uint_fast64_t requests, connections;
    atomic_uint_fast64_t attempts, delivered, failed_attempts, ended_failed;
    atomic_uint_fast64_t connects, reused;
    atomic_int_fast64_t in_hand, in_flight, lanes, bytes_in_hand;
};

struct worker {
    int number;
    struct common *common;
    struct thread *thread;
    struct loop *loop;
    struct mailbox *mailbox;
    struct watch mail_watch;
    struct timer engine_timer;
    struct timer tick_timer;
    struct id_cipher *cipher;
    struct server *server;
    struct door *door;
    struct engine *engine;
    struct caller *caller;

    struct link tests;          // struct testing (serve/to_test.c)
    struct post_office *office; // of the first worker; NULL: another's
    struct parcel *unparked;    // refused by a full disk (serve/to_store.c)
    struct map card_asks;       // webhook → struct card_ask (serve/to_store.c)

    bool is_draining;
    bool was_cut;
    bool has_drained;
    struct worker_figures figures;
};

// Everything is made on the caller's thread; worker_start() begins to run it.
struct worker *worker_new(struct common *common, int number);
void worker_start(struct worker *worker);
void worker_join(struct worker *worker); // after WORKER_MAIL_STOP
void worker_free(struct worker *worker);

#endif
