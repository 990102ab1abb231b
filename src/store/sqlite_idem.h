// Idempotency keys of accepts in SQLite: the log that a commit appends to, and the runs
// behind it (store/runs.h).

#ifndef STORE_SQLITE_IDEM_H
#define STORE_SQLITE_IDEM_H

#include <stdbool.h>
#include <stdint.h>

struct dedupe;
struct store_backend;

enum idem_seen { IDEM_NEW, IDEM_SAME, IDEM_OTHER };

enum idem_seen idem_look(struct store_backend *backend, int64_t app_id,
                         const struct dedupe *dedupe, int64_t *ret_event_id);
void idem_add(struct store_backend *backend, int64_t app_id, const struct dedupe *dedupe,
              int64_t event_id, int64_t now_ms);

// Writes up to so many rows of the run in hand, within the transaction that is open.
void idem_write_run(struct store_backend *backend, int rows);
bool idem_has_work(const struct store_backend *backend);

// What the tables know, at start: filters, and the log's tail past the last complete run.
bool idem_load(struct store_backend *backend);
// A piece of forgetting what is older than LIMIT_IDEMPOTENCY_MS, within the transaction that
// is open. False: nothing was to be done.
bool idem_expires(const struct store_backend *backend, int64_t now_ms);
void idem_forget(struct store_backend *backend, bool *ret_dropped);

#endif
