#include "cli/proof_read.h"

#include "base/text.h"
#include "cli/header_lines.h"

#include <string.h>

static const char *const var_names[PLAN_VARS_COUNT] = {
#define X(name, text, where, is_number) [VAR_##name] = text,
    PLAN_VARS(X)
#undef X
};

struct header_reading {
    const struct plan *plan;
    const struct header_plan *header;
    struct proof_reading *ret;
};

// Where the bytes stand in text, or len.
static size_t find_bytes(struct slice text, struct slice bytes)
{
    for (size_t i = 0; bytes.len <= text.len && i <= text.len - bytes.len; i++) {
        if (bytes.len == 0 || strncmp(text.at + i, bytes.at, bytes.len) == 0)
            return i;
    }
    return text.len;
}

static void add_proof(struct header_reading *reading, size_t proof, struct slice text)
{
    struct proof_reading *ret = reading->ret;

    if (ret->count < PROOFS_SAID_MAX)
        ret->said[ret->count++] = (struct proof_said){proof, reading->header->name, text};
}

// Does the text begin as the proof is spelled?
static bool begins_as(const struct proof_plan *proof, struct slice text)
{
    const struct piece *first = proof->spelled.count ? &proof->spelled.pieces[0] : NULL;

    return !first || first->kind != PIECE_BYTES ||
           (text.len >= first->bytes.len &&
            strncmp(text.at, first->bytes.at, first->bytes.len) == 0);
}

static void add_list(struct header_reading *reading, const struct piece *piece,
                     struct slice text)
{
    while (text.len > 0) {
        size_t len = find_bytes(text, piece->bytes);
        struct slice item = {text.at, len};

        for (size_t i = 0; i < piece->proof_count; i++) {
            if (begins_as(&reading->plan->proofs[piece->proofs[i]], item)) {
                add_proof(reading, piece->proofs[i], item);
                break;
            }
        }
        len += len < text.len ? piece->bytes.len : 0;
        text = (struct slice){text.at + len, text.len - len};
    }
}

static void take(struct header_reading *reading, const struct piece *piece, struct slice text)
{
    switch (piece->kind) {
    case PIECE_VAR: plan_set(&reading->ret->values, piece->var, text.at, text.len); return;
    case PIECE_PROOF:
    case PIECE_PREVIOUS: add_proof(reading, piece->proofs[0], text); return;
    case PIECE_LIST: add_list(reading, piece, text); return;
    case PIECE_BYTES:
    case PIECE_PAYLOAD: return;
    }
}

// The value cut at the literal bytes of the profile's text. False: it does not have them.
static bool read_value(struct header_reading *reading, struct slice value)
{
    const struct plan_text *text = &reading->header->value;

    for (size_t i = 0; i < text->count; i++) {
        const struct piece *piece = &text->pieces[i];
        bool is_last = i + 1 == text->count;
        size_t len;

        if (piece->kind == PIECE_BYTES) {
            if (value.len < piece->bytes.len ||
                strncmp(value.at, piece->bytes.at, piece->bytes.len) != 0)
                return false;
            len = piece->bytes.len;
        } else {
            len = is_last ? value.len : find_bytes(value, text->pieces[i + 1].bytes);
            take(reading, piece, (struct slice){value.at, len});
        }
        value = (struct slice){value.at + len, value.len - len};
    }
    return value.len == 0;
}

// Headers that hold the proof before a rotation may be absent.
static bool is_optional(const struct header_plan *header)
{
    for (size_t i = 0; i < header->value.count; i++) {
        if (header->value.pieces[i].kind == PIECE_PREVIOUS)
            return true;
    }
    return false;
}

static bool holds_proofs(const struct header_plan *header)
{
    for (size_t i = 0; i < header->value.count; i++) {
        enum piece_kind kind = header->value.pieces[i].kind;

        if (kind == PIECE_PROOF || kind == PIECE_LIST)
            return true;
    }
    return false;
}

static bool is_signed(const struct plan *plan, const struct header_plan *header)
{
    for (size_t i = 0; i < plan->proof_count; i++) {
        if (plan->proofs[i].signs.vars & header->value.vars)
            return true;
    }
    return false;
}

static enum error_code read_header(struct header_reading *reading,
                                   const struct header_lines *lines, struct error *error)
{
    const struct header_plan *header = reading->header;
    bool is_proof = holds_proofs(header);
    size_t count;
    const char *value = header_lines_find(lines, header->name, &count);

    if (count > 1)
        return error_set(error, ERR_BAD_REQUEST, "the header %s stands %zu times",
                         header->name, count);
    if (!value && is_proof)
        return error_set(error, ERR_BAD_REQUEST,
                         "the header %s, which holds the signature, is missing",
                         header->name);
    if (!value && !is_optional(header) && is_signed(reading->plan, header))
        return error_set(error, ERR_BAD_REQUEST,
                         "the header %s, which is part of what is signed, is missing",
                         header->name);
    if (value && !read_value(reading, (struct slice){value, strlen(value)}))
        return error_set(error, ERR_BAD_REQUEST, "the header %s is not of the profile's form",
                         header->name);
    return ERR_OK;
}

enum error_code proof_read(const struct plan *plan, const struct header_lines *lines,
                           struct proof_reading *ret, struct error *error)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < plan->header_count; i++) {
        struct header_reading reading = {plan, &plan->headers[i], ret};
        enum error_code code = read_header(&reading, lines, error);

        if (code != ERR_OK)
            return code;
    }
    if (ret->count == 0)
        return error_set(error, ERR_BAD_REQUEST,
                         "no header holds a signature as the profile "
                         "spells it");
    return ERR_OK;
}

const char *proof_lacks(const struct proof_plan *proof, const struct plan_values *values)
{
    for (int i = 0; i < PLAN_VARS_COUNT; i++) {
        if (i != VAR_BODY && (proof->signs.vars & 1u << i) && !values->of[i].at)
            return var_names[i];
    }
    return NULL;
}
