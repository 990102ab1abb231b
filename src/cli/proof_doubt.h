// Why an HMAC does not hold: the mistakes that receivers make with secrets and bodies, tried
// one after the other until one explains what came.

#ifndef CLI_PROOF_DOUBT_H
#define CLI_PROOF_DOUBT_H

#include "hook/plan.h"

#include <stddef.h>

struct buf;

// Append what would have to be so for the proof to hold: "the line feed at the body's end
// were not there". Appends nothing where no mistake explains it.
void proof_doubt(const struct proof_plan *proof, const struct plan_values *values,
                 struct slice key_text, struct slice said, struct buf *ret);

#endif
