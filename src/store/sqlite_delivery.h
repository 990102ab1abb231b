// One delivery's row, and everything that changes it once it is born: settles, manual
// retries, cancelling, parking, and attempts that were cut off.

#ifndef STORE_SQLITE_DELIVERY_H
#define STORE_SQLITE_DELIVERY_H

#include "hook/delivery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cut_off;
struct news;
struct op;
struct settle;
struct store_backend;

struct delivery_columns {
    int64_t event_id;
    int n;
    int64_t webhook_id;
    enum delivery_state state;
    int64_t due, wait_ms;
    int step, number, asked, served, crashes;
    int64_t last_attempt;
    int status, error;
    int64_t ended, spared;
    enum delivery_state old_state;
    int64_t old_due;
    bool is_by_person; // cancelled so
    int64_t sequence;  // of a keyed one; 0: of none
    bool is_replayed;  // a recover job began its schedule anew
};

// False: there is no such row.
bool delivery_read(struct store_backend *backend, int64_t event_id, int n,
                   struct delivery_columns *ret);
void delivery_write(struct store_backend *backend, const struct delivery_columns *row);
// Where a keyed one has ended the next in its line goes out.
void delivery_leave_line(struct store_backend *backend, const struct delivery_columns *row,
                         int64_t now_ms, struct news *news);
// The wait of one that has a time of its own: that is one of the wall clock, whatever becomes
// of it, so a clock that is set back adds to the wait as much as may be asked for.
int64_t delivery_later_wait_ms(void);
// The one place where a row's state changes; a step that the domain does not have ends the
// process.
void delivery_enter(struct delivery_columns *row, enum delivery_state state);
// The row as it is to be seen: an open one of a disabled webhook is cancelled, before the
// background work has written so.
bool delivery_is_cancelled(const struct store_backend *backend, int64_t webhook_id,
                           int64_t event_id, int64_t spared);

void sqlite_settle(struct store_backend *backend, struct op *op, int64_t now_ms,
                   struct news *news);
void sqlite_park(struct store_backend *backend, struct op *op);
void sqlite_retry(struct store_backend *backend, struct op *op, struct news *news);
void sqlite_cancel(struct store_backend *backend, struct op *op, struct news *news);
void sqlite_post_done(struct store_backend *backend, struct op *op); // sqlite_post.c
void sqlite_cut_off(struct store_backend *backend, const struct cut_off *cut, int64_t now_ms,
                    struct news *news);
// True: it was open, has had as many attempts as are counted, and is failed now.
bool delivery_give_up(struct delivery_columns *row, int64_t now_ms);

// Tries anew what ended badly, with the whole schedule before it. False: it is none of that,
// or a person cancelled it.
bool delivery_requeue(struct store_backend *backend, int64_t event_id, int n, int64_t now_ms);

// Records an attempt as the row's last; prev is what was last before it.
struct attempt_columns {
    int64_t id;
    int number, trigger;
    int64_t started, ms;
    int status, error, version;
    int effect; // enum attempt_effect
    const unsigned char *detail;
    size_t detail_len;
};
void attempt_add(struct store_backend *backend, struct delivery_columns *row,
                 struct attempt_columns *attempt);

#endif
