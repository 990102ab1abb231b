#include "hook/wire.h"

#include "base/buf.h"
#include "base/memory.h"
#include "hook/card.h"
#include "hook/event.h"
#include "hook/parcel.h"
#include "hook/proof.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 1 << 19 };

struct writing { // a head while it is written
    struct wire *wire;
    const struct plan *plan;
    struct plan_values values;
    struct buf head;
    int64_t wall_ms;
    bool has_failed; // a proof could not be made: nothing may be sent
};

static enum error_code unusable(struct error *error, const char *why)
{
    return error_set(error, ERR_UNAVAILABLE, "%s", why);
}

static void mask(struct writing *writing, size_t at)
{
    struct wire *wire = writing->wire;
    assert(wire->mask_count < WIRE_MASKS_MAX);
    wire->masks[wire->mask_count++] =
        (struct wire_mask){(uint32_t)at, (uint32_t)(writing->head.len - at)};
}

static void write_proof(struct writing *writing, size_t proof, const struct secret_use *use)
{
    size_t at = writing->head.len;
    if (!proof_write(writing->plan, proof, use, &writing->values, &writing->head))
        writing->has_failed = true;
    else if (writing->plan->proofs[proof].by == PROOF_TOKEN)
        mask(writing, at);
}

// The nth secret in force that the proof is made with, newest first. NULL: there are fewer.
static const struct secret_use *nth_secret(const struct writing *writing, size_t proof,
                                           size_t nth)
{
    const struct hook_card *card = writing->wire->card;
    for (size_t i = 0; i < card->secret_count; i++) {
        const struct secret_use *use = &card->secrets[i];
        if (proof_takes(&writing->plan->proofs[proof], use) &&
            secret_use_is_in_force(use, writing->wall_ms) && nth-- == 0)
            return use;
    }
    return NULL;
}

static bool write_list(struct writing *writing, const struct piece *piece)
{
    const struct secret_use *use;
    bool is_first = true;
    for (size_t i = 0; i < piece->proof_count; i++) {
        for (size_t n = 0; (use = nth_secret(writing, piece->proofs[i], n)) != NULL; n++) {
            if (!is_first)
                buf_add(&writing->head, piece->bytes.at, piece->bytes.len);
            write_proof(writing, piece->proofs[i], use);
            is_first = false;
        }
    }
    return !is_first;
}

// False: what the piece stands for is absent, so the header is not sent.
static bool write_piece(struct writing *writing, const struct piece *piece)
{
    const struct secret_use *use;
    switch (piece->kind) {
    case PIECE_BYTES: buf_add(&writing->head, piece->bytes.at, piece->bytes.len); return true;
    case PIECE_VAR: {
        const struct slice *slice = &writing->values.of[piece->var];
        buf_add(&writing->head, slice->at, slice->len);
        return true;
    }
    case PIECE_PROOF:
    case PIECE_PREVIOUS:
        use = nth_secret(writing, piece->proofs[0], piece->kind == PIECE_PREVIOUS);
        if (use)
            write_proof(writing, piece->proofs[0], use);
        return use != NULL;
    case PIECE_LIST: return write_list(writing, piece);
    default: assert(false && "payloads do not stand in headers");
    }
    return false;
}

static void write_header(struct writing *writing, const struct header_plan *header)
{
    size_t head_len = writing->head.len, mask_count = writing->wire->mask_count;
    if (header->with >= 0 && !nth_secret(writing, (size_t)header->with, 0))
        return;
    buf_add_str(&writing->head, header->name);
    buf_add(&writing->head, ": ", 2);
    for (size_t i = 0; i < header->value.count; i++) {
        if (write_piece(writing, &header->value.pieces[i]))
            continue;
        writing->head.len = head_len;
        writing->wire->mask_count = mask_count;
        return;
    }
    buf_add(&writing->head, "\r\n", 2);
}

static void write_head(struct writing *writing)
{
    const struct hook_card *card = writing->wire->card;
    buf_add(&writing->head, card->head_start, card->head_start_len);
    buf_add_str(&writing->head, "Content-Length: ");
    buf_add_int(&writing->head, (int64_t)writing->wire->body_len);
    buf_add(&writing->head, "\r\n", 2);
    for (size_t i = 0; i < writing->plan->header_count; i++)
        write_header(writing, &writing->plan->headers[i]);
    char *const *names = card->settings.header_names;
    for (size_t i = 0; names && names[i]; i++) {
        buf_add_str(&writing->head, names[i]);
        buf_add(&writing->head, ": ", 2);
        size_t at = writing->head.len;
        buf_add_str(&writing->head, card->settings.header_values[i]);
        mask(writing, at);
        buf_add(&writing->head, "\r\n", 2);
    }
    buf_add(&writing->head, "\r\n", 2);
}

// The oldest secret in force: whoever holds either reads it by its version.
static const struct secret_use *sealing_secret(const struct writing *writing)
{
    const struct hook_card *card = writing->wire->card;
    for (size_t i = card->secret_count; i-- > 0;)
        if (card->secrets[i].kind == SECRET_SIGNING &&
            secret_use_is_in_force(&card->secrets[i], writing->wall_ms))
            return &card->secrets[i];
    return NULL;
}

static bool encrypt_body(struct writing *writing, const unsigned char *iv)
{
    enum { ENVELOPE_MAX = 65536 };
    struct wire *wire = writing->wire;
    const struct secret_use *use = sealing_secret(writing);
    struct buf sealed;
    if (!use || !writing->plan->seal.is_there)
        return false;
    buf_init(&sealed, 2 * wire->body_len + ENVELOPE_MAX);
    if (!proof_seal(writing->plan, use, &writing->values, wire->body, wire->body_len, iv,
                    &sealed)) {
        buf_done(&sealed);
        return false;
    }
    wire->own_body = sealed.data;
    wire->body = sealed.data;
    wire->body_len = sealed.len;
    return true;
}

// Without a secret that the profile signs with, the receiver would refuse the attempt, or
// trust it for nothing.
static bool has_secret(const struct writing *writing)
{
    return !writing->wire->card->needs_secret || sealing_secret(writing) != NULL;
}

static enum error_code write_wire(struct writing *writing, const struct parcel *parcel,
                                  struct id_cipher *cipher, const unsigned char *iv,
                                  struct error *error)
{
    struct wire *wire = writing->wire;
    const struct hook_card *card = wire->card;
    if (!card->is_usable || !has_secret(writing))
        return unusable(error, "the webhook's secret cannot be used");
    plan_fill_event(&writing->values, writing->plan->attempt_vars, wire->event, cipher);
    plan_fill_attempt(&writing->values, writing->plan->attempt_vars, writing->wall_ms,
                      parcel->number + 1);
    if (card->settings.is_encrypted && !encrypt_body(writing, iv))
        return unusable(error, "the body cannot be encrypted");
    plan_set(&writing->values, VAR_BODY, wire->body, wire->body_len);
    write_head(writing);
    if (writing->has_failed || !buf_ok(&writing->head))
        return unusable(error, "the attempt cannot be signed");
    return ERR_OK;
}

enum error_code wire_new(struct hook_card *card, const struct parcel *parcel,
                         struct id_cipher *cipher, int64_t wall_ms,
                         const unsigned char dice[16], struct wire **ret, struct error *error)
{
    assert(parcel->event);
    struct writing writing = {.plan = card->plan, .wall_ms = wall_ms};
    struct wire *wire = writing.wire = NEW(struct wire);
    wire->card = hook_card_hold(card);
    wire->event = event_hold(parcel->event);
    wire->body = wire->event->body;
    wire->body_len = wire->event->body_len;
    wire->timeout_ms = card->timeout_ms;
    buf_init(&writing.head, HEAD_MAX);
    enum error_code code = write_wire(&writing, parcel, cipher, dice, error);
    if (code) {
        buf_done(&writing.head);
        wire_free(wire);
        return code;
    }
    wire->head = writing.head.data;
    wire->head_len = writing.head.len;
    *ret = wire;
    return ERR_OK;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    if (wire->head)
        memory_wipe(wire->head, wire->head_len);
    free(wire->head);
    free(wire->own_body);
    hook_card_drop(wire->card);
    event_drop(wire->event);
    free(wire);
}
