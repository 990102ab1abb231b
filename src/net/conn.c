#include "net/conn.h"

#include "base/limits.h"
#include "base/memory.h"
#include "net/tls_server.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// A conn's buffers are held in bounds by conn_may_read(), not by their own ceiling.
enum { BUF_MAX = 1 << 30 };

// A thousand idle ones are to cost little: their buffers are in server.spare, or nowhere.
_Static_assert(sizeof(struct conn) <= 1024, "an idle connection is small");

static int64_t now_ms(const struct conn *conn)
{
    return loop_now(conn->server->loop).mono_ms;
}

void conn_mark(struct conn *conn)
{
    struct server *server = conn->server;

    if (!list_is_empty(&conn->dirty))
        return;
    if (list_is_empty(&server->dirty))
        loop_timer(server->loop, &server->kick, now_ms(conn));
    list_add_last(&server->dirty, &conn->dirty);
}

void conn_go(struct conn *conn, enum conn_state state)
{
    static const uint8_t allowed[] = {
        [CONN_HANDSHAKE] = 1 << CONN_OPEN,
        [CONN_OPEN] = 1 << CONN_LAST | 1 << CONN_LINGER,
        [CONN_LAST] = 1 << CONN_LINGER,
        [CONN_LINGER] = 0,
    };

    assert(allowed[conn->state] & 1 << state);
    conn->state = state;
    conn->since_ms = now_ms(conn);
}

bool conn_may_read(const struct conn *conn)
{
    return conn->state == CONN_OPEN && !conn->server->paused &&
           ring_count(&conn->ring) < (uint32_t)limit(LIMIT_PIPELINED) &&
           conn_unsent(conn) < (size_t)limit(LIMIT_REPLY_BYTES);
}

struct reply_handle conn_handle(const struct conn *conn, uint32_t turn)
{
    return (struct reply_handle){conn->slot, turn,
                                 conn->server->slots[conn->slot].generation};
}

// The slot goes first, so that nobody who is told can still reach the conn.
static void tell_gone(struct conn *conn)
{
    struct server *server = conn->server;
    struct reply_handle handle = conn_handle(conn, 0);

    server_free_slot(server, conn->slot);
    if (server->events.on_gone)
        for (uint32_t turn = conn->ring.first; turn != conn->ring.next; turn++) {
            handle.turn = turn;
            server->events.on_gone(server->events.owner, handle);
        }
    if (server->events.on_closed)
        server->events.on_closed(server->events.counter, &conn->peer, conn->is_trusted);
}

void conn_free(struct conn *conn)
{
    struct server *server = conn->server;

    loop_unwatch(server->loop, &conn->watch);
    loop_timer_stop(server->loop, &conn->timer);
    list_remove(&conn->open);
    list_remove(&conn->dirty);
    conn_forget_reading(conn);
    server->counts.open--;
    tell_gone(conn);
    tls_session_free(conn->tls);
    close(conn->watch.fd);
    spare_give_buf(&server->spare, &conn->in);
    spare_give_buf(&server->spare, &conn->out);
    ring_done(&conn->ring);
    free(conn);
}

void conn_reply(struct conn *conn, uint32_t turn, const struct reply *reply)
{
    struct server *server = conn->server;
    struct owed *owed = ring_find(&conn->ring, turn);
    struct reply written = *reply;

    if (!owed || owed->is_answered)
        return;
    // While draining, the client is told with the last that is owed, and not surprised.
    written.is_last =
        owed->is_last || (server->draining && turn + 1 == conn->ring.next && !conn->reading);
    written.is_head = owed->is_head;
    reply_common_update(&server->common, loop_now(server->loop).wall_ms);
    if (turn != conn->ring.first) {
        struct buf early;
        buf_init(&early, BUF_MAX);
        reply_write(&early, &server->common, &written);
        owed->bytes = early.data;
        owed->len = early.len;
        owed->is_answered = true;
        return;
    }
    spare_take_buf(&server->spare, &conn->out);
    reply_write(&conn->out, &server->common, &written);
    ring_pop(&conn->ring);
    while ((owed = ring_first(&conn->ring)) && owed->is_answered) {
        buf_add(&conn->out, owed->bytes, owed->len);
        ring_pop(&conn->ring);
    }
    conn_mark(conn);
}

static void write_continue(struct conn *conn)
{
    if (!conn->owes_continue || ring_count(&conn->ring) > 0)
        return;
    conn->owes_continue = false;
    spare_take_buf(&conn->server->spare, &conn->out);
    buf_add_str(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

// The client's time to take replies runs from the first that did not leave at once.
static void note_unsent(struct conn *conn)
{
    size_t unsent = conn_unsent(conn);

    if (unsent == 0) {
        spare_give_buf(&conn->server->spare, &conn->out);
        conn->sent = 0;
        conn->out_at_ms = INT64_MAX;
        return;
    }
    if (conn->out_at_ms == INT64_MAX) {
        conn->out_mark = unsent;
        conn->out_at_ms = now_ms(conn) + limit(LIMIT_REPLY_MS);
    }
    if (conn->sent > unsent) {
        buf_drop(&conn->out, conn->sent);
        conn->sent = 0;
    }
}

// False: the client is gone.
static bool flush(struct conn *conn)
{
    while (conn_unsent(conn) > 0) {
        size_t len;
        enum conn_io io = conn_send(conn, &len);
        if (io == CONN_IO_LATER)
            break;
        if (io != CONN_IO_SOME)
            return false;
        conn->sent += len;
        conn->out_mark -= len < conn->out_mark ? len : conn->out_mark;
    }
    note_unsent(conn);
    return true;
}

static bool is_over(const struct conn *conn)
{
    if (ring_count(&conn->ring) > 0 || conn_unsent(conn) > 0)
        return false;
    if (conn->state == CONN_LAST)
        return true;
    if (conn->state != CONN_OPEN)
        return false;
    if (conn->server->draining && !conn->reading)
        return true;
    return conn->read_ended && (conn->in.len == 0 || conn_may_read(conn));
}

static bool wants_more(const struct conn *conn)
{
    return conn_may_read(conn) && !conn->read_ended;
}

static uint32_t wanted_events(const struct conn *conn)
{
    uint32_t events = 0;

    if (conn->state == CONN_HANDSHAKE)
        return conn->tls_wants_write ? EPOLLOUT : EPOLLIN;
    if (conn->state == CONN_LINGER)
        return EPOLLIN;
    if (wants_more(conn))
        events = conn->tls_wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (conn_unsent(conn) > 0)
        events |= EPOLLOUT;
    return events;
}

// All is sent. True: the conn stays for a while.
static bool linger(struct conn *conn)
{
    if (conn->tls || conn->linger_max > 0)
        conn_shut(conn);
    if (conn->linger_max == 0 || conn->read_ended)
        return false;
    conn_forget_reading(conn);
    spare_give_buf(&conn->server->spare, &conn->in);
    conn_go(conn, CONN_LINGER);
    return true;
}

void conn_turn(struct conn *conn)
{
    if (conn->state == CONN_OPEN)
        write_continue(conn);
    if (!flush(conn)) {
        conn_free(conn);
        return;
    }
    if (conn->in.len > 0 && conn_may_read(conn)) {
        conn_take(conn, NULL, 0);
        if (!list_is_empty(&conn->dirty))
            return; // there is more to send: this comes again
    }
    if (is_over(conn) && !linger(conn)) {
        conn_free(conn);
        return;
    }
    conn->idle_ms = now_ms(conn);
    loop_watch(conn->server->loop, &conn->watch, wanted_events(conn));
    conn_time_set(conn);
}

static void read_some(struct conn *conn)
{
    struct server *server = conn->server;
    size_t len;

    switch (conn_receive(conn, server->scratch, sizeof server->scratch, &len)) {
    case CONN_IO_SOME: conn_take(conn, server->scratch, len); break;
    case CONN_IO_LATER: break;
    case CONN_IO_END: conn->read_ended = true; break;
    case CONN_IO_FAILED: conn_free(conn); return;
    }
    conn_mark(conn);
}

static void discard_some(struct conn *conn)
{
    struct server *server = conn->server;
    size_t len;
    enum conn_io io = conn_receive(conn, server->scratch, sizeof server->scratch, &len);

    conn->dropped += len;
    if (io == CONN_IO_END || io == CONN_IO_FAILED || conn->dropped > conn->linger_max)
        conn_free(conn);
}

static void shake_hands(struct conn *conn)
{
    enum conn_io io = conn_handshake(conn);

    if (io == CONN_IO_END || io == CONN_IO_FAILED) {
        conn_free(conn);
        return;
    }
    if (io == CONN_IO_SOME)
        conn_go(conn, CONN_OPEN);
    conn_mark(conn);
}

static void on_ready(struct watch *watch, uint32_t epoll_events)
{
    struct conn *conn = container_of(watch, struct conn, watch);

    if (conn->state == CONN_HANDSHAKE)
        shake_hands(conn);
    else if (epoll_events & EPOLLERR)
        conn_free(conn);
    else if (conn->state == CONN_LINGER)
        discard_some(conn);
    else if ((epoll_events & (EPOLLIN | EPOLLHUP) || conn->tls_wants_write) &&
             wants_more(conn))
        read_some(conn);
    else if (epoll_events & EPOLLHUP)
        conn_free(conn); // both directions are closed: no reply can be taken any more
    else
        conn_mark(conn);
}

static void refuse_descriptor(struct server *server, int fd, const struct address *peer)
{
    close(fd);
    if (server->events.on_closed)
        server->events.on_closed(server->events.counter, peer, false);
}

void conn_new(struct server *server, int fd, const struct address *peer,
              struct tls_server *tls)
{
    struct ssl_st *session = tls ? tls_session_new(tls, fd) : NULL;
    struct conn *conn;
    int on = 1;

    if (tls && !session) {
        refuse_descriptor(server, fd, peer);
        return;
    }
    // Fails on what is not TCP, which needs it not.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn = NEW(struct conn);
    conn->watch = (struct watch){.on_ready = on_ready, .fd = fd};
    conn->timer.on_due = conn_time_due;
    conn->server = server;
    conn->tls = session;
    conn->peer = *peer;
    conn->state = session ? CONN_HANDSHAKE : CONN_OPEN;
    conn->since_ms = conn->idle_ms = now_ms(conn);
    conn->out_at_ms = INT64_MAX;
    buf_init(&conn->in, BUF_MAX);
    buf_init(&conn->out, BUF_MAX);
    ring_init(&conn->ring);
    list_init(&conn->dirty);
    list_init(&conn->open);
    list_add_last(&server->open, &conn->open);
    conn->slot = server_take_slot(server, conn);
    server->counts.accepted++;
    server->counts.open++;
    loop_watch(server->loop, &conn->watch, EPOLLIN);
    conn_time_set(conn);
}
