#include "net/outbound.h"

#include "base/memory.h"
#include "net/tls_client.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TLS_RECORD = 16384 };

// What a failed socket() or connect() says about the receiver, or about us.
static enum call_result result_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET: return CALL_REFUSED;
    case ETIMEDOUT: return CALL_CONNECT_TIMEOUT;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN: return CALL_LOCAL; // the last: no local port is free
    default: return CALL_UNREACHABLE;
    }
}

static void on_watch(struct watch *watch, uint32_t epoll_events)
{
    struct outbound *outbound = container_of(watch, struct outbound, watch);
    outbound->on_ready(outbound, epoll_events);
}

// V6ONLY is a second lock: an IPv4 address in IPv6's clothes is then unreachable.
static int socket_open(const struct address *remote)
{
    int family = remote->as.any.sa_family;
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return -1;
    bool is_set = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    if (family == AF_INET6)
        is_set = is_set && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
    if (is_set)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

enum outbound_state outbound_new(struct loop *loop, const struct address *remote,
                                 struct outbound **ret, enum call_result *ret_result)
{
    *ret = NULL;
    int fd = socket_open(remote);
    if (fd < 0) {
        *ret_result = errno == EAFNOSUPPORT ? CALL_UNREACHABLE : CALL_LOCAL;
        return OUTBOUND_FAILED;
    }
    bool is_done = connect(fd, &remote->as.any, remote->len) == 0;
    if (!is_done && errno != EINPROGRESS) {
        *ret_result = result_of(errno);
        close(fd);
        return OUTBOUND_FAILED;
    }
    struct outbound *outbound = NEW(struct outbound);
    outbound->watch = (struct watch){.on_ready = on_watch, .fd = fd};
    outbound->loop = loop;
    outbound->remote = *remote;
    outbound->opened_ms = loop_now(loop).mono_ms;
    list_init(&outbound->of_origin);
    list_init(&outbound->of_pool);
    loop_watch(loop, &outbound->watch, is_done ? EPOLLIN : EPOLLOUT);
    *ret = outbound;
    return is_done ? OUTBOUND_DONE : OUTBOUND_WAITS;
}

enum outbound_state outbound_connected(struct outbound *outbound,
                                       enum call_result *ret_result)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(outbound->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (error != 0) {
        *ret_result = result_of(error);
        return OUTBOUND_FAILED;
    }
    struct address peer = {.len = sizeof peer.as};
    if (getpeername(outbound->watch.fd, &peer.as.any, &peer.len) != 0) {
        if (errno == ENOTCONN) // reset between the two questions
            *ret_result = CALL_REFUSED;
        else
            *ret_result = result_of(errno);
        return OUTBOUND_FAILED;
    }
    if (!address_equal(&peer, &outbound->remote)) {
        *ret_result = CALL_BLOCKED;
        return OUTBOUND_FAILED;
    }
    loop_watch(outbound->loop, &outbound->watch, EPOLLIN);
    return OUTBOUND_DONE;
}

void outbound_free(struct outbound *outbound)
{
    if (!outbound)
        return;
    assert(list_is_empty(&outbound->of_pool));
    loop_unwatch(outbound->loop, &outbound->watch);
    if (outbound->ssl) {
        ERR_clear_error();
        if (SSL_is_init_finished(outbound->ssl))
            SSL_shutdown(outbound->ssl); // says goodbye, waits for nothing
        SSL_free(outbound->ssl);
        ERR_clear_error();
    }
    close(outbound->watch.fd);
    free(outbound);
}

bool outbound_start_tls(struct outbound *outbound, struct tls_client *client,
                        const char *host, struct tls_session *session)
{
    outbound->ssl = tls_client_open(client, outbound->watch.fd, host, session);
    return outbound->ssl != NULL;
}

// OpenSSL may want to write in order to read; a request that waits for room always does.
static void outbound_watch(struct outbound *outbound, bool wants_to_write)
{
    bool is_out = wants_to_write || outbound->is_writing;
    loop_watch(outbound->loop, &outbound->watch, is_out ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

// Waits for what OpenSSL named, or says how it ended.
static enum outbound_state tls_state(struct outbound *outbound, int result)
{
    switch (SSL_get_error(outbound->ssl, result)) {
    case SSL_ERROR_WANT_READ: outbound_watch(outbound, false); return OUTBOUND_WAITS;
    case SSL_ERROR_WANT_WRITE: outbound_watch(outbound, true); return OUTBOUND_WAITS;
    case SSL_ERROR_ZERO_RETURN: return OUTBOUND_CLOSED;
    default: break;
    }
    // Many peers close without TLS's goodbye. The length of what came is judged elsewhere.
    bool is_end = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return is_end ? OUTBOUND_CLOSED : OUTBOUND_FAILED;
}

enum outbound_state outbound_handshake(struct outbound *outbound)
{
    ERR_clear_error();
    int result = SSL_connect(outbound->ssl);
    if (result != 1)
        return tls_state(outbound, result);
    loop_watch(outbound->loop, &outbound->watch, EPOLLIN);
    return OUTBOUND_DONE;
}

// Room to write there is before the first byte of a handshake and between its flights.
void outbound_yield(struct outbound *outbound)
{
    outbound_watch(outbound, true);
}

// The rest of the head and the body, at most a record's worth, side by side.
static size_t bytes_join(const struct outbound_bytes *bytes, char *ret, size_t room)
{
    size_t len = 0;
    if (bytes->sent < bytes->head_len) {
        len = bytes->head_len - bytes->sent;
        len = len < room ? len : room;
        memcpy(ret, bytes->head + bytes->sent, len);
    }
    size_t at = bytes->sent + len - bytes->head_len; // of the body, if len < room
    if (len < room && at < bytes->body_len) {
        size_t rest = bytes->body_len - at;
        rest = rest < room - len ? rest : room - len;
        memcpy(ret + len, bytes->body + at, rest);
        len += rest;
    }
    return len;
}

static enum outbound_state write_tls(struct outbound *outbound, struct outbound_bytes *bytes)
{
    char record[TLS_RECORD];
    while (bytes->sent < bytes->head_len + bytes->body_len) {
        size_t len = bytes_join(bytes, record, sizeof record);
        size_t sent;
        ERR_clear_error();
        int result = SSL_write_ex(outbound->ssl, record, len, &sent);
        if (result != 1) {
            enum outbound_state state = tls_state(outbound, result);
            return state == OUTBOUND_WAITS ? state : OUTBOUND_FAILED;
        }
        bytes->sent += sent;
    }
    return OUTBOUND_DONE;
}

static int bytes_split(const struct outbound_bytes *bytes, struct iovec parts[2])
{
    int count = 0;
    size_t body_at = 0;
    if (bytes->sent < bytes->head_len)
        parts[count++] = (struct iovec){(char *)(uintptr_t)bytes->head + bytes->sent,
                                        bytes->head_len - bytes->sent};
    else
        body_at = bytes->sent - bytes->head_len;
    if (body_at < bytes->body_len)
        parts[count++] = (struct iovec){(char *)(uintptr_t)bytes->body + body_at,
                                        bytes->body_len - body_at};
    return count;
}

static enum outbound_state write_plain(struct outbound *outbound,
                                       struct outbound_bytes *bytes)
{
    while (bytes->sent < bytes->head_len + bytes->body_len) {
        struct iovec parts[2];
        struct msghdr message = {.msg_iov = parts};
        message.msg_iovlen = (size_t)bytes_split(bytes, parts);
        ssize_t sent = sendmsg(outbound->watch.fd, &message, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            return OUTBOUND_WAITS;
        } else if (errno != EINTR) {
            return OUTBOUND_FAILED;
        }
    }
    return OUTBOUND_DONE;
}

enum outbound_state outbound_write(struct outbound *outbound, struct outbound_bytes *bytes)
{
    enum outbound_state state =
        outbound->ssl ? write_tls(outbound, bytes) : write_plain(outbound, bytes);
    outbound->is_writing = state == OUTBOUND_WAITS;
    outbound_watch(outbound, false);
    return state;
}

void outbound_stop_writing(struct outbound *outbound)
{
    outbound->is_writing = false;
    outbound_watch(outbound, false);
}

static enum outbound_state read_tls(struct outbound *outbound, char *ret, size_t room,
                                    size_t *ret_len)
{
    ERR_clear_error();
    int result = SSL_read_ex(outbound->ssl, ret, room, ret_len);
    return result == 1 ? OUTBOUND_DONE : tls_state(outbound, result);
}

enum outbound_state outbound_read(struct outbound *outbound, char *ret, size_t room,
                                  size_t *ret_len)
{
    if (outbound->ssl)
        return read_tls(outbound, ret, room, ret_len);
    ssize_t len;
    do
        len = recv(outbound->watch.fd, ret, room, 0);
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return errno == EAGAIN ? OUTBOUND_WAITS : OUTBOUND_FAILED;
    *ret_len = (size_t)len;
    return len == 0 ? OUTBOUND_CLOSED : OUTBOUND_DONE;
}

bool outbound_has_more(const struct outbound *outbound)
{
    return outbound->ssl && SSL_has_pending(outbound->ssl);
}

// Over TLS, new tickets may come at any time: they are read and taken in, and are no data.
bool outbound_is_quiet(struct outbound *outbound)
{
    char byte;
    size_t len;
    if (outbound->ssl)
        return read_tls(outbound, &byte, 1, &len) == OUTBOUND_WAITS;
    return recv(outbound->watch.fd, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static uint64_t tls_written(const struct outbound *outbound)
{
    return outbound->ssl ? BIO_number_written(SSL_get_wbio(outbound->ssl)) : 0;
}

void outbound_begin(struct outbound *outbound)
{
    outbound->written = tls_written(outbound);
}

bool outbound_wrote(const struct outbound *outbound, const struct outbound_bytes *bytes)
{
    return bytes->sent > 0 || tls_written(outbound) != outbound->written;
}
