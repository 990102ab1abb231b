// Deliveries handed to lanes: the head of one webhook's parked rows, and at start all that is
// fresh.

#ifndef STORE_SQLITE_CLAIM_H
#define STORE_SQLITE_CLAIM_H

#include <stdint.h>

struct event;
struct news;
struct op;
struct sqlite3;
struct sqlite3_stmt;
struct store_backend;

void sqlite_claim(struct store_backend *backend, struct op *op, int64_t now_ms);
void sqlite_behind(struct store_backend *backend, struct op *op);
// Within the transaction that is open: every fresh delivery, as far as there is room (the
// rest is parked), and every lane.
void sqlite_hand_out(struct store_backend *backend, struct news *news);

// The event of a row with SQL_EVENT_GET's columns.
struct event *event_of_row(struct sqlite3_stmt *row, int64_t id);

#endif
