// What a receiver answers, read as it comes: interim responses are counted and dropped, the
// final head decides, of the body as much is kept as is shown. Pure: bytes in, verdict out;
// it knows no socket and no clock.
//
// The head and the kept part of the body lie one behind the other in one buffer; chunks are
// joined where they lie, so nothing is copied to a second place.

#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include "base/buf.h"
#include "net/body.h"
#include "net/caller.h"
#include "net/head.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer_state {
    ANSWER_MORE,
    ANSWER_DONE,   // there is a final head, and nothing more is wanted
    ANSWER_FAILED, // answer.fault says how
};

struct answer {
    struct buf bytes;
    struct head head;
    struct body body;
    int interim;
    uint32_t head_left;  // bytes of header lines that may still come
    uint32_t lines_left; // and how many lines
    size_t kept;         // of the body
    uint64_t body_seen;
    bool has_head;    // the final one
    bool is_cut;      // there was more body than is kept
    bool is_reusable; // once DONE: the next response cannot be mistaken for a part of this
    enum call_result fault;
};

void answer_init(struct answer *answer);
void answer_done(struct answer *answer);
void answer_clear(struct answer *answer); // for the next response

// Where to put what is read next, *ret_room bytes at most; then answer_feed() with how many.
char *answer_room(struct answer *answer, size_t *ret_room);
enum answer_state answer_feed(struct answer *answer, size_t len);

// No more will come: the peer closed or failed, or its time is up. DONE if there is a final
// head; else FAILED, with INCOMPLETE as fault. clean: the connection ended in good order.
enum answer_state answer_end(struct answer *answer, bool clean);

// Of an answer that is DONE. How long the peer will keep the connection; -1: not said.
int64_t answer_idle_max_ms(const struct answer *answer);
// -1: no, or no sensible, Retry-After; else within LIMIT_RETRY_AFTER_MS.
int64_t answer_retry_after_ms(const struct answer *answer, int64_t wall_ms);
// Words about a redirect, or "".
void answer_redirect(const struct answer *answer, char *ret, size_t room);

#endif
