// Resolves host names off the loops: a bounded pool of threads around getaddrinfo. Questions
// for the same name that wait together are asked once; one app may have a quarter of the
// threads (at least one); time in the queue counts against the asker's deadline, and a
// question that waited past LIMIT_DNS_MS is answered EAI_AGAIN without being asked. Literal
// addresses are answered without a thread, and what is neither a literal nor a host name of
// letters, digits, hyphens and dots never reaches getaddrinfo, which reads "127.1" and
// "0x7f.1" as addresses.

#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/address.h"
#include "thread/mailbox.h"

#include <stdint.h>

struct resolver;

enum { RESOLVED_MAX = 64 };

// An answer, posted as a mail of the kind the asker named to the asker's mailbox, who frees
// it.
struct resolved {
    struct mail mail;
    uint64_t tag;
    int error;    // 0, or an EAI_ code; EAI_AGAIN with count 0 also for an overfull answer
    size_t count; // all addresses of the answer, in the order to try them
    struct address addresses[RESOLVED_MAX];
};

struct resolver *resolver_new(int threads);
void resolver_free(struct resolver *resolver); // joins; unanswered questions are dropped

void resolver_ask(struct resolver *resolver, int64_t app_id, const char *host, uint16_t port,
                  struct mailbox *answer_to, int mail_kind, uint64_t tag);

// Nothing more is posted to this mailbox from here on: call it before freeing the mailbox.
void resolver_forget(struct resolver *resolver, struct mailbox *answer_to);

#endif
