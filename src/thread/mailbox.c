#include "thread/mailbox.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock;
    struct mail *first;
    struct mail **end; // where the next one is linked
    int fd;            // counts up when first stops being NULL, and is read when it is taken
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *mailbox = NEW(struct mailbox);

    mailbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->fd < 0 || pthread_mutex_init(&mailbox->lock, NULL)) {
        perror("posthorn: mailbox");
        abort();
    }
    mailbox->end = &mailbox->first;
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    assert(!mailbox->first);
    close(mailbox->fd);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

static void lock(struct mailbox *mailbox)
{
    int failed = pthread_mutex_lock(&mailbox->lock);

    assert(!failed);
}

static void unlock(struct mailbox *mailbox)
{
    int failed = pthread_mutex_unlock(&mailbox->lock);

    assert(!failed);
}

// The descriptor is written and read under the lock: were it not, a taker could read the
// count of a message that it has not seen, and sleep beside it.
static void post(struct mailbox *mailbox, struct mail *first, struct mail *last)
{
    const uint64_t one = 1;
    bool was_empty;

    last->next = NULL;
    lock(mailbox);
    was_empty = !mailbox->first;
    *mailbox->end = first;
    mailbox->end = &last->next;
    if (was_empty) {
        ssize_t written = write(mailbox->fd, &one, sizeof one);
        assert(written == sizeof one);
    }
    unlock(mailbox);
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
    post(mailbox, mail, mail);
}

void mailbox_post_all(struct mailbox *mailbox, struct mail *first)
{
    struct mail *last = first;

    if (!first)
        return;
    while (last->next)
        last = last->next;
    post(mailbox, first, last);
}

struct mail *mailbox_take(struct mailbox *mailbox)
{
    struct mail *first;
    uint64_t count;

    lock(mailbox);
    first = mailbox->first;
    if (first) {
        ssize_t got = read(mailbox->fd, &count, sizeof count);
        assert(got == sizeof count);
        mailbox->first = NULL;
        mailbox->end = &mailbox->first;
    }
    unlock(mailbox);
    return first;
}

struct mail *mailbox_wait(struct mailbox *mailbox, int timeout_ms)
{
    struct pollfd readable = {.fd = mailbox->fd, .events = POLLIN};
    struct mail *first = mailbox_take(mailbox);

    if (first || timeout_ms == 0)
        return first;
    while (poll(&readable, 1, timeout_ms) < 0 && timeout_ms < 0)
        assert(errno == EINTR);
    return mailbox_take(mailbox);
}

int mailbox_fd(const struct mailbox *mailbox)
{
    return mailbox->fd;
}
