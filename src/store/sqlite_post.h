// What is to be told to people and to the operator's webhooks: rows written in the very
// transaction that they tell of, so that a crash neither loses one nor makes one up. Taking
// them writes nothing; each is ended by an OP_POST_DONE.

#ifndef STORE_SQLITE_POST_H
#define STORE_SQLITE_POST_H

#include "hook/rows.h"

#include <stdint.h>

struct settle;
struct store_backend;

// Alerts of an app are gathered for a moment, and are at least so far apart.
enum { POST_GATHER_MS = 10000, POST_ALERT_MS = 900000 };

// A delivery's schedule ended as failed.
void sqlite_post_failed(struct store_backend *backend, const struct settle *settle,
                        int64_t now_ms);
// A webhook was disabled by a person, enabled, or got another secret. note may be NULL.
void sqlite_post_webhook(struct store_backend *backend, enum post_kind kind, int64_t app_id,
                         int64_t webhook_id, const char *note, int64_t now_ms);
// It was disabled by us: its app is told, too.
void sqlite_post_disabled(struct store_backend *backend, int64_t app_id, int64_t webhook_id,
                          const char *note, int64_t now_ms);

#endif
