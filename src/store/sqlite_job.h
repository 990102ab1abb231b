// Jobs in SQLite: recover, which tries anew what failed at a webhook, a few rows a step.

#ifndef STORE_SQLITE_JOB_H
#define STORE_SQLITE_JOB_H

#include "store/ops.h"

#include <stdbool.h>
#include <stdint.h>

struct news;
struct store_backend;
struct store_reader;

// OP_JOB, but for the answer that is kept. CONFLICT: the webhook has one running. LIMIT: the
// app has. GONE: the webhook is not enabled, or the job has ended.
enum op_result sqlite_job(struct store_backend *backend, struct op *op);

// One step of the next running job, within the transaction that is open. False: none runs.
bool sqlite_recover(struct store_backend *backend, int64_t now_ms, struct news *news);

// Forgets some that ended long ago. False: there was none.
bool job_prune(struct store_backend *backend, int64_t now_ms);

void sqlite_read_job(struct store_reader *reader, struct op *op);
void sqlite_count_recover(struct store_reader *reader, struct op *op);

#endif
