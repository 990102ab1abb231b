// Preloaded into a server, it shows a wall clock that is WRONG_CLOCK_MS ahead (or behind,
// where that is negative). The clocks that never jump are as they are, and so is the
// machine's.

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    static long long ahead_ms;
    static int is_read;
    long failed = syscall(SYS_clock_gettime, clock, ret);

    if (failed || clock != CLOCK_REALTIME)
        return (int)failed;
    if (!is_read) {
        const char *text = getenv("WRONG_CLOCK_MS");
        ahead_ms = text ? strtoll(text, NULL, 10) : 0;
        is_read = 1;
    }
    ret->tv_sec += ahead_ms / 1000;
    ret->tv_nsec += ahead_ms % 1000 * 1000000;
    if (ret->tv_nsec < 0) {
        ret->tv_nsec += 1000000000;
        ret->tv_sec--;
    } else if (ret->tv_nsec >= 1000000000) {
        ret->tv_nsec -= 1000000000;
        ret->tv_sec++;
    }
    return 0;
}
