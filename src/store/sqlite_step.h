// Background work in SQLite, one bounded piece at a time: checkpoints, rows of webhooks that
// were disabled, rows of apps that were erased, runs, and what is kept for a time only.

#ifndef STORE_SQLITE_STEP_H
#define STORE_SQLITE_STEP_H

#include "store/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool sqlite_work(struct store_backend *backend, int64_t now_ms,
                 enum store_verdict *ret_verdict, struct news *ret_news);

// Within the transaction of a group of so many ops, which wrote: what costs no fsync then.
void sqlite_work_along(struct store_backend *backend, size_t ops, int64_t now_ms);

// Each within the transaction that is open. False: nothing is left of that work.
bool sqlite_sweep(struct store_backend *backend, int64_t now_ms, struct news *news);
bool sqlite_erase(struct store_backend *backend, int64_t now_ms);
// Of the events that are older than the retention those whose deliveries have all ended, and
// as long ago.
bool sqlite_retain(struct store_backend *backend, int64_t now_ms);
// A few rows of the audit log that are older than its limit.
bool sqlite_audit_retain(struct store_backend *backend, int64_t now_ms);
void sqlite_erase_event(struct store_backend *backend, int64_t event_id); // and all of it

// After a start by a wall clock that is behind the one of before (sqlite_rewind.c).
// note: within every transaction that may write a due time. begin: at a start, before
// anything is handed out.
void rewind_note(struct store_backend *backend, int64_t now_ms);
void rewind_begin(struct store_backend *backend, int64_t now_ms);
bool rewind_step(struct store_backend *backend, int64_t now_ms, struct news *news);

#endif
