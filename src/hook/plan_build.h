// Compiling the texts of a profile's file: "{attempt.unix}.{body}", "$event.type", lists of
// members.

#ifndef HOOK_PLAN_BUILD_H
#define HOOK_PLAN_BUILD_H

#include "hook/plan.h"
#include "hook/profile_read.h"

// The text that stands at a place, with {variables} and, in headers, {proofs}.
enum error_code build_text(const struct place *at, unsigned where,
                           struct plan_text *ret) MUST_CHECK;
// A JSON value: "$variable", or itself.
enum error_code build_value(const struct place *at, unsigned where,
                            struct plan_text *ret) MUST_CHECK;
// [["name", value], …] as one JSON object. *ret_payloads: how often "$payload" stands there.
enum error_code build_members(const struct place *at, unsigned where, struct plan_text *ret,
                              size_t *ret_payloads) MUST_CHECK;

#endif
