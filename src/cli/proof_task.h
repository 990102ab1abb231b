// What verify and sign begin with: the profile, the key and the body that the command line
// names. They ask no server.

#ifndef CLI_PROOF_TASK_H
#define CLI_PROOF_TASK_H

#include "base/buf.h"
#include "cli/proof_keys.h"
#include "hook/profile.h"

struct args;

struct proof_task {
    struct profile_set profiles;
    const struct profile *profile;
    const struct plan *plan;
    struct proof_keys keys;
    struct buf body;
};

// Returns 0, or the exit code after having said why. proof_task_done() in either case.
int proof_task_init(struct proof_task *task, const struct args *args);
void proof_task_done(struct proof_task *task);

#endif
