// Reads the body that a head announced, as its bytes come: by length, in chunks, or until the
// connection closes. Pure: it keeps nothing of the body, it says which of the given bytes
// belong to it. Chunks are read strictly (RFC 9112 section 7.1): hex digits and CRLF, few
// extensions, few trailers, no control bytes; trailers are checked and dropped.

#ifndef NET_BODY_H
#define NET_BODY_H

#include "net/head.h"

#include <stddef.h>
#include <stdint.h>

enum body_state {
    BODY_MORE,         // not complete: give what follows
    BODY_DONE,         // complete; what follows belongs to the next message
    BODY_BAD,          // malformed: nothing that follows can be trusted
    BODY_TOO_LARGE,    // over max; said as soon as a chunk announces it
    BODY_TRAILER_OVER, // over trailer_max
};

enum {
    BODY_EXTENSIONS_MAX = 1024, // bytes of all chunk extensions of a body
    BODY_TRAILER_LINES_MAX = 64,
};

struct body {
    enum framing framing;
    uint64_t left;        // of the length, or of the chunk
    uint64_t room;        // what may still come of a chunked body
    uint32_t extensions;  // bytes of them seen
    uint32_t trailer_max; // bytes of trailer lines still allowed
    uint8_t trailer_lines;
    uint8_t digits; // of the chunk size
    uint8_t step;   // what a byte of the framing is expected to be
};

struct body_piece {
    const char *data;
    size_t len;
};

// framing: not FRAMING_UNKNOWN. body_max is for the sum of the chunks alone: a length is
// judged by whoever reads the head, and a body until close by whoever counts it.
void body_init(struct body *body, enum framing framing, uint64_t body_len, uint64_t body_max,
               uint32_t trailer_max);

// Takes bytes from the front, *ret_used of them (at least one, if there is one and more are
// needed), and gives the one piece of the body within those; ret_piece->len 0: only framing.
// While BODY_MORE, call again with what is left, or with what comes next. A body of length 0
// is BODY_DONE with no bytes at all. FRAMING_CLOSE never ends here.
enum body_state body_read(struct body *body, const char *bytes, size_t len, size_t *ret_used,
                          struct body_piece *ret_piece);

#endif
