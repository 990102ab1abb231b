// Threads of the server: named, with all signals blocked (main owns them), joined before
// exit.

#ifndef THREAD_THREAD_H
#define THREAD_THREAD_H

struct thread;

struct thread *thread_start(const char *name, void (*run)(void *), void *argument);
void thread_join(struct thread *thread); // and free; does nothing to NULL

#endif
