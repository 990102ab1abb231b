// Does a call end the process with SIGABRT, as running out of memory and broken invariants
// must? It runs in a child, whose standard error is thrown away.

#ifndef TESTS_DIES_H
#define TESTS_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool dies(void (*call)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        signal(SIGABRT, SIG_DFL); // the test runner catches it to report a failed test
        if (nowhere >= 0)
            dup2(nowhere, STDERR_FILENO);
        call();
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT;
}

#endif
