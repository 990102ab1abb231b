// One way to keep things. Two of these are to exist for servers, and tests/model keeps them
// in memory; the same conformance suite holds all to the same answers.
//
// apply() is atomic: all of the group or nothing of it is durable when it returns.

#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "base/error.h"
#include "store/ops.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct store_backend;
struct store_reader;

enum store_verdict {
    STORE_DONE,    // every op has its result
    STORE_FULL,    // the disk is full; nothing was changed
    STORE_UNKNOWN, // the connection was lost in the commit: nobody knows
    STORE_LOST,    // stop the process
};

// What a group brought about besides its ops' results. Lists are malloc'd; news_done() frees
// what was not taken.
struct news {
    struct parcel *arrivals; // linked, in commit order, of any worker
    struct parcel **arrivals_tail;
    struct lane_due *dues;
    size_t due_count, due_cap;
    struct news_change {
        int64_t app_id, webhook_id;
        struct op *op;
    } * changes;
    size_t change_count, change_cap;
    struct news_cancelled {
        int64_t webhook_id, event_id;
        uint16_t n;
    } * cancelled;
    size_t cancelled_count, cancelled_cap;
};
void news_init(struct news *news);
void news_done(struct news *news);
void news_arrival(struct news *news, struct parcel *parcel);
void news_due(struct news *news, int64_t webhook_id, int64_t app_id, int64_t due_wall_ms);
void news_change(struct news *news, int64_t app_id, int64_t webhook_id, struct op *op);
void news_cancelled(struct news *news, int64_t webhook_id, int64_t event_id, uint16_t n);

// An attempt that was cut off when the process ended.
struct cut_off {
    int64_t event_id;
    uint16_t n, number;
};

typedef bool copy_step_fn(void *owner, int64_t done, int64_t total);
typedef enum error_code copy_fn(const char *from, const char *to, copy_step_fn *step,
                                void *owner, struct error *error);

struct store_backend_table {
    // After a failure nothing is open.
    enum error_code (*open)(const char *url, int64_t now_ms, struct store_backend **ret,
                            struct error *error);
    bool (*is_new)(const struct store_backend *backend);
    bool (*setting)(struct store_backend *backend, const char *name, struct buf *ret);
    enum error_code (*set_setting)(struct store_backend *backend, const char *name,
                                   const char *value, struct error *error);
    int64_t (*newest_event)(const struct store_backend *backend); // its id; 0: there is none
    // The key under which the audit log is chained, before the first apply; until then it is
    // one of zeros. is_new: there is no log yet. False: the log does not end where a server
    // left it (hook/audit.h, audit_ends_open()).
    bool (*audit_key)(struct store_backend *backend, const unsigned char key[AUDIT_KEY_LEN],
                      bool is_new);
    // Before the first apply: records cut-off attempts as interrupted (their deliveries are
    // due at once; from the third in a row on after 60 s), then tells every fresh delivery
    // and every lane. Where the clock was set back, what waits is made due after its own wait
    // from now at the latest, here or in steps.
    enum store_verdict (*resume)(struct store_backend *backend, int64_t now_ms,
                                 const struct cut_off *cuts, size_t count,
                                 struct news *ret_news);
    // Ops in order: settles, accepts, configuration, claims is the caller's business.
    enum store_verdict (*apply)(struct store_backend *backend, struct op **ops, size_t count,
                                int64_t now_ms, struct news *ret_news);
    // One bounded piece (<= 500 rows) of background work (rows of disabled webhooks, runs).
    // False: nothing left to do.
    bool (*step)(struct store_backend *backend, int64_t now_ms,
                 enum store_verdict *ret_verdict, struct news *ret_news);
    const char *(*why)(const struct store_backend *backend); // the last failure, in words
    struct store_reader *(*reader_new)(struct store_backend *backend,
                                       struct error *error); // own thread
    void (*read)(struct store_reader *reader, struct op *op);
    void (*reader_free)(struct store_reader *reader);
    void (*close)(struct store_backend *backend);
    copy_fn *copy; // of the database's file, as it is now; any thread
};

extern const struct store_backend_table store_sqlite;

#endif
