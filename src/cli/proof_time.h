// How old a signed timestamp is: one that is too far away is refused by receivers, though its
// signature holds.

#ifndef CLI_PROOF_TIME_H
#define CLI_PROOF_TIME_H

struct args;
struct plan_values;

// Returns 0, or the exit code where --tolerance is given and does not hold; says why. Without
// it an old one is only pointed out.
int proof_time_check(const struct args *args, const struct plan_values *values);

#endif
