// The key that a person gives in a file, in every form that a profile's proofs may want it,
// and one proof held against it.

#ifndef CLI_PROOF_KEYS_H
#define CLI_PROOF_KEYS_H

#include "base/error.h"
#include "hook/proof.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROOF_KEYS_MAX = 3 };

struct proof_keys {
    struct secret_use uses[PROOF_KEYS_MAX]; // a secret or private key, by kind
    size_t count;
    EVP_PKEY *public_key; // or NULL
    char *text;           // the file's
    size_t len;
};

// Errors: ERR_CONFIG, in words, where it is no key for any proof of the plan.
enum error_code proof_keys_read(const struct plan *plan, const char *path,
                                struct proof_keys *ret, struct error *error) MUST_CHECK;
void proof_keys_done(struct proof_keys *keys); // wiped; after an error, too

// What the proof is made with; NULL: the file holds no such key.
const struct secret_use *proof_keys_find(const struct proof_keys *keys,
                                         const struct proof_plan *proof);
// Can the proof be checked with what the file holds?
bool proof_keys_fit(const struct proof_keys *keys, const struct proof_plan *proof);
// Is said the proof, as the profile spells it? In constant time.
bool proof_keys_hold(const struct proof_keys *keys, const struct plan *plan, size_t proof,
                     const struct plan_values *values, struct slice said);

// The bytes behind a proof's spelling. False: it is not spelled so.
bool proof_unspell(const struct proof_plan *proof, struct slice said, unsigned char *ret,
                   size_t *ret_len);
// Append the text that is signed.
void proof_join(const struct proof_plan *proof, const struct plan_values *values,
                struct buf *ret);

#endif
