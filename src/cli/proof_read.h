// A request's headers read backwards by its profile: which of them say what was signed, and
// which are the proofs. The texts that make headers are the same that read them.

#ifndef CLI_PROOF_READ_H
#define CLI_PROOF_READ_H

#include "base/error.h"
#include "hook/plan.h"

#include <stddef.h>

struct header_lines;

enum { PROOFS_SAID_MAX = 32 };

struct proof_said {
    size_t proof;       // of the plan
    const char *header; // where it stands
    struct slice text;
};

struct proof_reading {
    struct plan_values values; // at NULL: no header says it
    struct proof_said said[PROOFS_SAID_MAX];
    size_t count;
};

// Slices point into lines. Errors: ERR_BAD_REQUEST, in words: a header that a proof needs is
// missing, stands twice, or is not of the profile's form.
enum error_code proof_read(const struct plan *plan, const struct header_lines *lines,
                           struct proof_reading *ret, struct error *error) MUST_CHECK;

// What the proof signs and no header says, as "event.created|unix"; NULL: nothing lacks. The
// body is not looked at.
const char *proof_lacks(const struct proof_plan *proof, const struct plan_values *values);

#endif
