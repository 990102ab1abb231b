#include "store/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void scratch_make(char ret[SCRATCH_MAX], const char *name)
{
    const char *base = getenv("TMPDIR");

    snprintf(ret, SCRATCH_MAX, "%s/%s-XXXXXX", base ? base : "/tmp", name);
    if (!mkdtemp(ret)) {
        perror(ret);
        exit(2);
    }
}

static int drop(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(const char *folder)
{
    nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}
