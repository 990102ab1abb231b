#include "store/space.h"

#include <sys/statvfs.h>

enum {
    FLOOR = 256 << 20,
    PERCENT = 2,
    PERCENT_MOST = 10 // so that a small disk is not always "low"
};

bool space_look(const char *path, struct space *ret)
{
    struct statvfs disk;
    uint64_t size;

    if (statvfs(path, &disk) != 0)
        return false;
    size = (uint64_t)disk.f_blocks * disk.f_frsize;
    *ret = (struct space){.free = (uint64_t)disk.f_bavail * disk.f_frsize, .floor = FLOOR};
    if (ret->floor < size / 100 * PERCENT)
        ret->floor = size / 100 * PERCENT;
    if (ret->floor > size / 100 * PERCENT_MOST)
        ret->floor = size / 100 * PERCENT_MOST;
    return true;
}
