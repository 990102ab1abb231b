// Values of settings as people write them, and the file they may stand in.

#ifndef CLI_OPTION_VALUE_H
#define CLI_OPTION_VALUE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serve_options;

// unit "ms": "250ms", "10s", "5m", "1h"; "bytes": "512B", "256KiB", "4MiB", "1GiB"; else a
// plain number. A time or size without its unit is refused: "10" of what?
bool option_value(const char *unit, const char *text, int64_t *ret);
const char *option_value_form(const char *unit); // "a time, as 10s"

typedef enum error_code option_set_fn(void *owner, const char *name, size_t name_len,
                                      const char *value);

// Lines "name=value"; empty lines and lines that begin with '#' are passed over. The values
// point into *ret_text, the caller's also after an error. Errors: ERR_CONFIG with field
// "FILE:LINE".
enum error_code option_file(const char *path, option_set_fn *set, void *owner,
                            char **ret_text, struct error *error) MUST_CHECK;

// The data folder, where it was not given: beside the database, or ./posthorn-data.
void option_default_folder(struct serve_options *options);

void option_done(struct serve_options *options); // frees what its strings point into

#endif
