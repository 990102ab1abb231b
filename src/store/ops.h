// Everything that is asked of the store, as data. An op is filled by the asker, handed over
// with store_submit(), and comes back finished to the mailbox of the asker's worker, once.
// Rows and texts of an answer live in the op's own arena and go with op_free().
//
// To add an op: a kind here, its part of the union, a row in the back ends' tables, a case in
// the conformance suite.

#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "base/arena.h"
#include "base/error.h"
#include "hook/audit_check.h"
#include "hook/intake.h"
#include "hook/job.h"
#include "hook/parcel.h"
#include "hook/rows.h"
#include "hook/settle.h"
#include "thread/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
    // writes, done by the store's thread in groups
    OP_ACCEPT,
    OP_SETTLE,
    OP_PARK,
    OP_BEHIND,
    OP_CLAIM, // a read, but in the writes' order
    OP_RETRY,
    OP_CANCEL,
    OP_RECORD, // a test event with its one delivery and attempt, all made already
    OP_APP,
    OP_KEY,
    OP_KEY_USES, // and those of sessions
    OP_WEBHOOK,
    OP_WINDOW,    // one call more of a key that may make so many an hour
    OP_JOB,       // recover: starts one, or stops it
    OP_POST_DONE, // something to be told was told, or is to be tried again
    OP_LINK,      // into the portal
    OP_SESSION,   // opened by a link, or ended
    OP_AUDIT,     // nothing but its audit row: a secret is about to be shown, a refusal
    OP_BACKUP, // nothing but its audit row, once the archive's thread has agreed to make one
    // reads, done by a reader's thread
    OP_KEY_BY_LOOKUP,
    OP_SESSION_BY_HASH,
    OP_APP_CARD,
    OP_HOOK_CARD,
    OP_LIST,
    OP_GET_APP,
    OP_GET_WEBHOOK,
    OP_GET_EVENT,
    OP_GET_DELIVERY, // with its attempts
    OP_GET_JOB,
    OP_RECOVER_COUNT, // how many deliveries a job would try anew
    OP_WEBHOOK_STATS,
    OP_STATS,
    OP_POST_TAKE,   // what is to be told, and due
    OP_AUDIT_CHECK, // the next AUDIT_CHECK rows of the audit log, from as.audit_check.from on
    OP_BACKUPS,     // what there is: of the archive's thread (store/archive.h)
    OP_KINDS
};

enum op_result {
    OP_PENDING,
    OP_DONE,
    OP_REPLAY,     // ACCEPT: the event of that key, in as.accept.event_id; else: the reply of
                   // that key
    OP_OTHER_BODY, // that idempotency key was used with another body
    OP_STALE, // ACCEPT: the app has changed; plan again with a new card and a new event id
    OP_NOT_FOUND,
    OP_CONFLICT, // as.*.conflict says with what (a type that is taken, a uid)
    OP_LIMIT,    // there are as many as are allowed
    OP_CHANGED,  // If-Match: another version
    OP_BUSY,     // RETRY: an attempt is due or in flight
    OP_SPENT,    // RETRY: it has had as many attempts as are counted
    OP_LAST,     // KEY: without it nobody could do what an operator may
    OP_GONE,     // ended (CANCEL), or the webhook is gone (RETRY)
    OP_FULL,     // the disk is full: nothing was changed
    OP_FAILED,   // the store is stopping
    OP_TOO_SLOW, // a read took over 2 s
};

// An idempotency key as the store knows it.
enum dedupe_kind { DEDUPE_NONE, DEDUPE_HEADER, DEDUPE_UID };
struct dedupe {
    enum dedupe_kind kind;
    unsigned char key[16];  // of key × method × path, hashed; or of the uid
    unsigned char body[16]; // of the body, hashed
};

enum verb { VERB_CREATE, VERB_UPDATE, VERB_DELETE };

// The answer of a management request, kept in the same commit for 24 h where it had an
// Idempotency-Key. kind NONE: not kept.
struct kept_reply {
    struct dedupe dedupe;
    int status;
    const char *sealed; // the answer's body, sealed
};

enum list_kind {
    LIST_APPS,
    LIST_KEYS,
    LIST_WEBHOOKS,
    LIST_EVENTS,
    LIST_DELIVERIES,
    LIST_SESSIONS, // those in force at now_ms
    LIST_AUDIT     // by their numbers; app_id 0: of all
};

enum { WEBHOOK_STATS_MAX = 250, STATS_POINTS_MAX = 1000, STATS_HOUR_MS = 3600000 };

enum backup_state { BACKUP_RUNNING, BACKUP_DONE, BACKUP_FAILED };
struct backup_row {
    const char *name, *file; // file: its whole path
    enum backup_state state;
    int64_t created_ms, ended_ms;
    int64_t bytes;
    int percent;        // while it is RUNNING
    const char *sha256; // or NULL
    const char *why;    // FAILED, in words
};

enum { LIST_STATES_OPEN = -2, LIST_ANY = -1 };

struct list_query {
    enum list_kind kind;
    int64_t app_id; // 0: of the operator (KEYS), or all (APPS)
    int limit;
    int64_t before_id; // the cursor: rows with a lesser (id, n) follow; 0: from the newest
    uint16_t before_n;
    // filters; 0, NULL or LIST_ANY: none
    int64_t webhook_id, event_id;
    int state;   // enum delivery_state; LIST_STATES_OPEN: any open one. Of webhooks: theirs
    int skip;    // WEBHOOKS: so many of the newest are passed over …
    bool counts; // … and how many there are in all is answered
    int due_now; // LIST_ANY; 1: open and due (in flight), 0: open and not yet due (waiting)
    int64_t now_ms; // for due_now
    const char *type;
    int mode;
    int status_class;           // 2 to 5, of the last attempt; 0: none
    int64_t since_ms, until_ms; // when the event was accepted, or it was done (AUDIT)
    const char *action;         // AUDIT: one whole, or what it begins with: "webhook."
    int actor;                  // AUDIT: enum audit_actor, …
    int64_t actor_id;           // … and its id
};

struct op {
    struct mail mail; // kind STORE_MAIL_OP on its way back
    enum op_kind kind;
    enum op_result result;
    int worker;           // whose mailbox it comes back to
    void *asker;          // the asker's own
    struct arena arena;   // what rows and texts of question and answer live in
    int64_t submitted_ms; // the store's own: when, by the clock that never jumps
    bool is_held;         // the store's own: answered once every worker knows of its change
    // Any write; in the arena; NULL: none. It is added to the audit log in the op's own
    // transaction, if the op is DONE: a refused or replayed one changed nothing.
    struct audit_row *audit;
    union {
        struct {
            struct accept accept;
            struct dedupe dedupe[2]; // HEADER and UID, each may be NONE
            int64_t now_ms;
            int64_t event_id; // out, on REPLAY
        } accept;
        struct {
            struct settle *settle; // comes back with it
            enum settle_result result;
        } settle;
        struct {
            struct parcel *parcels; // freed with the op
        } park;
        struct {
            int64_t webhook_id;
        } behind;
        struct {
            struct claim claim;
            struct claimed
                claimed; // out; parcels are the taker's (set them NULL before op_free)
        } claim;
        struct {                  // RECORD
            struct accept accept; // one target; the app's version is not looked at
            struct attempt_row attempt;
            bool was_received;
            int64_t now_ms;
        } record;
        struct { // RETRY, CANCEL
            int64_t app_id, event_id, now_ms;
            uint16_t n;
        } delivery;
        struct {
            enum verb verb;
            struct app_row row; // UPDATE: the row as it shall be (types NULL: as they are);
                                // id and version are looked at
            int if_version;     // −1: whatever it is
            struct kept_reply reply;
            const char *conflict; // out: "uid"
        } app;
        struct {
            enum verb verb; // CREATE, DELETE (revokes: id, app_id, revoked_ms)
            struct key_row row;
            int count_max;
            struct kept_reply reply;
        } key;
        struct { // keys that are gone, or were written less than every_ms before: not
            const struct key_use *rows;
            size_t count;
        } key_uses;
        struct {
            struct link_row row;
            int count_max; // of the app's that are neither used nor expired
            struct kept_reply reply;
        } link;
        struct { // CREATE: the link goes; NOT_FOUND: it was used, has expired or never was.
                 // DELETE: that of id and app_id; id 0: all of the app's, and its links
            enum verb verb;
            unsigned char link[KEY_HASH_LEN];
            struct session_row row; // CREATE: without app_id and scopes, which are the link's
            int count_max;          // of the app's in force at row.created_ms
            struct app_row app;     // out, on CREATE: id, uid, name and profile
        } session;
        struct {
            enum verb verb;
            struct webhook_row row;       // UPDATE: as it shall be. DELETE: id, app_id
            struct secret_row secrets[2]; // rows to add (with new ids) …
            size_t secret_count;
            bool replaces_headers; // … SECRET_HEADERS rows before them are dropped
            bool drops_keys;       // … and its own RSA or Ed25519 key
            int64_t overlap_ms; // … signing secrets before them end then; at most one stays
            const char *
                *choices; // CREATE, UPDATE: types bound exclusively; NULL-terminated or NULL
            int if_version;
            int count_max;
            int64_t now_ms;
            struct kept_reply reply;
            const char *conflict; // out: the type that is taken
        } webhook;
        struct {                               // LIMIT: it had as many; nothing was counted
            int64_t key_id, now_ms, window_ms; // windows begin at multiples of window_ms
            int count_max;
            int count;        // out: with this one
            int64_t until_ms; // out: when the window ends
        } window;
        struct {
            struct post_row row;   // as it was taken
            enum mail_state state; // WAITING: again at due_ms. Operational events: any
            int64_t due_ms, now_ms;
        } post_done;
        struct {
            bool wants_mail; // MAIL and ALERT; false: operational events
            int limit;
            int64_t now_ms;
            struct post_row *rows; // out
            size_t count;
        } post_take;
        struct { // CREATE; DELETE (stops it: id, app_id)
            enum verb verb;
            struct job_row row; // out, on DELETE: as it was stopped
            int running_max;    // of the app
            int64_t now_ms;
            struct kept_reply reply;
        } job;
        struct { // GET_JOB: by id. RECOVER_COUNT: webhook_id, first_id and end_id are asked
            int64_t app_id, id;
            struct job_row row; // out; RECOVER_COUNT: total
        } get_job;
        struct {
            char lookup[16];
            struct key_row row; // out
        } key_by_lookup;
        struct {
            unsigned char hash[KEY_HASH_LEN];
            struct session_row row; // out; it may have ended
        } session_by_hash;
        struct { // APP_CARD, GET_APP: by id, or by uid where id is 0
            int64_t id;
            const char *uid;
            struct app_row row;           // out
            struct webhook_row *webhooks; // out (APP_CARD only), without deleted ones
            size_t webhook_count;
        } app_card;
        struct { // HOOK_CARD, GET_WEBHOOK
            int64_t app_id, id;
            struct webhook_row row; // out; state DELETED: as if not found, for GET
            const char *profile;    // out: the app's
            struct secret_row
                *secrets; // out: all that are in force or in overlap, newest first
            size_t secret_count;
        } hook_card;
        struct {
            struct list_query query;
            union {
                struct app_row *apps;
                struct key_row *keys;
                struct webhook_row *webhooks;
                struct event_row *events; // event_drop() each
                struct delivery_row *deliveries;
                struct session_row *sessions;
                struct audit_row *audits;
            } rows;
            size_t count;
            int64_t total;   // out: where the query counts
            int64_t next_id; // out: the cursor of the next page; 0: none
            uint16_t next_n;
        } list;
        struct {
            int64_t app_id, id;
            struct event_row row;            // out
            struct delivery_row *deliveries; // out: at most 100
            size_t delivery_count;
        } event;
        struct {
            int64_t app_id, event_id;
            uint16_t n;
            struct delivery_row row;      // out
            struct event *event;          // out: event_drop() it
            struct attempt_row *attempts; // out, oldest first
            size_t attempt_count;
        } get_delivery;
        struct { // WEBHOOK_STATS: sums of up to WEBHOOK_STATS_MAX webhooks at once
            int64_t app_id, now_ms;
            const int64_t *webhook_ids; // in the op's arena, or longer-lived
            size_t count;
            struct webhook_stats *rows; // out: one per id, in the same order; of a webhook
                                        // that is not the app's: zeros
        } webhook_stats;
        struct { // STATS: a series of one webhook, or of the app where webhook_id is 0
            int64_t app_id, webhook_id;
            int64_t since_ms, until_ms,
                step_ms;                // whole hours; at most STATS_POINTS_MAX steps
            struct stats_point *points; // out: one per step, oldest first
            size_t count;
            int64_t oldest_waiting_ms; // out: when the oldest that waits was due; 0: none
        } stats;
        struct audit_check audit_check;
        struct {                     // BACKUP, BACKUPS. CONFLICT: one is being made
            struct backup_row *rows; // out
            size_t count;
            const char *why; // out, on FULL: in words
        } backup;
    } as;
};

struct op *op_new(enum op_kind kind, int worker, void *asker);
void op_free(struct op *op); // and what it still carries; does nothing to NULL
bool op_is_read(enum op_kind kind);
// For back ends: is it one that is asked for?
bool list_audit_fits(const struct list_query *query, const struct audit_row *row);
// For back ends: fills in the audit row's moment, and the versions before and after as the
// finished op has them.
void op_fill_audit(struct op *op, int64_t now_ms);

#endif
