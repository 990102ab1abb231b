// Reads, on a connection of their own: one op is one snapshot, and ends within two seconds,
// so that the log can always start over.

#ifndef STORE_SQLITE_READ_H
#define STORE_SQLITE_READ_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct delivery_row;
struct op;
struct store_backend;
struct store_reader;
struct webhook_row;

struct store_reader *sqlite_reader_new(struct store_backend *backend, struct error *error);
void sqlite_read(struct store_reader *reader, struct op *op);
void sqlite_reader_free(struct store_reader *reader);

// For the files that read: a statement of that text (a constant; kept), to be stepped with
// reader_step() until that is false, and reset.
sqlite3_stmt *reader_statement(struct store_reader *reader, const char *text);
bool reader_step(struct store_reader *reader, sqlite3_stmt *statement);
void reader_damaged(
    struct store_reader *reader); // the read fails: what it met is no row of ours

// For what the writer has said before any thread ran.
const struct store_backend *reader_backend(const struct store_reader *reader);

// A text column, copied; NULL: none.
const char *read_text(struct arena *arena, sqlite3_stmt *row, int column);

// The columns that every query for deliveries starts with, of tables d (delivery) and w
// (webhook), and their reading. Type and created are the event's.
#define DELIVERY_COLUMNS                                                                \
    "d.event, d.n, d.webhook, CASE WHEN d.state < 3 AND (w.id IS NULL OR (d.event <"    \
    " w.cancel_before AND d.spared < w.cancel_before)) THEN 5 ELSE d.state END, d.due," \
    " d.step, d.number, d.crashes, d.asked > d.served, d.ended, d.status, d.error,"     \
    " CASE WHEN d.state = 4 OR d.asked > 0 THEN (SELECT m.state FROM mail m"            \
    " WHERE m.event = d.event AND m.n = d.n) END, d.seq"
enum { DELIVERY_COLUMN_COUNT = 14 };
void read_delivery(sqlite3_stmt *row, struct delivery_row *ret);

// Of an event, and its reading; *ret_fan: how many deliveries it has. The caller drops it.
#define EVENT_COLUMNS                                                                 \
    "app, type, mode, created, span_at, span_len, uid, body, original, trigger, fan," \
    " order_key"
struct event;
struct event *read_event(sqlite3_stmt *row, int64_t id, int *ret_fan);

#define WEBHOOK_COLUMNS                                                                  \
    "w.id, w.app, w.name, w.url, w.state, w.reason, w.mode, w.version, w.failing_since," \
    " w.cancel_before, w.settings, w.created, w.updated"
void read_webhook(struct arena *arena, sqlite3_stmt *row, struct webhook_row *ret);

#define APP_COLUMNS "id, uid, name, profile, alert_email, version, created, strict"
enum { APP_COLUMN_COUNT = 8 };
struct app_row;
void read_app(struct arena *arena, sqlite3_stmt *row, struct app_row *ret);

#define KEY_COLUMNS                                                                          \
    "id, app, lookup, hash, scopes, mode, name, hint, created, expires, revoked, last_used," \
    " rate, burst"
#define AUDIT_COLUMNS                                                                      \
    "seq, at, actor, actor_id, mode, address, app, action, kind, object, n, name, detail," \
    " before, after, result, left_out, hash"
struct audit_row;
// arena NULL: its texts are borrowed until the statement's next step.
void read_audit(struct arena *arena, sqlite3_stmt *row, struct audit_row *ret);

struct key_row;
void read_key(struct arena *arena, sqlite3_stmt *row, struct key_row *ret);

#define SESSION_COLUMNS "s.id, s.app, s.hash, s.scopes, s.address, s.created, s.seen, s.ends"
struct session_row;
void read_session(struct arena *arena, sqlite3_stmt *row, struct session_row *ret);

// One function per op: sqlite_read.c, and sqlite_list.c for OP_LIST. Each leaves op->result
// OP_DONE, or says OP_NOT_FOUND.
void sqlite_read_key(struct store_reader *reader, struct op *op);
void sqlite_read_session(struct store_reader *reader, struct op *op); // sqlite_portal.c
void sqlite_read_app(struct store_reader *reader, struct op *op);
void sqlite_read_webhook(struct store_reader *reader, struct op *op);
void sqlite_read_event(struct store_reader *reader, struct op *op);
void sqlite_read_delivery(struct store_reader *reader, struct op *op);
void sqlite_webhook_stats(struct store_reader *reader, struct op *op); // sqlite_stat_read.c
void sqlite_stats(struct store_reader *reader, struct op *op);
void sqlite_list(struct store_reader *reader, struct op *op);
void sqlite_audit_check(struct store_reader *reader, struct op *op); // sqlite_audit_read.c
void sqlite_post_take(struct store_reader *reader, struct op *op);   // sqlite_post_read.c

#endif
