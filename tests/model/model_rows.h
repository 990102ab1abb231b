// The model's tables; for the files of this folder only. Rows never move, so a change is
// undone by writing back the bytes that were there.

#ifndef TESTS_MODEL_ROWS_H
#define TESTS_MODEL_ROWS_H

#include "base/arena.h"
#include "base/map.h"
#include "hook/audit.h"
#include "hook/rows.h"
#include "model.h"

struct table {
    struct map by_key; // those that have a key
    void **rows;       // in the order of insertion
    size_t count, cap;
    void (*on_free)(void *row);
};

struct model_setting {
    const char *name, *value;
};

struct model_app {
    struct app_row row;
    bool is_used; // has had an event: its profile stays
    bool is_erased;
};

struct model_key {
    struct key_row row;
    int64_t window_until;
    int window_count;
};

struct model_webhook {
    struct webhook_row row;
    int64_t due_told_in; // the group that told of a parked birth
    int64_t parked_ms;   // the least due time parked since the last claim
    bool is_behind;
    int64_t sequence; // of its keyed deliveries, the last
};

struct model_choice {
    int64_t app_id, webhook_id;
    const char *type;
    bool is_gone;
};

struct model_secret {
    struct secret_row row;
    bool is_gone;
};

struct model_event {
    struct event *event;
    int fan;
    bool is_gone;
};

struct model_attempt {
    struct attempt_row row;
    int64_t webhook_id, app_id;
    bool has_delivered, has_failed; // the delivery, by it
    struct model_attempt *prev;     // of the same delivery
};

struct model_delivery {
    int64_t event_id, webhook_id, app_id;
    uint16_t n, step, number, crashes;
    enum delivery_state state;
    int64_t due, wait_ms, ended, spared;
    int asked, served;
    int status, error;
    enum delivery_state old_state; // what a manual retry's failure brings back
    int64_t old_due;
    bool is_by_person; // cancelled so
    bool is_replayed;  // a recover job began its schedule anew
    int64_t sequence;  // of a keyed one; 0: of none
    bool is_in_line;
    struct model_attempt *last;
};

struct model_idem {
    int64_t app_id, event_id;
    struct dedupe dedupe;
};

struct model_reply {
    int64_t app_id;
    struct dedupe dedupe;
    int status;
    const char *sealed;
    int64_t at_ms;
};

struct model_link {
    struct link_row row;
    bool is_gone;
};

struct model_session {
    struct session_row row;
    bool is_gone;
};

struct model_post {
    struct post_row row;
    enum mail_state state; // WAITING, until it was told
    int64_t due_ms, sent_ms;
};

struct model_job {
    struct job_row row;
    size_t at; // of the deliveries
};

struct model_audit {
    struct audit_row row;
    bool is_gone; // too old
};

struct undo;

struct store_backend {
    struct table settings, apps, keys, webhooks, choices, secrets, events, deliveries,
        attempts, idems, replies, posts, jobs, links, sessions, audits;
    struct arena texts; // only grows
    struct undo *undos; // newest last
    size_t undo_count, undo_cap;
    int64_t last_event, last_attempt, group;
    bool fails_next, is_deferred;
    struct audit_ends audit;
    struct audit_mac *audit_mac;
};

// Adds a row, which is zeroed; the caller fills it. key NULL: found by walking only.
void *table_add(struct store_backend *model, struct table *table, const struct map_key *key,
                size_t size);
void *table_find(const struct table *table, struct map_key key);     // or NULL
void model_touch(struct store_backend *model, void *at, size_t len); // before it is changed
size_t model_mark(const struct store_backend *model);
void model_undo(struct store_backend *model, size_t mark); // back to it
const char *model_text(struct store_backend *model, const char *text);

#define TOUCH(model, row) model_touch(model, row, sizeof *(row))

struct model_app *model_find_app(const struct store_backend *model, int64_t id); // not erased
struct model_webhook *model_find_webhook(const struct store_backend *model, int64_t id);
struct model_delivery *model_find_delivery(const struct store_backend *model,
                                           int64_t event_id, uint16_t n);
void model_enter(struct model_delivery *row, enum delivery_state state);
void model_end(struct model_delivery *row, enum delivery_state state, int64_t now_ms);
struct event *model_event_of(const struct store_backend *model, int64_t event_id); // or NULL
struct parcel *model_parcel_of(const struct model_delivery *row, struct event *event);
void model_add_attempt(struct store_backend *model, struct model_delivery *row,
                       const struct attempt_row *attempt);
void model_bump(struct store_backend *model, int64_t app_id); // its version
void model_webhook_end(struct store_backend *model, struct model_webhook *webhook,
                       enum webhook_state state, const char *reason, int64_t now_ms);
enum op_result model_configure_webhook(struct store_backend *model, struct op *op,
                                       int64_t now_ms, struct news *news);
bool model_is_cancelled(const struct store_backend *model, const struct model_delivery *row);

void model_accept(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news);
void model_record(struct store_backend *model, struct op *op);
void model_settle(struct store_backend *model, struct op *op, int64_t now_ms,
                  struct news *news);
void model_retry(struct store_backend *model, struct op *op, struct news *news);
void model_cancel(struct store_backend *model, struct op *op, struct news *news);
void model_park(struct store_backend *model, struct op *op);
void model_behind(struct store_backend *model, struct op *op);
void model_key_uses(struct store_backend *model, struct op *op);
void model_claim(struct store_backend *model, struct op *op, int64_t now_ms);
// The due time, or when its wait will be over that begins now: where the clock was set back,
// the due time would be later.
int64_t model_due(int64_t due, int64_t now_ms, int64_t wait_ms);
void model_rewind(struct store_backend *model, int64_t now_ms); // all that waits
enum { MODEL_ALERT_MS = 900000 };
void model_cut_off(struct store_backend *model, const struct cut_off *cut, int64_t now_ms,
                   struct news *news);
// True: it was open, has had as many attempts as are counted, and is failed now.
bool model_give_up(struct model_delivery *row, int64_t now_ms);
void model_hand_out(struct store_backend *model, struct news *news);
void model_configure(struct store_backend *model, struct op *op, int64_t now_ms,
                     struct news *news);
enum op_result model_link(struct store_backend *model, const struct op *op);
void model_session(struct store_backend *model, struct op *op, struct news *news);
void model_session_used(struct store_backend *model, const struct key_use *use);
void model_forget_sessions(struct store_backend *model, int64_t now_ms);
void model_read_session(const struct store_backend *model, struct op *op);
bool model_give_session(struct op *op, const struct model_session *session,
                        struct session_row *ret); // false: it has ended at the list's moment
void model_window(struct store_backend *model, struct op *op);
void model_note_end(struct store_backend *model, const struct settle *settle, int64_t now_ms,
                    struct news *news);
struct model_post *model_find_mail(const struct store_backend *model, int64_t event_id,
                                   uint16_t n); // or NULL
void model_post_failed(struct store_backend *model, const struct settle *settle,
                       int64_t now_ms);
void model_post_webhook(struct store_backend *model, enum post_kind kind,
                        const struct webhook_row *webhook, bool is_alert, int64_t now_ms);
void model_post_done(struct store_backend *model, struct op *op);
void model_post_take(const struct store_backend *model, struct op *op);
// Copies into the op's arena.
void model_give_app(struct op *op, const struct model_app *app, struct app_row *ret);
void model_give_key(struct op *op, const struct key_row *key, struct key_row *ret);
void model_give_webhook(struct op *op, const struct model_webhook *webhook,
                        struct webhook_row *ret);
void model_give_delivery(const struct store_backend *model, struct op *op,
                         const struct model_delivery *row, const struct event *event,
                         struct delivery_row *ret);
const struct event *model_find_event(const struct store_backend *model, int64_t app_id,
                                     int64_t id, int *ret_fan); // app_id 0: of any
void model_read(const struct store_backend *model, struct op *op);
void model_webhook_stats(const struct store_backend *model, struct op *op);
void model_stats(const struct store_backend *model, struct op *op);
void model_list(const struct store_backend *model, struct op *op);

// A row is parked now that its lane does not have: its next claim comes by it. And told.
void model_note_parked(struct store_backend *model, struct model_webhook *webhook,
                       int64_t due_ms);
void model_tell_parked(struct store_backend *model, struct model_webhook *webhook,
                       int64_t due_ms, struct news *news);

// Those whose events share an order key. Joining, true: nobody stands before it.
bool model_turn_join(struct store_backend *model, struct model_delivery *row);
void model_turn_leave(struct store_backend *model, struct model_delivery *row, int64_t now_ms,
                      struct news *news);
enum op_result model_job(struct store_backend *model, struct op *op);
bool model_recover(struct store_backend *model, int64_t now_ms, struct news *news);
// Drops what expired, at most so many events; how many it were.
int model_retain(struct store_backend *model, int64_t now_ms, int most);
void model_read_job(const struct store_backend *model, struct op *op);
bool model_audit_key(struct store_backend *model, const unsigned char key[AUDIT_KEY_LEN],
                     bool is_new);
void model_audit(struct store_backend *model, struct audit_row *row);
void model_audit_own(struct store_backend *model, const char *action, struct audit_row *row,
                     int64_t now_ms);
void model_audit_retain(struct store_backend *model, int64_t now_ms);
void model_audit_check(const struct store_backend *model, struct op *op);
bool model_give_audit(struct op *op, const struct model_audit *row, size_t at);
void model_count_recover(const struct store_backend *model, struct op *op);

#endif
