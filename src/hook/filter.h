// A webhook's filter: conditions that must all hold on an event's payload for the webhook to
// get it.
//
//     [{"path": "metadata.checkoutId", "in": ["ch_1", "ch_2"]}, {"path": "amount", "gte":
//     100}]
//
// Operators: eq ne in nin gt gte lt lte starts_with exists. Numbers compare by value, digit
// by digit: 1, 1.0 and 10e-1 are equal, and no digit is lost. Texts compare by their bytes. A
// value of another kind is neither equal nor in order: the text "1" is not the number 1. What
// is not there is not equal to anything. No condition takes longer than it is long: there are
// no patterns.

#ifndef HOOK_FILTER_H
#define HOOK_FILTER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct filter;
struct json_span;
struct paths;

// From a list of conditions that json_check() has accepted. Errors: ERR_INVALID_FIELD, field
// "filter".
enum error_code filter_new(const struct json_span *list, struct filter **ret,
                           struct error *error) MUST_CHECK;
void filter_free(struct filter *filter); // does nothing to NULL
// Would the text be one? Errors: ERR_BAD_JSON, ERR_JSON_TOO_DEEP, ERR_INVALID_FIELD.
enum error_code filter_check(const char *text, size_t len, struct error *error) MUST_CHECK;

// The filters of an app share their paths: each adds its own, and, when those are settled,
// learns their places.
void filter_add_paths(const struct filter *filter, struct paths *paths);
void filter_bind(struct filter *filter, const struct paths *paths);

// found: what paths_find() gave for the payload.
bool filter_holds(const struct filter *filter, const struct json_span *found);

#endif
