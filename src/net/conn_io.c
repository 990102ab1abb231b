#include "net/conn.h"

#include "base/clock.h"
#include "net/tls_server.h"

#include <errno.h>
#include <sys/socket.h>

static enum conn_io of_tls(struct conn *conn, enum tls_step step)
{
    conn->tls_wants_write = step == TLS_STEP_WANTS_WRITE;
    switch (step) {
    case TLS_STEP_DONE: return CONN_IO_SOME;
    case TLS_STEP_WANTS_READ:
    case TLS_STEP_WANTS_WRITE: return CONN_IO_LATER;
    case TLS_STEP_END: return CONN_IO_END;
    case TLS_STEP_FAILED: break;
    }
    return CONN_IO_FAILED;
}

static enum conn_io of_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CONN_IO_LATER
                                                                     : CONN_IO_FAILED;
}

enum conn_io conn_receive(struct conn *conn, char *bytes, size_t room, size_t *ret_len)
{
    ssize_t got;

    if (conn->tls)
        return of_tls(conn, tls_session_read(conn->tls, bytes, room, ret_len));
    got = recv(conn->watch.fd, bytes, room, MSG_DONTWAIT);
    *ret_len = got > 0 ? (size_t)got : 0;
    if (got == 0)
        return CONN_IO_END;
    return got > 0 ? CONN_IO_SOME : of_errno();
}

enum conn_io conn_send(struct conn *conn, size_t *ret_len)
{
    const char *bytes = conn->out.data + conn->sent;
    size_t len = conn_unsent(conn);
    ssize_t sent;

    if (conn->tls)
        return of_tls(conn, tls_session_write(conn->tls, bytes, len, ret_len));
    sent = send(conn->watch.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    *ret_len = sent > 0 ? (size_t)sent : 0;
    return sent >= 0 ? CONN_IO_SOME : of_errno();
}

// A full handshake costs as much as a hundred deliveries, so a turn spends only so much on
// them. What is put off is reported again by the next wait: watches are level-triggered.
enum conn_io conn_handshake(struct conn *conn)
{
    struct server *server = conn->server;
    int64_t start_us = clock_mono_us();
    enum conn_io io;

    if (server->handshakes_us >= HANDSHAKES_US)
        return CONN_IO_LATER;
    io = of_tls(conn, tls_session_handshake(conn->tls));
    server->handshakes_us += clock_mono_us() - start_us;
    return io;
}

void conn_shut(struct conn *conn)
{
    if (conn->tls)
        tls_session_end(conn->tls);
    shutdown(conn->watch.fd, SHUT_WR); // fails when the client is gone: nothing to tell it
}
