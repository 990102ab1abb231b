// The settings of `posthorn serve`, one row each. Flags win over the environment, the
// environment over the file that --config names. The help text, the environment's names and
// the file's keys are all made from the same row.
//
// To add one: a row in option_rows (option.c), a field in struct serve_options.

#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct serve_options;

// argv without the program and the command. Strings of *ret point into argv, the environment,
// or memory that lives as long as the process. Errors: ERR_CONFIG, field is the setting;
// ERR_BAD_REQUEST: the command line itself is wrong.
enum error_code option_read(char **argv, struct serve_options *ret,
                            struct error *error) MUST_CHECK;

void option_help(FILE *out);

// The nth of all options, those of limits last. False: there are fewer.
bool option_at(size_t nth, const char **ret_name, const char **ret_value,
               const char **ret_says);

#endif
