#include "cli/proof_try.h"

enum error_code proof_try(const struct plan *plan, const struct proof_keys *keys,
                          const struct proof_reading *reading, const struct proof_said **ret,
                          size_t *ret_tried, struct error *error)
{
    *ret = NULL;
    *ret_tried = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const struct proof_said *said = &reading->said[i];
        const struct proof_plan *proof = &plan->proofs[said->proof];
        const char *lacking = proof_lacks(proof, &reading->values);

        if (!proof_keys_fit(keys, proof))
            continue;
        if (lacking)
            return error_set(error, ERR_BAD_REQUEST, "{%s} is signed, but no header says it",
                             lacking);
        ++*ret_tried;
        if (!*ret && proof_keys_hold(keys, plan, said->proof, &reading->values, said->text))
            *ret = said;
    }
    return ERR_OK;
}
