#include "store/inflight.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Two words that the processor writes whole: the event; and n, number and a check of all
// three, written last. A slot whose check does not fit was being written, or is free.
struct slot {
    _Atomic uint64_t event;
    _Atomic uint64_t rest;
};

struct inflight {
    struct slot *slots;
    size_t count;
    size_t mapped;
};

_Static_assert(sizeof(struct slot) == 16, "the file's form");

static uint64_t rest_of(uint64_t event, uint16_t n, uint16_t number)
{
    uint64_t low = (uint64_t)n | (uint64_t)number << 16;
    uint64_t check =
        (event ^ low ^ UINT64_C(0x506f7374686f726e)) * UINT64_C(0x9e3779b97f4a7c15);

    return low | (check >> 32 | 1) << 32;
}

static enum error_code failed(struct error *error, const char *path)
{
    enum error_code code = errno == EACCES || errno == EPERM ? ERR_PERMISSION : ERR_IO;

    return error_set(error, code, "%s: %s", path, strerror(errno));
}

// Slots of an earlier start may be more than those of this one.
static bool map(struct inflight *inflight, int fd)
{
    size_t wanted = inflight->count * sizeof(struct slot);
    struct stat status;
    size_t size;

    if (fstat(fd, &status))
        return false;
    size = (size_t)status.st_size / sizeof(struct slot) * sizeof(struct slot);
    inflight->mapped = size > wanted ? size : wanted;
    // Allocated now, because a page that the disk has no room for would end the process
    // later.
    errno = posix_fallocate(fd, 0, (off_t)inflight->mapped);
    if (errno)
        return false;
    inflight->slots = mmap(NULL, inflight->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return inflight->slots != MAP_FAILED;
}

static size_t read_cuts(struct inflight *inflight, struct cut_off **ret)
{
    size_t slots = inflight->mapped / sizeof(struct slot);
    struct cut_off *cuts = NULL;
    size_t count = 0;

    for (size_t i = 0; i < slots; i++) {
        uint64_t event = atomic_load(&inflight->slots[i].event);
        uint64_t rest = atomic_load(&inflight->slots[i].rest);
        uint16_t n = (uint16_t)rest;
        uint16_t number = (uint16_t)(rest >> 16);

        if (rest == 0 || rest != rest_of(event, n, number))
            continue;
        cuts = memory_resize(cuts, (count + 1) * sizeof *cuts);
        cuts[count++] = (struct cut_off){(int64_t)event, n, number};
    }
    *ret = cuts;
    return count;
}

enum error_code inflight_open(const char *folder, size_t slots, struct inflight **ret,
                              struct cut_off **ret_cuts, size_t *ret_count,
                              struct error *error)
{
    struct inflight *inflight;
    enum error_code code;
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/posthorn.inflight", folder);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(error, path);
    inflight = NEW(struct inflight);
    inflight->count = slots;
    if (!map(inflight, fd)) {
        code = failed(error, path);
        close(fd);
        free(inflight);
        return code;
    }
    close(fd);
    *ret_count = read_cuts(inflight, ret_cuts);
    *ret = inflight;
    return ERR_OK;
}

void inflight_clear(struct inflight *inflight)
{
    memset(inflight->slots, 0, inflight->mapped);
}

void inflight_close(struct inflight *inflight)
{
    if (!inflight)
        return;
    munmap(inflight->slots, inflight->mapped);
    free(inflight);
}

void inflight_set(struct inflight *inflight, size_t slot, int64_t event_id, uint16_t n,
                  uint16_t number)
{
    assert(slot < inflight->count);
    atomic_store_explicit(&inflight->slots[slot].rest, 0, memory_order_relaxed);
    atomic_store_explicit(&inflight->slots[slot].event, (uint64_t)event_id,
                          memory_order_release);
    atomic_store_explicit(&inflight->slots[slot].rest, rest_of((uint64_t)event_id, n, number),
                          memory_order_release);
}

void inflight_unset(struct inflight *inflight, size_t slot)
{
    assert(slot < inflight->count);
    atomic_store_explicit(&inflight->slots[slot].rest, 0, memory_order_release);
}
