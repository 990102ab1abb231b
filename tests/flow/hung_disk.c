// Preloaded into a server, it is a disk that hangs while the file HUNG_DISK names is there:
// what is to be on it is neither written nor refused.

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hang(void)
{
    const char *path = getenv("HUNG_DISK");

    while (path && !access(path, F_OK))
        usleep(20000);
}

int fdatasync(int fd)
{
    hang();
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    hang();
    return (int)syscall(SYS_fsync, fd);
}
