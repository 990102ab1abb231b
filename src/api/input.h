// Small readings that several families share.

#ifndef API_INPUT_H
#define API_INPUT_H

#include "base/error.h"

#include <stdint.h>

struct arena;
struct request;
struct webhook_row;

// If-Match: the version that it names, −1 where there is none or it is "*". Errors:
// ERR_PRECONDITION (it names no version of ours).
enum error_code input_if_match(const struct request *request, int *ret_version,
                               struct error *error) MUST_CHECK;
// Errors: ERR_INVALID_FIELD.
enum error_code input_email(const char *name, const char *text,
                            struct error *error) MUST_CHECK;
const char *input_copy(struct arena *arena, const char *text); // NULL stays NULL
// Every text of it moves into the arena.
void input_copy_webhook(struct arena *arena, struct webhook_row *row);

#endif
