// The headers that a webhook adds to its deliveries: part of hook/settings.h, for its files.

#ifndef HOOK_SETTINGS_HEADERS_H
#define HOOK_SETTINGS_HEADERS_H

#include "base/error.h"

#include <jansson.h>

struct profile;
struct settings;

// Errors: ERR_INVALID_FIELD, ERR_HEADER_NOT_ALLOWED; the settings are unchanged then.
enum error_code settings_set_headers(struct settings *settings, const struct profile *profile,
                                     const json_t *value, struct error *error) MUST_CHECK;

void settings_free_texts(char **texts); // wipes them: values may be credentials

#endif
