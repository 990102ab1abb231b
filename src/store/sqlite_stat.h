// Statistics: sums by the hour and webhook, and by app, folded behind the commits from the
// rows of deliveries and attempts. How far they are folded is written in the transaction that
// writes the sums, so that each row counts once whatever ends the process.

#ifndef STORE_SQLITE_STAT_H
#define STORE_SQLITE_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct store_backend;

// Defines what its statements call; a code of SQLite's. stat_load() does so, too.
int stat_define(struct sqlite3 *db);
bool stat_load(struct store_backend *backend); // how far it was folded
// Is it worth a transaction of its own: many rows, or some that have waited for a while?
bool stat_is_due(const struct store_backend *backend, int64_t now_ms);
// Within the transaction that is open: a piece of what is left.
void stat_fold(struct store_backend *backend, int64_t now_ms);
// The same along with a group of so many ops, without an fsync of its own; where little is
// left: nothing.
void stat_fold_along(struct store_backend *backend, size_t ops, int64_t now_ms);
// Within an accept: its deliveries are to be folded, or, where the event's id is below what
// was folded (another worker minted it, a little earlier), count at once.
void stat_note_accepted(struct store_backend *backend, int64_t event_id, int64_t created_ms,
                        const int64_t *webhook_ids, size_t count);
// All that was counted of a webhook or an app.
void stat_drop(struct store_backend *backend, int64_t id, int64_t now_ms);
bool stat_prune(struct store_backend *backend, int64_t now_ms); // true: some were old

// What an attempt made of its delivery, kept in its row.
enum attempt_effect { EFFECT_NONE, EFFECT_DELIVERED, EFFECT_FAILED };

#endif
