// One call: from the question for addresses to the final head of the answer. Its phases are
//
//     RESOLVING → CONNECTING (each address in turn) → HANDSHAKING → SENDING → WAITING → BODY
//
// and a kept connection enters at SENDING. Each phase has a deadline; all of them end at the
// call's own. A call ends in one place, call_finish(), which gives its connection back, or
// closes it, before it tells the owner.

#ifndef NET_CALL_H
#define NET_CALL_H

#include "base/limits.h"
#include "net/answer.h"
#include "net/caller.h"
#include "net/outbound.h"
#include "net/pool.h"
#include "net/resolver.h"

// What the calls of one loop share.
struct call_kit {
    struct loop *loop;
    struct resolver *resolver;
    const struct guard *guard;
    struct tls_client *tls;
    struct mailbox *mailbox; // where the resolver answers
    struct pool pool;
    struct link live;
    struct link spare; // calls that ended, with their memory
    size_t spare_count;
    struct map resolving; // calls by id, until the resolver's answer
    uint64_t last_id;
    int64_t handshakes_ms; // the turn that handshakes_us belongs to
    int64_t handshakes_us; // spent on handshakes in it
    struct caller_counts counts;
};

enum {
    CALL_DETAIL_MAX = 200,
    CALL_ADDRESSES_MAX = 8, // what LIMIT_ADDRESSES is fixed at
};

enum phase {
    PHASE_RESOLVING,
    PHASE_CONNECTING,
    PHASE_HANDSHAKING,
    PHASE_SENDING,
    PHASE_WAITING,
    PHASE_BODY
};

struct call {
    struct call_kit *kit;
    struct link link; // in live or spare
    struct timer timer;
    enum phase phase;
    uint64_t id; // 0: the resolver was not asked
    call_end *on_end;
    void *owner;
    uint64_t tag;
    struct origin *origin;
    struct outbound *outbound;
    struct outbound_bytes bytes;
    bool was_kept;
    bool write_failed; // what the peer said before is still read
    int64_t started_us;
    int64_t until_ms;  // for the final head
    int64_t phase_ms;  // when connecting must have succeeded with one of the addresses
    size_t address_at; // the next to try
    size_t address_count;
    struct address addresses[CALL_ADDRESSES_MAX];
    enum call_result refusal; // the most telling of what became of the addresses
    struct address remote;
    struct call_timings timings;
    struct answer answer;
    char detail[CALL_DETAIL_MAX];
};

void call_kit_init(struct call_kit *kit, struct loop *loop);
void call_kit_done(struct call_kit *kit); // ends all calls silently

void call_start(struct call_kit *kit, const struct call_request *request, call_end *on_end,
                void *owner, uint64_t tag);
void call_cancel(struct call_kit *kit, void *owner, uint64_t tag);

// For net/dial.c, which brings a call its connection.
void call_enter(struct call *call, enum phase phase, enum limit phase_limit);
void call_wait_until(struct call *call, int64_t mono_ms); // or until the call's own end
void call_hold(struct call *call, struct outbound *outbound);
void call_close(struct call *call); // its connection, if it has one
void call_send(struct call *call);
void call_finish(struct call *call, enum call_result result);
int64_t call_now_us(const struct call *call); // since its start

#endif
