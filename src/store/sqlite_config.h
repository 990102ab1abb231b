// Configuration in SQLite: apps, keys and webhooks, each op whole or not at all, under the
// one writer. Every change counts up the app's version, by which doors know that their plans
// are stale.

#ifndef STORE_SQLITE_CONFIG_H
#define STORE_SQLITE_CONFIG_H

#include "store/ops.h"

#include <stdint.h>

struct known_webhook;
struct news;
struct sqlite3_stmt;
struct store_backend;

// OP_APP, OP_KEY, OP_WEBHOOK, OP_JOB, OP_LINK: with the answer that is kept for an
// idempotency key.
void sqlite_configure(struct store_backend *backend, struct op *op, int64_t now_ms,
                      struct news *news);

// OP_WINDOW: exact, because one thread counts for all doors: sqlite_window.c.
void sqlite_window(struct store_backend *backend, struct op *op);

// The portal: sqlite_portal.c. A link's row goes with its use, in the transaction that adds
// the session, so it opens one at most. The end of a session is told to every worker before
// it is answered.
enum op_result sqlite_link(struct store_backend *backend, const struct op *op); // OP_LINK
void sqlite_session(struct store_backend *backend, struct op *op,
                    struct news *news); // OP_SESSION

// The webhook's own part of it: sqlite_webhook.c.
enum op_result sqlite_webhook(struct store_backend *backend, struct op *op, int64_t now_ms,
                              struct news *news);
// What an attempt's end means for its webhook: since when it has been failing (the first
// scheduled attempt that failed after the last success), and whether it is disabled, which an
// attempt made with an older version of it does not do.
void sqlite_note_end(struct store_backend *backend, const struct settle *settle,
                     int64_t now_ms, struct news *news);
// Ends the webhook: what waits for it is cancelled.
void webhook_end(struct store_backend *backend, struct known_webhook *webhook,
                 enum webhook_state state, const char *reason, int64_t now_ms);

void app_bump(struct store_backend *backend, int64_t app_id);
void bind_text(struct sqlite3_stmt *statement, int at, const char *text); // NULL: null

// Writes when keys and sessions were last used.
void sqlite_key_uses(struct store_backend *backend, struct op *op);

#endif
