// Operational events: what the store has written down for the operator's webhooks becomes
// ordinary events of the operator's own app, with all that deliveries have. Each is accepted
// once, whatever crashes between, because its number is its idempotency key.
//
// They say what happened to which object, by ids; never a secret or a payload.

#ifndef SERVE_NOTICES_H
#define SERVE_NOTICES_H

#include "base/moment.h"

#include <stdbool.h>

struct buf;
struct id_cipher;
struct notices;
struct op;
struct post_row;
struct worker;

struct notices *notices_new(struct worker *worker);
void notices_look(struct notices *notices, struct moment now); // often
void notices_on_op(struct notices *notices, struct op *op);    // that it asked; takes it
bool notices_are_idle(const struct notices *notices);
void notices_free(struct notices *notices); // does nothing to NULL

// The event's type ("delivery.failed") and its payload.
const char *notice_type(const struct post_row *row);
void notice_payload(const struct post_row *row, struct id_cipher *cipher, struct buf *ret);

#endif
