// One connection of the server. Whatever happens to it only notes what happened and marks it;
// at the end of the turn conn_turn() sends what was gathered, goes on with what can go on,
// and says what is waited for next. So many replies leave in one write, and a connection ends
// in one place.
//
// Private to the server: conn.c (its life), conn_read.c (requests), conn_io.c (bytes),
// conn_time.c (deadlines), server.c (all of them together).

#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/reply.h"
#include "net/ring.h"
#include "net/server.h"
#include "net/spare.h"

struct ssl_st;

enum {
    SCRATCH_LEN = 65536,  // read at once
    LINGER_MS = 2000,     // how long what follows the last request is read and dropped,
    LINGER_BYTES = 65536, // how much of it,
    LINGER_BODY = 524288, // and how much more of a body that was announced
    BODY_RATE = 1024,     // bytes a second, at least
    TRAILER_MAX = 8192,
    HANDSHAKES_US = 2000, // of a turn
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_OPEN,
    CONN_LAST,   // no request will be read any more; what is owed is still sent
    CONN_LINGER, // all is sent; what still comes is dropped, so that the client, which may
                 // still be sending, can read the last reply before a reset
};

struct conn {
    struct watch watch;
    struct timer timer;
    struct link open;  // in server.open
    struct link dirty; // in server.dirty, or nowhere
    struct server *server;
    struct ssl_st *tls; // NULL: plain
    struct address peer;
    uint32_t slot;
    enum conn_state state;
    bool tls_wants_write;
    bool is_trusted;         // server_trust()
    bool read_ended;         // the client sends no more
    bool is_blocked;         // we do not read for reasons of our own
    bool owes_continue;      // 100 Continue, once nothing else is owed
    struct reading *reading; // NULL: no request has begun
    struct buf in;           // of the request that has begun, and what came behind it
    struct buf out;
    size_t sent;     // of out
    size_t out_mark; // that many unsent bytes must be gone by out_at_ms
    int64_t out_at_ms;
    int64_t since_ms;    // when the state began
    int64_t idle_ms;     // when it was last not idle
    int64_t deadline_ms; // INT64_MAX: none; the timer may be set for earlier, never for later
    size_t linger_max;   // not 0: the client may be sending when the last reply leaves
    size_t dropped;      // while lingering
    struct ring ring;
};

// What all connections of a server share.
struct conn_slot {
    struct conn *conn; // NULL: free
    uint64_t generation;
    uint32_t next_free;
};

struct server {
    struct loop *loop;
    struct server_events events;
    struct link open;
    struct link dirty;
    struct timer kick; // makes a turn follow when a connection is marked outside of one
    struct conn_slot *slots;
    uint32_t slot_count;
    uint32_t first_free;
    bool paused;
    bool draining;
    int64_t handshakes_us; // spent in this turn
    struct server_counts counts;
    struct reply_common common;
    struct spare spare;
    struct buf problem; // of a refusal, while it is written
    struct http_header headers[HEAD_LINES_MAX];
    char scratch[SCRATCH_LEN];
};

// server.c
uint32_t server_take_slot(struct server *server, struct conn *conn);
void server_free_slot(struct server *server, uint32_t slot);

// conn.c
void conn_new(struct server *server, int fd, const struct address *peer,
              struct tls_server *tls);
void conn_free(struct conn *conn); // on_gone for what is owed
void conn_mark(struct conn *conn); // conn_turn() will come at the end of the turn
void conn_turn(struct conn *conn); // may free it
void conn_go(struct conn *conn, enum conn_state state);
struct reply_handle conn_handle(const struct conn *conn, uint32_t turn);
// The answer to that turn; nothing if it is not owed.
void conn_reply(struct conn *conn, uint32_t turn, const struct reply *reply);
// A request may begin, or go on.
bool conn_may_read(const struct conn *conn);
static inline size_t conn_unsent(const struct conn *conn)
{
    return conn->out.len - conn->sent;
}

// conn_read.c
void conn_take(struct conn *conn, char *bytes, size_t len);      // what was read; NULL: go on
void conn_give_up(struct conn *conn, const struct error *error); // the request that has begun
void conn_forget_reading(struct conn *conn);

// conn_io.c
enum conn_io { CONN_IO_SOME, CONN_IO_LATER, CONN_IO_END, CONN_IO_FAILED };
enum conn_io conn_receive(struct conn *conn, char *bytes, size_t room, size_t *ret_len);
enum conn_io conn_send(struct conn *conn, size_t *ret_len); // from out, behind sent
enum conn_io conn_handshake(struct conn *conn);             // SOME: done
void conn_shut(struct conn *conn);                          // nothing more will be sent

// conn_time.c
void conn_time_set(struct conn *conn); // the deadline that the conn's condition asks for
void conn_time_due(struct timer *timer);

#endif
