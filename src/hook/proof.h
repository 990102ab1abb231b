// Proofs of origin: a secret, unsealed, with its contexts keyed once, and what a profile's
// proof makes of it for one attempt. A secret_use belongs to one thread: signing moves its
// contexts.

#ifndef HOOK_PROOF_H
#define HOOK_PROOF_H

#include "hook/plan.h"
#include "hook/rows.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_KEY_LEN = 32, SEAL_IV_LEN = 12 };

struct secret_use {
    enum secret_kind kind;
    int version;
    int64_t until_ms; // 0: in force
    char *text;
    size_t len;
    struct {
        EVP_MAC_CTX *mac; // HMAC
        EVP_PKEY *key;    // RSA, Ed25519
    } proofs[PLAN_PROOFS_MAX];
    unsigned char body_key[SEAL_KEY_LEN]; // of an encrypted body
};

// Copies the text. False: it is no key for a proof of the plan that it should serve.
bool secret_use_init(struct secret_use *use, const struct plan *plan, enum secret_kind kind,
                     const char *text, size_t len) MUST_CHECK;
void secret_use_done(struct secret_use *use); // wiped

// A private key of any kind, the caller's to free; NULL: it is none, or an encrypted one.
EVP_PKEY *proof_read_pem(const char *text, size_t len);

bool secret_use_is_in_force(const struct secret_use *use, int64_t wall_ms);
// Is the secret of the kind that this proof is made with?
bool proof_takes(const struct proof_plan *proof, const struct secret_use *use);

// Append the proof as the profile spells it. False: it could not be made.
bool proof_write(const struct plan *plan, size_t proof, const struct secret_use *use,
                 const struct plan_values *values, struct buf *ret) MUST_CHECK;

// Append the encrypted body. Sets the values of IV, TAG, SEALED and SECRET_VERSION
// meanwhile; those of the event must be there. False: it could not be made.
bool proof_seal(const struct plan *plan, const struct secret_use *use,
                struct plan_values *values, const char *body, size_t len,
                const unsigned char iv[SEAL_IV_LEN], struct buf *ret) MUST_CHECK;

#endif
