// Small readings that several families share.

#ifndef API_INPUT_H
#define API_INPUT_H

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

struct arena;
struct request;
struct settings;
struct webhook_row;

// Does If-Match, where there is one, name this tag, or "*"? What was read for the tag must be
// what the write holds to; who changes it between the two has all of this made once more.
// Errors: ERR_PRECONDITION.
enum error_code input_if_match(const struct request *request, const char *tag,
                               struct error *error) MUST_CHECK;
// Errors: ERR_INVALID_FIELD.
enum error_code input_email(const char *name, const char *text,
                            struct error *error) MUST_CHECK;
const char *input_copy(struct arena *arena, const char *text); // NULL stays NULL
// Every text of it moves into the arena.
void input_copy_webhook(struct arena *arena, struct webhook_row *row);

// One setting of a webhook of the request's app, as settings_set() takes it: the app's own
// event types count, and a filter is a list. Errors: as settings_set().
enum error_code input_setting(const struct request *request, struct settings *settings,
                              const char *name, const json_t *value,
                              struct error *error) MUST_CHECK;

#endif
