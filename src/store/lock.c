#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NFS = 0x6969 }; // statfs's f_type

static enum error_code failed(struct error *error, const char *path)
{
    enum error_code code = errno == EACCES || errno == EPERM ? ERR_PERMISSION : ERR_IO;

    return error_set(error, code, "%s: %s", path, strerror(errno));
}

// The number in the file; 0: not yet written.
static long holder_of(int fd)
{
    char text[24] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    return len > 0 ? strtol(text, NULL, 10) : 0;
}

static bool write_pid(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    return !ftruncate(fd, 0) && pwrite(fd, text, (size_t)len, 0) == len;
}

static enum error_code check_folder(const char *folder, struct error *error)
{
    struct statfs system;

    if (mkdir(folder, 0700) && errno != EEXIST)
        return failed(error, folder);
    if (statfs(folder, &system))
        return failed(error, folder);
    if (system.f_type == NFS)
        return error_set(error, ERR_IO,
                         "%s is on NFS, whose locks cannot be relied on; use a local disk",
                         folder);
    return ERR_OK;
}

// Takes the lock of the open file, or closes it.
static enum error_code hold(int fd, const char *folder, const char *path, struct error *error)
{
    enum error_code code;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    code = errno == EWOULDBLOCK
               ? error_set(error, ERR_HELD, "%s is held by process %ld, another server",
                           folder, holder_of(fd))
               : failed(error, path);
    close(fd);
    return code;
}

enum error_code lock_take(const char *folder, int *ret_fd, struct error *error)
{
    char path[PATH_MAX];
    enum error_code code = check_folder(folder, error);
    int fd;

    if (code != ERR_OK)
        return code;
    snprintf(path, sizeof path, "%s/posthorn.lock", folder);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(error, path);
    code = hold(fd, folder, path, error);
    if (code != ERR_OK)
        return code;
    if (!write_pid(fd)) {
        code = failed(error, path);
        close(fd);
        return code;
    }
    *ret_fd = fd;
    return ERR_OK;
}

enum error_code lock_look(const char *folder, int *ret_fd, long *ret_holder,
                          struct error *error)
{
    char path[PATH_MAX];
    enum error_code code;
    int fd;

    *ret_fd = -1;
    *ret_holder = 0;
    snprintf(path, sizeof path, "%s/posthorn.lock", folder);
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : failed(error, path);
    *ret_holder = holder_of(fd);
    code = hold(fd, folder, path, error);
    if (code == ERR_OK) {
        *ret_holder = 0;
        *ret_fd = fd;
    }
    return code;
}

// The file stays: were it removed, two could hold locks on two files of its name.
void lock_release(int fd)
{
    if (fd >= 0)
        close(fd);
}
