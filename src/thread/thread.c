#include "thread/thread.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 15 }; // the kernel's bound

struct thread {
    pthread_t handle;
    void (*run)(void *);
    void *argument;
    char name[NAME_MAX_LEN + 1];
};

static void *enter(void *argument)
{
    struct thread *thread = argument;

    pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->argument);
    return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *), void *argument)
{
    struct thread *thread = NEW(struct thread);
    sigset_t all;
    sigset_t before;
    int failed;

    thread->run = run;
    thread->argument = argument;
    snprintf(thread->name, sizeof thread->name, "%s", name);

    // The new thread inherits the mask, so there is no moment in which a signal could reach
    // it.
    sigfillset(&all);
    failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    assert(!failed);
    failed = pthread_create(&thread->handle, NULL, enter, thread);
    if (failed) {
        fprintf(stderr, "posthorn: thread %s: %s\n", thread->name, strerror(failed));
        abort();
    }
    failed = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(!failed);
    return thread;
}

void thread_join(struct thread *thread)
{
    int failed;

    if (!thread)
        return;
    failed = pthread_join(thread->handle, NULL);
    assert(!failed);
    free(thread);
}
