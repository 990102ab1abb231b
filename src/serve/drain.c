#include "serve/drain.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "serve/common.h"
#include "serve/health.h"
#include "serve/listener.h"
#include "serve/worker.h"
#include "store/store.h"
#include "thread/thread.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { CUT_AFTER_MS = 15000, GIVE_UP_AFTER_MS = 18000, END_AFTER_MS = 19500 };

static void ending_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void drain_block_signals(void)
{
    sigset_t set;

    ending_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void tell_workers(struct drain *drain, enum worker_mail_kind kind)
{
    for (int i = 0; i < drain->common->worker_count; i++) {
        struct mail *mail = NEW(struct mail);

        mail->kind = (int)kind;
        mailbox_post(drain->common->mailboxes[i], mail);
    }
}

// Main may wait for the store's thread, and that for the disk: neither looks at a clock then.
static void end_in_time(void *argument)
{
    const struct drain *drain = argument;
    struct pollfd over = {.fd = drain->is_over, .events = POLLIN};

    if (poll(&over, 1, END_AFTER_MS) > 0)
        return;
    log_write(LOG_ERROR, "server.cut_short",
              "the disk does not answer; ending without it: what was acknowledged is kept");
    _exit(error_exit_code(ERR_IO));
}

static void begin(struct drain *drain, struct moment now)
{
    log_write(LOG_INFO, "server.drains",
              "no new work is taken; a second signal ends at once");
    atomic_store(&drain->common->readiness, NOT_READY_DRAINING);
    listener_close(drain->listener);
    drain->cut_at_ms = now.mono_ms + CUT_AFTER_MS;
    drain->give_up_at_ms = now.mono_ms + GIVE_UP_AFTER_MS;
    tell_workers(drain, WORKER_MAIL_DRAIN);
    drain->watcher = thread_start("drain", end_in_time, drain);
}

static void cut(struct drain *drain)
{
    if (drain->was_cut)
        return;
    drain->was_cut = true;
    tell_workers(drain, WORKER_MAIL_CUT);
}

static void on_signal(struct watch *watch, uint32_t events)
{
    struct drain *drain = container_of(watch, struct drain, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            continue; // nothing is reloaded yet, and a closed terminal ends nothing
        if (!drain->cut_at_ms)
            begin(drain, loop_now(drain->loop));
        else
            cut(drain);
    }
}

static void on_mail(struct watch *watch, uint32_t events)
{
    struct drain *drain = container_of(watch, struct drain, mails);
    struct mail *mail = mailbox_take(drain->common->main);

    (void)events;
    while (mail) {
        struct mail *next = mail->next;

        drain->drained++;
        free(mail);
        mail = next;
    }
    if (drain->drained >= drain->common->worker_count)
        loop_stop(drain->loop);
}

void drain_init(struct drain *drain, struct common *common, struct loop *loop,
                struct listener *listener)
{
    sigset_t set;

    *drain = (struct drain){.common = common, .loop = loop, .listener = listener};
    drain->is_over = eventfd(0, EFD_CLOEXEC);
    if (drain->is_over < 0)
        abort();
    ending_signals(&set);
    drain->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    drain->signals.on_ready = on_signal;
    drain->mails.fd = mailbox_fd(common->main);
    drain->mails.on_ready = on_mail;
    loop_watch(loop, &drain->signals, EPOLLIN);
    loop_watch(loop, &drain->mails, EPOLLIN);
}

void drain_look(struct drain *drain, struct moment now)
{
    if (!drain->cut_at_ms)
        return;
    if (now.mono_ms >= drain->cut_at_ms)
        cut(drain);
    if (now.mono_ms >= drain->give_up_at_ms)
        loop_stop(drain->loop); // the store still has all that was accepted
}

// The store is stopped first, while the workers still take its answers.
void drain_done(struct drain *drain)
{
    struct common *common = drain->common;

    store_stop(common->store);
    tell_workers(drain, WORKER_MAIL_STOP);
    for (int i = 0; i < common->worker_count; i++)
        worker_join(common->workers[i]);
    loop_unwatch(drain->loop, &drain->mails);
    loop_unwatch(drain->loop, &drain->signals);
    close(drain->signals.fd);
}

void drain_over(struct drain *drain)
{
    if (drain->watcher && eventfd_write(drain->is_over, 1) != 0)
        abort();
    thread_join(drain->watcher);
    if (drain->common)
        close(drain->is_over);
}
