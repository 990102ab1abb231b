// One attempt's bytes: made from the webhook's card, the event and the moment; what is signed
// is what is sent. Pure: the dice are the caller's.

#ifndef HOOK_WIRE_H
#define HOOK_WIRE_H

#include "base/error.h"
#include "hook/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct hook_card;
struct id_cipher;
struct parcel;

enum { WIRE_MASKS_MAX = 72 };

struct wire_mask { // a span of the head that is not to be recorded
    uint32_t at;
    uint32_t len;
};

// Holds its card and its event; wire_free() drops them.
struct wire {
    struct hook_card *card;
    struct event *event;
    char *head; // request line and headers up to and with the empty line
    size_t head_len;
    const char *body; // the event's, or own_body
    size_t body_len;
    char *own_body; // an encrypted one; NULL: the event's goes out
    struct wire_mask masks[WIRE_MASKS_MAX];
    size_t mask_count;
    int64_t timeout_ms;
};

// dice: for encryption's IV. Errors: ERR_UNAVAILABLE when a secret cannot be used; nothing
// may be sent then.
enum error_code wire_new(struct hook_card *card, const struct parcel *parcel,
                         struct id_cipher *cipher, int64_t wall_ms,
                         const unsigned char dice[16], struct wire **ret,
                         struct error *error) MUST_CHECK;
void wire_free(struct wire *wire); // does nothing to NULL

#endif
