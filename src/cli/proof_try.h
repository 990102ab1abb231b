// The proofs that came with a request, held against a key: what verify says, and what the
// demo's receivers do.

#ifndef CLI_PROOF_TRY_H
#define CLI_PROOF_TRY_H

#include "cli/proof_keys.h"
#include "cli/proof_read.h"

// Tries every proof that came. *ret: one that holds, or NULL; *ret_tried: how many of them
// the key is one for. Errors: ERR_BAD_REQUEST, where something that is signed was not said.
enum error_code proof_try(const struct plan *plan, const struct proof_keys *keys,
                          const struct proof_reading *reading, const struct proof_said **ret,
                          size_t *ret_tried, struct error *error) MUST_CHECK;

#endif
