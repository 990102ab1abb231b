// The record of one attempt: request as sent (secrets masked), response as it came, timings
// and address, packed into a few hundred bytes behind a version byte. It holds no secret:
// headers that carry one are masked, and a secret that the receiver reflects is scrubbed.

#ifndef HOOK_EVIDENCE_H
#define HOOK_EVIDENCE_H

#include "hook/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;

struct evidence {
    char *text; // what the pointers below point into; evidence_done() frees it
    const char *request_head;
    size_t request_head_len;
    const char
        *request_body; // NULL: the event's own body; else what was sent instead (encrypted)
    size_t request_body_len;
    const char *response_head;
    size_t response_head_len;
    const char *response_body;
    size_t response_body_len;
    bool body_cut;
    const char *detail; // NUL-terminated, like remote and url
    const char *remote;
    const char *url;
    int64_t dns_us, connect_us, tls_us, first_byte_us, total_us; // −1: not reached
};

// malloc'd, the caller's. wire may be NULL: nothing was sent.
unsigned char *evidence_pack(const struct wire *wire, const struct outcome *outcome,
                             size_t *ret_len);
// False: not of a known version, or damaged.
bool evidence_unpack(const unsigned char *packed, size_t len, struct evidence *ret);
void evidence_done(struct evidence *evidence);

#endif
