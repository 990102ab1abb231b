// What the files of the SQLite back end share: the connection, its prepared statements, and
// what the writer keeps in memory so that an accept costs no look-up.
//
// Errors stick: the first one is kept in code, and every helper does nothing after it; so a
// chain of writes is checked once, before the commit. sqlite_apply.c rolls back and says what
// it means.

#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "base/map.h"
#include "hook/rows.h"
#include "store/backend.h"
#include "store/runs.h"
#include "store/sqlite_audit.h"
#include "store/sqlite_sql.h"
#include "store/trail.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct news;

struct known_app {
    int64_t id;
    int version;
    bool is_used; // has had an event: its profile stays
};

struct known_webhook {
    int64_t id;
    int64_t app_id;
    int64_t cancel_before;
    int64_t sequence;         // of its keyed deliveries, the last
    int64_t swept;            // the cancel_before up to which its rows have been rewritten
    int64_t failing_since_ms; // 0: it is not
    int version;
    enum webhook_state state;
    bool is_behind;      // births are parked; in memory alone
    int64_t parked_ms;   // a claim begins no later: the least due time that was parked since
                         // the last one, its lane not knowing
    uint64_t told_group; // a parked birth was told in that group
};

// Background work that goes on from step to step; starts again from the front after a
// restart.
struct sweep {
    int64_t webhook_id; // 0: none
    int64_t cancel_before;
    bool is_at_fresh; // parked rows are done
    int64_t due, event_id;
    int n; // the last row seen
};
struct erase {
    int64_t app_id; // 0: none
    int64_t event_id;
    int64_t run; // of trails, the last that was looked at
};

// Statistics: how far they are folded (store/sqlite_stat.h).
struct stat_state {
    int64_t attempt;    // its id
    int64_t event;      // the delivery's …
    int n;              // … key
    int64_t deliveries; // that may be behind it
    int64_t folded_ms;
};

// After a clock that was set back (store/sqlite_rewind.c).
struct rewind {
    bool is_on;
    bool is_in_webhook;
    int64_t webhook_id;
    int64_t due, event_id;
    int n;           // the last row seen
    int64_t seen_ms; // the latest clock of this process
};

struct store_backend {
    sqlite3 *db;
    char *path;
    bool is_new;
    int code;      // of SQLite, the first error since the group began
    char why[400]; // the last failure
    sqlite3_stmt *statements[SQL_COUNT];

    struct map apps;     // id → struct known_app
    struct map webhooks; // id → struct known_webhook
    struct runs runs;    // idempotency keys
    struct trail trail;  // of apps and webhooks
    int64_t last_event;  // the greatest id accepted
    int64_t last_attempt;
    int64_t last_log;

    uint64_t group;          // counts them
    bool has_changed_config; // in this group: what is known must be read again on rollback
    struct known_webhook **caught_up; // behind until this group
    size_t caught_up_count, caught_up_cap;
    bool has_accepted; // since the last step

    int wal_pages;                       // after the last commit
    int wal_checkpointed;                // of them, when last tried
    struct stat_state stat, stat_before; // the group
    int64_t noted_ms, noted_before_ms;   // no due time was written after it; the group
    struct rewind rewind;
    struct audit_state audit;
    struct audit_ends audit_before; // the group
    struct sweep sweep;
    struct erase erase;
    bool has_work;          // of sweeping or erasing
    int64_t retained_event; // the last that was looked at for its age
    int64_t expired_run;    // of trails, the same
    bool has_jobs;          // perhaps
    int64_t job_webhook;    // whose job had the last step
    int64_t pruned_ms;      // when old keys and replies were last looked for
};

enum { SQLITE_BUSY_MS = 5000 }; // another program's lock is waited for that long

// Statements. A statement is bound, then run or stepped, then reset by the helper.
sqlite3_stmt *sqlite_statement(struct store_backend *backend, enum sql sql);
bool sqlite_run(struct store_backend *backend, enum sql sql); // to its end; false: failed
// True: a row is there, to be read, and sqlite_reset() follows once done.
bool sqlite_step(struct store_backend *backend, enum sql sql);
void sqlite_reset(struct store_backend *backend, enum sql sql);
bool sqlite_exec(struct store_backend *backend, const char *text);
void sqlite_note(struct store_backend *backend, int code); // remember the first failure
// BEGIN … COMMIT with the verdict; the caller has written between them.
bool sqlite_begin(struct store_backend *backend, bool writes);
enum store_verdict sqlite_end(struct store_backend *backend);

struct known_app *sqlite_known_app(const struct store_backend *backend, int64_t id);
struct known_webhook *sqlite_known_webhook(const struct store_backend *backend, int64_t id);
void sqlite_know_app(struct store_backend *backend, int64_t id, int version, bool is_used);
struct known_webhook *sqlite_know_webhook(struct store_backend *backend,
                                          const struct webhook_row *row, int64_t swept);
// A row is parked now that its lane does not have: its next claim comes by it …
void sqlite_note_parked(struct known_webhook *webhook, int64_t due_ms);
// … and the lane is told to make one.
void sqlite_tell_parked(struct known_webhook *webhook, int64_t due_ms, struct news *news);
bool sqlite_know_all(struct store_backend *backend); // from the tables; keeps who is behind
void sqlite_forget_all(struct store_backend *backend);

#endif
