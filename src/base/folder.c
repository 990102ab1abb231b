#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool folder_sync_of(const char *path)
{
    char copy[PATH_MAX];
    int folder;
    bool is_synced;

    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
        errno = ENAMETOOLONG;
        return false;
    }
    folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    is_synced = fsync(folder) == 0;
    return close(folder) == 0 && is_synced;
}
