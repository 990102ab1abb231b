// The one strict parser of HTTP/1.1 heads, for the requests that come in and the responses
// that come back: the start line, the header lines, and how long the body is (RFC 9112).
// Whatever two parsers could read differently is refused, not guessed: bare CR or LF, folded
// lines, space before a colon, two lengths, a length and chunks, control bytes.
//
// It is pure and incremental: given all the bytes that have come so far it goes on where it
// stopped, so dripping costs no more than arriving at once, and gives the same result. It
// allocates nothing and keeps no pointer; places in the head are offsets from its first byte.

#ifndef NET_HEAD_H
#define NET_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum head_kind { HEAD_REQUEST, HEAD_RESPONSE };

enum head_state {
    HEAD_MORE, // so far well, but not complete
    HEAD_DONE, // head.len bytes are the head, with the empty line that ends it
    HEAD_BAD,  // head.fault says why
};

// What can be wrong. X(name, sentence without a full stop)
#define HEAD_FAULTS(X)                                                \
    X(NONE, "nothing is wrong")                                       \
    X(START, "the first line is not one of HTTP/1.1")                 \
    X(START_TOO_LONG, "the first line is too long")                   \
    X(VERSION, "the HTTP version is not spoken here")                 \
    X(LINE, "a header line is malformed")                             \
    X(TOO_LARGE, "the header lines are too long together")            \
    X(TOO_MANY, "there are too many header lines")                    \
    X(HOST, "exactly one valid Host header is needed")                \
    X(LENGTH, "the Content-Length is not one plain number")           \
    X(CODING, "the Transfer-Encoding is not chunked, once and alone") \
    X(AMBIGUOUS, "Content-Length and Transfer-Encoding contradict each other")

enum head_fault {
#define X(name, sentence) HEAD_FAULT_##name,
    HEAD_FAULTS(X)
#undef X
};

const char *head_fault_text(enum head_fault fault);

// Where a body ends.
enum framing {
    FRAMING_NONE,    // there is none
    FRAMING_LENGTH,  // after head.body_len bytes
    FRAMING_CHUNKED, // after its last chunk and trailers
    FRAMING_CLOSE,   // with the connection; responses only
    FRAMING_UNKNOWN, // responses only: head.fault (LENGTH, CODING or AMBIGUOUS) says why; the
                     // status stands, but nothing behind the head can be trusted
};

enum { HEAD_LINES_MAX = 200 };

struct head_limits {
    uint32_t start_max; // bytes of the first line, without its CRLF
    uint32_t lines_max; // header lines; at most HEAD_LINES_MAX
    uint32_t bytes_max; // bytes of all header lines, with their CRLFs
};

struct head_span {
    uint32_t at;
    uint32_t len;
};

struct head_line {
    struct head_span name;  // as sent; head_lower_names() lowers them
    struct head_span value; // without white space around it
};

struct head {
    // Where it stopped; the parser's own.
    enum head_kind kind;
    struct head_limits limits;
    uint32_t line_at;  // where the line being read begins
    uint32_t searched; // no LF stands between there and here
    uint32_t lines_at; // where the header lines begin; 0: still at the start line

    // The result, once HEAD_DONE.
    uint32_t len;
    enum head_fault fault;
    int minor;                       // of HTTP/1.minor: 0 or 1
    struct head_span method, target; // requests
    int status;                      // responses: 100 to 999
    enum framing framing;
    uint64_t body_len; // FRAMING_LENGTH; INT64_MAX also for anything larger
    bool closes;       // Connection: close, or HTTP/1.0
    bool expects_continue;
    bool expects_other; // an expectation that nobody here knows
    uint8_t host_count, length_count, coding_count;
    struct head_span host;
    uint32_t line_count;
    struct head_line lines[HEAD_LINES_MAX];
};

void head_init(struct head *head, enum head_kind kind, struct head_limits limits);

// bytes: everything from the head's first byte on that has come so far; what was given
// before must stand there unchanged, though it may have moved. May be longer than the head.
// After HEAD_DONE or HEAD_BAD the next call must be head_init().
//
// The framing of a response is that of an answer to any method but HEAD and CONNECT; 1xx, 204
// and 304 have no body whatever their headers say.
enum head_state head_feed(struct head *head, const char *bytes, size_t len);

// After HEAD_DONE: write the names in lower case into bytes.
void head_lower_names(const struct head *head, char *bytes);

// After HEAD_DONE: the first header of that lower-case name, or NULL. Works with names as
// sent, too.
const struct head_line *head_find(const struct head *head, const char *bytes,
                                  const char *name);

#endif
