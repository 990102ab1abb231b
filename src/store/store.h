// What must survive a crash: the one interface. Ops travel in groups; a group is one
// transaction: all of it is on stable storage, or none of it. A refusal (an op's result)
// changes nothing and does not disturb its neighbours. Answers, arrivals and changes leave
// only after the commit, and reach a worker in one stream, in commit order.
//
// One thread writes; readers have connections and threads of their own. After any I/O error
// but a clean "disk full" nothing more is acknowledged: every op comes back OP_FAILED and
// on_lost is told, which ends the process within a second.

#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "hook/parcel.h"
#include "store/ops.h"
#include "thread/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct store;

// What the store posts to workers' mailboxes.
enum store_mail_kind {
    STORE_MAIL_OP = 1,
    STORE_MAIL_ARRIVALS,
    STORE_MAIL_CHANGE,
    STORE_MAIL_CANCELLED
};

// Deliveries born, and webhooks of which something was parked that their lane does not know.
// The receiver takes the parcels, and frees the message with store_arrivals_free().
struct store_arrivals {
    struct mail mail;
    struct parcel *parcels;
    struct lane_due *dues;
    size_t due_count;
};
void store_arrivals_free(struct store_arrivals *arrivals); // and parcels still in it

// A delivery was cancelled by a person; to the worker that owns the webhook. free() it.
struct store_cancelled {
    struct mail mail;
    int64_t webhook_id, event_id;
    uint16_t n;
};

// An app, one of its keys or a webhook changed; to every worker. Each calls
// store_change_done() when it no longer uses what it knew; after the last one the op that
// made the change is answered.
struct store_change {
    struct mail mail;
    int64_t app_id;
    int64_t webhook_id; // 0: the app or a key
    struct store_change_round *round;
};
void store_change_done(struct store_change *change); // any thread; frees it

struct store_options {
    const char *url;      // "sqlite:PATH"
    const char *data_dir; // where the lock and the in-flight file stand
    struct mailbox **workers;
    int worker_count; // a webhook's worker: partition_of(id) % worker_count
    int64_t now_ms;   // wall, at start
    void (*on_lost)(void *owner, const char *why); // from the store's thread, once
    void *owner;
};

// Opens or makes the database, takes the lock, checks and migrates, proves that it can write,
// records attempts that were cut off (store/inflight.h) as interrupted. No thread runs yet.
// Errors: ERR_HELD (names the holder), ERR_DAMAGED, ERR_IO, ERR_PERMISSION, ERR_CONFIG.
enum error_code store_open(const struct store_options *options, struct store **ret,
                           struct error *error) MUST_CHECK;
int64_t store_newest_event(const struct store *store); // its id, at open; 0: there is none

// Small values kept by name ("id_key", "boot"); only between store_open() and store_start().
bool store_setting(struct store *store, const char *name, struct buf *ret); // false: none
enum error_code store_set_setting(struct store *store, const char *name, const char *value,
                                  struct error *error) MUST_CHECK;
// The key under which the audit log is chained; between store_open() and store_start(), once.
// is_new: there is no log yet. False: somebody has changed the log's end while no server ran;
// it goes on behind it.
bool store_audit_key(struct store *store, const unsigned char key[AUDIT_KEY_LEN],
                     bool is_new) MUST_CHECK;
// One write at once, at the first start: before any thread runs there is nobody to answer.
// Errors: what the back end said; ERR_CONFLICT when the op was refused.
enum error_code store_do(struct store *store, struct op *op, int64_t now_ms,
                         struct error *error) MUST_CHECK;
int store_take_boot_number(struct store *store); // counts up; for minters

// Starts the threads and posts to each worker its fresh deliveries and its lanes.
void store_start(struct store *store);

void store_submit(struct store *store, struct op *op); // any thread; never blocks
// Milliseconds since the oldest write that is unanswered was submitted; 0: none. Any thread.
int64_t store_lag_ms(const struct store *store);

// The attempt that goes out now, in the file that survives a crash of the process: slot is
// the worker's own number below in_flight_max × workers. Any thread, no system call.
void store_in_flight(struct store *store, size_t slot, int64_t event_id, uint16_t n,
                     uint16_t number);
void store_not_in_flight(struct store *store, size_t slot);

// Finishes what was submitted, joins the threads; the workers must still take their mail or
// be gone for good. Then checkpoints, closes and unlocks.
void store_stop(struct store *store);
void store_close(struct store *store); // and free

struct store_counts {
    uint64_t groups, ops, accepted, replayed, settled, parked, claimed;
    int64_t wal_bytes, db_bytes;
};
struct store_counts store_counts(const struct store *store);

#endif
