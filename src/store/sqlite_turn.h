// Lines of deliveries whose events share an order key: of each webhook and key only the first
// goes out, the others are held. Whoever leaves the line, however it ended, lets the next one
// go, in the same transaction.

#ifndef STORE_SQLITE_TURN_H
#define STORE_SQLITE_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct known_webhook;
struct news;
struct store_backend;

struct turn_row {
    int64_t webhook_id, event_id;
    int n;
    int64_t sequence; // the webhook's own, dense, from 1
};

// The number that the webhook's next keyed delivery has.
int64_t turn_number(struct store_backend *backend, struct known_webhook *webhook);
// Stands in line by its number. True: nobody stands before it.
bool turn_join(struct store_backend *backend, const struct turn_row *row,
               const char *order_key);
// The same with its event's key, for one that had left.
bool turn_join_again(struct store_backend *backend, const struct turn_row *row);
void turn_leave(struct store_backend *backend, const struct turn_row *row, int64_t now_ms,
                struct news *news);

#endif
