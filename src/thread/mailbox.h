// How threads speak: messages change hands, nothing mutable is shared. A mailbox is an
// intrusive queue with an eventfd: posting never blocks and never allocates; what was posted
// first is taken first, whoever posted it. The poster gives the message up; the taker owns
// it.

#ifndef THREAD_MAILBOX_H
#define THREAD_MAILBOX_H

#include <stddef.h>

struct mailbox;

// The head of every message; the rest is the sender's and the taker's business.
struct mail {
    struct mail *next;
    int kind; // which struct this is the head of; the mailbox's owner says what they mean
};

struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *mailbox); // must be empty; does nothing to NULL

void mailbox_post(struct mailbox *mailbox, struct mail *mail); // any thread
// Several at once, linked by next in order, in one wake-up; nothing comes between them.
void mailbox_post_all(struct mailbox *mailbox, struct mail *first);

// All that is there, linked by next, oldest first; NULL: nothing. Only the owner's thread
// calls these. The descriptor is readable while something is there and was not taken.
struct mail *mailbox_take(struct mailbox *mailbox);
struct mail *mailbox_wait(struct mailbox *mailbox,
                          int timeout_ms); // blocks; < 0: without end
int mailbox_fd(const struct mailbox *mailbox);

#endif
