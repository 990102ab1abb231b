// The keys of a profile's file that become its plan.

#ifndef HOOK_PLAN_LOAD_H
#define HOOK_PLAN_LOAD_H

#include "base/error.h"

struct place;

enum error_code load_body(const struct place *at) MUST_CHECK;
enum error_code load_trigger(const struct place *at) MUST_CHECK;
enum error_code load_proofs(const struct place *at) MUST_CHECK;
enum error_code load_headers(const struct place *at) MUST_CHECK; // after the proofs
enum error_code load_encrypt(const struct place *at) MUST_CHECK;
enum error_code load_check(const struct place *at) MUST_CHECK;

#endif
