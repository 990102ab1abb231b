// A profile's body, headers and proofs, compiled when the file is loaded: arrays of pieces,
// variables resolved to numbers, all in one arena. Immutable afterwards.
//
// To add a variable: a row here, its value in plan_fill_event() or wire.c, a line in
// docs/profiles.md.

#ifndef HOOK_PLAN_H
#define HOOK_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json_span.h"
#include "hook/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct event;
struct id_cipher;

enum plan_where { // what kinds of text a variable may stand in
    IN_BODY = 1,
    IN_HEADER = 2,
    IN_SIGNED = 4,
    IN_SPELLING = 8, // how a proof is written
    IN_SEALED = 16,  // the members of an encrypted body
};

// X(NAME, text, where, is a JSON number)
#define PLAN_VARS(X)                                                                 \
    X(EVENT_ID, "event.id", IN_BODY | IN_HEADER | IN_SIGNED | IN_SEALED, false)      \
    X(EVENT_MSG, "event.msg", IN_BODY | IN_HEADER | IN_SIGNED | IN_SEALED, false)    \
    X(EVENT_TYPE, "event.type", IN_BODY | IN_HEADER | IN_SIGNED | IN_SEALED, false)  \
    X(EVENT_MODE, "event.mode", IN_BODY | IN_HEADER | IN_SIGNED, false)              \
    X(CREATED_MS, "event.created|rfc3339ms", IN_BODY | IN_HEADER | IN_SIGNED, false) \
    X(CREATED_US, "event.created|rfc3339us", IN_BODY | IN_HEADER | IN_SIGNED, false) \
    X(CREATED_UNIX, "event.created|unix", IN_BODY | IN_HEADER | IN_SIGNED, true)     \
    X(TRIGGER, "trigger", IN_BODY, false)                                            \
    X(ATTEMPT_UNIX, "attempt.unix", IN_HEADER | IN_SIGNED, true)                     \
    X(ATTEMPT_ISO, "attempt.iso", IN_HEADER | IN_SIGNED, false)                      \
    X(ATTEMPT_NUMBER, "attempt.number", IN_HEADER | IN_SIGNED, true)                 \
    X(BODY, "body", IN_SIGNED, false)                                                \
    X(HEX, "hex", IN_SPELLING, false)                                                \
    X(BASE64, "base64", IN_SPELLING, false)                                          \
    X(SECRET_VERSION, "secret.version", IN_SEALED, true)                             \
    X(IV, "iv|base64", IN_SEALED, false)                                             \
    X(TAG, "tag|base64", IN_SEALED, false)                                           \
    X(SEALED, "sealed|base64", IN_SEALED, false)

enum plan_var {
#define X(name, text, where, is_number) VAR_##name,
    PLAN_VARS(X)
#undef X
        PLAN_VARS_COUNT
};

struct slice {
    const char *at;
    size_t len;
};

// What the variables stand for, in one body or one attempt. Those in own are short.
struct plan_values {
    struct slice of[PLAN_VARS_COUNT];
    char own[PLAN_VARS_COUNT][48];
};
void plan_set(struct plan_values *values, enum plan_var var, const char *at, size_t len);
void plan_number(struct plan_values *values, enum plan_var var, int64_t number);

enum piece_kind {
    PIECE_BYTES,
    PIECE_VAR,
    PIECE_PAYLOAD,
    PIECE_PROOF,    // with the newest secret
    PIECE_PREVIOUS, // with the one before, while both count
    PIECE_LIST,     // each proof with each secret in force, separator between
};

enum { PLAN_LIST_MAX = 4 };

struct piece {
    enum piece_kind kind;
    struct slice bytes; // BYTES, or LIST's separator
    enum plan_var var;
    size_t proofs[PLAN_LIST_MAX]; // PROOF, PREVIOUS: the first; LIST: proof_count of them
    size_t proof_count;
};

struct plan_text {
    struct piece *pieces;
    size_t count;
    uint32_t vars; // bits of enum plan_var that stand in it
};

enum proof_by { PROOF_TOKEN, PROOF_HMAC_SHA256, PROOF_RSA_PKCS1_SHA256, PROOF_ED25519 };

// How the secret's text becomes a key.
struct key_form {
    enum { KEY_AS_TEXT, KEY_AS_BASE64, KEY_AS_PEM } as;
    const char *prefix; // that stands before it, or ""
};

struct proof_plan {
    const char *id;
    enum proof_by by;
    struct key_form key;
    struct plan_text signs;
    struct plan_text spelled; // with {hex} or {base64}
};

struct header_plan {
    const char *name;
    struct plan_text value;
    int with; // the proof without which the header is not sent; −1: none
};

enum plan_when { WHEN_ABSENT = 1, WHEN_NULL = 2, WHEN_EMPTY_MAP = 4, WHEN_EMPTY_LIST = 8 };

// One member that a flat body must have. Without a when it is demanded: another value is
// refused; with one it is set in these cases only.
struct edit_plan {
    const char *name;
    struct slice quoted; // "name":
    struct plan_text to;
    unsigned when; // bits of enum plan_when; 0: demanded
};

// A check of sense on top-level numbers: total = plus − minus, where the member named there
// is absent or that number.
struct check_plan {
    const char *total, *plus, *minus;
    const char *where; // or NULL
    const char *where_number;
    const char *says;
};

struct seal_plan {
    bool is_there;
    struct key_form key;
    const char *info; // of HKDF
    struct plan_text aad;
    struct plan_text body;
};

enum { PLAN_EDITS_MAX = 16, PLAN_HEADERS_MAX = 16, PLAN_PROOFS_MAX = 4, PLAN_CHECKS_MAX = 4 };

struct plan {
    struct arena arena;
    const char *content_type;
    const char *user_agent; // NULL: the server's
    bool is_flat;           // the payload is the body, edited
    struct plan_text body;  // unless flat
    struct edit_plan edits[PLAN_EDITS_MAX];
    size_t edit_count;
    const char *triggers[TRIGGERS]; // how $trigger is said
    struct proof_plan proofs[PLAN_PROOFS_MAX];
    size_t proof_count;
    struct header_plan headers[PLAN_HEADERS_MAX];
    size_t header_count;
    struct check_plan checks[PLAN_CHECKS_MAX];
    size_t check_count;
    struct seal_plan seal;
    uint32_t attempt_vars; // bits of all variables that an attempt needs
};

struct plan *plan_new(void);
void plan_free(struct plan *plan); // does nothing to NULL

// A body as slices of the payload and of the plan, in order.
enum { PLAN_SLICES_MAX = 160 };
struct plan_body {
    struct slice slices[PLAN_SLICES_MAX];
    size_t count;
    size_t len;
    size_t payload_at; // where the payload stands, if it was not edited
    bool is_edited;
};

// Values and payload must outlive what is returned. Errors: ERR_INVALID_FIELD,
// ERR_DUPLICATE_MEMBER (field "/payload/name").
enum error_code plan_body(const struct plan *plan, const struct plan_values *values,
                          const struct json_span *payload, struct plan_body *ret,
                          struct error *error) MUST_CHECK;

// The event's variables among vars; event must outlive values.
void plan_fill_event(struct plan_values *values, uint32_t vars, const struct event *event,
                     struct id_cipher *cipher);

// The attempt's variables among vars.
void plan_fill_attempt(struct plan_values *values, uint32_t vars, int64_t wall_ms,
                       int number);

// Append a text that holds neither payload nor proofs.
void plan_write(const struct plan_text *text, const struct plan_values *values,
                struct buf *ret);

#endif
