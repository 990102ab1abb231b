// An event, its deliveries and its idempotency records, appended in one go.

#ifndef STORE_SQLITE_ACCEPT_H
#define STORE_SQLITE_ACCEPT_H

#include <stdint.h>

struct news;
struct op;
struct store_backend;

void sqlite_accept(struct store_backend *backend, struct op *op, int64_t now_ms,
                   struct news *news);
// A test: its event, delivery and attempt, which were all made before they came here.
void sqlite_record(struct store_backend *backend, struct op *op);

#endif
