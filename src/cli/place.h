// The data folder and the store that a command works on without a server: as `posthorn serve`
// would find them, from flags, the environment and a configuration file.

#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "base/error.h"
#include "serve/serve.h"

#include <limits.h>
#include <stdbool.h>

struct args;

struct place {
    struct serve_options options; // folder is options.data_dir
    char file[PATH_MAX];          // of the database
    char master_key[PATH_MAX];
    int lock; // −1: not held
};

// The functions return 0, or the exit code after having said why.
int place_find(struct place *place, const struct args *args);
void place_done(struct place *place); // and unlocks; after a failure, too

// Becomes the folder's owner, where root runs it, and takes the lock; the folder must be
// there.
int place_lock(struct place *place);

// Says why; returns EXIT_NOT_FOUND, or the exit code that a server would have ended with.
int place_failed(const struct error *error);

#endif
