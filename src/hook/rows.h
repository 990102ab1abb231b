// What the store keeps, as values: rows travel between doors and store. Text is
// NUL-terminated and lives in the arena of the op that carries it; NULL: none. Times are wall
// milliseconds, 0: never.

#ifndef HOOK_ROWS_H
#define HOOK_ROWS_H

#include "hook/delivery.h"
#include "hook/event.h"
#include "hook/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_row {
    int64_t id;
    const char *uid; // the platform's own id for it; unique
    const char *name;
    const char *profile;
    const char *alert_email;
    bool is_strict;    // an event whose checks of sense do not hold is refused
    const char *types; // its own event types: {"name":{"description","schema","example"}}
    int version; // counts every change of the app, its keys and webhooks; −1: being erased
    int64_t created_ms;
};

enum { KEY_HASH_LEN = 32 };

// The operator's own app: it stands in every database from the start, is in no list of apps,
// and its webhooks are told of what happens to those of all others. Less than any minted id.
enum { OPERATOR_APP_ID = 28528 };

struct key_row {
    int64_t id;
    int64_t app_id;     // 0: the operator's
    const char *lookup; // the public part: 12 base62 characters
    unsigned char hash[KEY_HASH_LEN];
    uint32_t scopes; // bits of hook/scope.h
    enum event_mode mode;
    const char *name;
    const char *hint;
    int64_t created_ms, expires_ms, revoked_ms, last_used_ms;
    int rate_per_s, burst; // 0: no limit
};

// A key or a session was used; of one such a row is written at most so often.
enum { KEY_USE_EVERY_MS = 60000 };
struct key_use {
    int64_t key_id, at_ms;
    bool is_session;
    int every_ms; // 0: KEY_USE_EVERY_MS
};
static inline int key_use_every_ms(const struct key_use *use)
{
    return use->every_ms > 0 ? use->every_ms : KEY_USE_EVERY_MS;
}

// A link into the portal: it opens one session of the app, once.
struct link_row {
    int64_t id;
    int64_t app_id;
    unsigned char hash[KEY_HASH_LEN]; // keyed, of its token
    uint32_t scopes;
    int64_t created_ms, expires_ms;
};

// Somebody is logged in at the portal, as an app.
struct session_row {
    int64_t id;
    int64_t app_id;
    unsigned char hash[KEY_HASH_LEN]; // keyed, of the cookie's value
    uint32_t scopes;
    const char *address; // that it was opened from
    int64_t created_ms;
    int64_t seen_ms; // last used, at most a minute behind
    int64_t ends_ms; // whatever happens
};
static inline bool session_is_in_force(const struct session_row *session, int64_t idle_ms,
                                       int64_t now_ms)
{
    return now_ms < session->ends_ms && now_ms - session->seen_ms < idle_ms;
}

enum webhook_state { WEBHOOK_ENABLED, WEBHOOK_DISABLED, WEBHOOK_DELETED };

struct webhook_row {
    int64_t id;
    int64_t app_id;
    const char *name;
    const char *url;
    enum webhook_state state;
    const char *reason; // why disabled
    enum event_mode mode;
    int version;
    int64_t failing_since_ms;
    int64_t cancel_before; // deliveries of events with an id below it are cancelled
    const char *settings;  // JSON, hook/settings.h
    int64_t created_ms, updated_ms;
};

enum secret_kind { SECRET_SIGNING, SECRET_HEADERS, SECRET_RSA, SECRET_ED25519 };

struct secret_row {
    int64_t id;
    int64_t webhook_id;
    int64_t app_id;
    enum secret_kind kind;
    int version;        // key_version: counts up from 1
    const char *sealed; // hook/seal.h
    int64_t since_ms;
    int64_t until_ms; // 0: in force
};

struct event_row {
    struct event *event; // counted; the op's arena does not hold it: event_drop() each
    int fan;             // deliveries it has
};

// The e-mail that a contract demands when a delivery has failed for good.
enum mail_state {
    MAIL_NONE, // it has not failed, or its contract demands none
    MAIL_WAITING,
    MAIL_SENT,
    MAIL_NO_ADDRESS, // not sent: neither webhook nor app has one
    MAIL_NO_SERVER,  // not sent: the server knows no mail server
    MAIL_FAILED      // refused, or tried as often as it may be
};

// What is to be told: written by the very transaction that it tells of.
enum post_kind {
    POST_MAIL,  // of one delivery, which its contract demands
    POST_ALERT, // to an app: counts of what happened since the last one
    // operational events, to the operator's webhooks
    POST_DELIVERY_FAILED,
    POST_WEBHOOK_DISABLED,
    POST_WEBHOOK_ENABLED,
    POST_SECRET_ROTATED
};

struct post_row {
    enum post_kind kind;
    int64_t id; // of an operational event; never used again
    int64_t app_id, webhook_id, event_id;
    uint16_t n, number;
    int status, error;
    int64_t at_ms;        // when it happened
    int tries;            // MAIL, ALERT: that failed
    int failed, disabled; // ALERT: deliveries and webhooks
    const char *note;     // WEBHOOK_DISABLED: why
};

struct delivery_row {
    int64_t event_id;
    int64_t webhook_id;
    uint16_t n, step, number, crashes;
    enum delivery_state state; // CANCELLED also where its webhook's cancel_before says so
    bool is_retrying;          // a manual retry is asked and not yet made
    int64_t due_ms, ended_ms;
    int last_status;
    int last_error;   // enum outcome_error
    int64_t last_ms;  // the last attempt's duration; lists alone tell it
    const char *type; // of the event
    int64_t created_ms;
    enum mail_state mail;
    int64_t sequence; // of a keyed event, the webhook's own, from 1; 0: of none
};

struct attempt_row {
    int64_t id;
    int number;
    enum trigger trigger;
    int64_t started_ms, duration_ms;
    int status;
    int error;
    int webhook_version;
    const unsigned char *detail; // hook/evidence.h
    size_t detail_len;
};

// What was counted of a webhook since it was made. Test events do not count. Figures follow
// what happens by a second or so.
struct webhook_stats {
    int64_t accepted;  // deliveries made for it
    int64_t delivered; // of them, received
    int64_t failed;    // times that one of them was given up
    int64_t attempts;
    int64_t failed_attempts;
    int64_t duration_sum_ms; // of all attempts
    int64_t last_attempt_ms; // when the latest attempt began; 0: none yet
    int64_t day_accepted;    // in the last 24 hours, by whole hours …
    int64_t day_delivered;
    int64_t day_failed;
};

// The same of one step of a series.
struct stats_point {
    int64_t at_ms; // when the step begins
    int64_t accepted, delivered, failed, attempts, failed_attempts;
    int64_t p50_ms, p95_ms, p99_ms; // of the attempts' durations; 0 where there were none
};

#endif
