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

// If-Match: the version that it names, which the write then holds to; −1 where there is none
// or it is "*". Errors: ERR_PRECONDITION (it names no version of ours).
enum error_code input_if_match(struct request *request, int *ret_version,
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
