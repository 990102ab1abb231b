// Between a platform's words and ours: a door that serves a platform's own API hands the body
// to the native handler in our words, and makes its answer of ours.

#ifndef API_TRANSLATE_H
#define API_TRANSLATE_H

#include "api/routes.h"
#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

struct word {
    const char *theirs, *ours;
};

// A field_fn: other members of the body are none of our business.
enum error_code translate_skip(void *owner, const char *name, const json_t *value,
                               struct error *error);
// Calls ask with a body that has these members alone, in our words; an error names theirs.
enum error_code translate_ask(struct request *request, struct op *op,
                              const struct word *words, size_t count, ask_fn *ask,
                              struct error *error) MUST_CHECK;
// What ask prepared as the answer, taken out of the request (and wiped there). The caller's.
json_t *translate_take_answer(struct request *request);

#endif
