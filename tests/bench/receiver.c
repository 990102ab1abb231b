// receiver PORT: answers 200 to every POST at once and counts. The body's "t":"<ns>" is when
// the generator meant to send it; the latency is from there to here. GET /stats tells, GET
// /reset forgets.

#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum { ROOM = 65536 };

struct connection {
    int fd;
    size_t len;
    char bytes[ROOM];
};

static struct latencies latencies;
static uint64_t received, connections, first_ns, last_ns;
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static size_t body_len(const char *head, size_t len)
{
    for (const char *line = head; (line = memchr(line, '\n', len - (size_t)(line - head)));) {
        line++;
        if (len - (size_t)(line - head) > 15 && strncasecmp(line, "content-length:", 15) == 0)
            return strtoul(line + 15, NULL, 10);
    }
    return 0;
}

static void count(const char *body, size_t len)
{
    const char *stamp = memmem(body, len, "\"t\":\"", 5);
    uint64_t sent = stamp ? strtoull(stamp + 5, NULL, 10) : 0, now = now_ns();

    received++;
    if (!first_ns)
        first_ns = now;
    last_ns = now;
    if (sent && now > sent)
        latencies_add(&latencies, now - sent);
}

static size_t answer_get(const char *request, char *out, size_t room)
{
    char body[400];
    int len = 2;

    if (strncmp(request, "GET /reset", 10) == 0) {
        received = connections = first_ns = last_ns = 0;
        memset(&latencies, 0, sizeof latencies);
        memcpy(body, "ok", 3);
    } else {
        len =
            snprintf(body, sizeof body,
                     "{\"received\":%lu,\"connections\":%lu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
                     "\"span_s\":%.4f}",
                     received, connections, latencies_ms(&latencies, 0.5),
                     latencies_ms(&latencies, 0.99), (double)(last_ns - first_ns) / 1e9);
    }
    return (size_t)snprintf(out, room, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len,
                            body);
}

// Answers every whole request that is there. False: the connection is over.
static bool serve(struct connection *connection)
{
    char out[ROOM];
    size_t filled = 0, at = 0;

    while (filled + 600 < sizeof out) {
        char *head = connection->bytes + at, *end;
        size_t len = connection->len - at, head_len, body;

        end = memmem(head, len, "\r\n\r\n", 4);
        if (!end)
            break;
        head_len = (size_t)(end - head) + 4;
        body = body_len(head, head_len);
        if (head_len + body > ROOM)
            return false;
        if (head_len + body > len)
            break;
        if (head[0] == 'G') {
            filled += answer_get(head, out + filled, sizeof out - filled);
        } else {
            count(head + head_len, body);
            memcpy(out + filled, ok, sizeof ok - 1);
            filled += sizeof ok - 1;
        }
        at += head_len + body;
    }
    connection->len -= at;
    memmove(connection->bytes, connection->bytes + at, connection->len);
    return filled == 0 || send(connection->fd, out, filled, MSG_NOSIGNAL) == (ssize_t)filled;
}

static bool take(struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->bytes + connection->len,
                       ROOM - connection->len, MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN;
    if (got == 0)
        return false;
    connection->len += (size_t)got;
    return serve(connection);
}

static void admit(int poll, int listener)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct connection *connection;
    int fd, on = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        connection = malloc(sizeof *connection); // bytes untouched: an idle one costs a page
        if (!connection)
            fail("malloc");
        connection->fd = fd;
        connection->len = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.ptr = connection;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        connections++;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = loopback(argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN}, events[256];

    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4096) != 0)
        fail("listen");
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, events, 256, -1);

        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;

            if (!connection) {
                admit(poll, listener);
            } else if (!take(connection)) {
                close(connection->fd);
                free(connection);
            }
        }
    }
}
