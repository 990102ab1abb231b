#include "serve/listener.h"

#include "base/memory.h"
#include "serve/common.h"
#include "serve/peers.h"
#include "serve/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64, REST_MS = 100 };

enum error_code listener_bind(struct listener *listener, const char *text,
                              struct error *error)
{
    struct address *address = &listener->address;
    int on = 1, fd;

    *listener = (struct listener){.watch.fd = -1};
    if (!address_parse(text, address))
        return error_at(error, ERR_CONFIG, "listen",
                        "%s is not an address and port, as 127.0.0.1:8080 or [::1]:8080",
                        text);
    fd = socket(address->as.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_at(error, ERR_UNAVAILABLE, "listen", "%s: %s", text, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &address->as.any, address->len) != 0) {
        error_at(error, ERR_UNAVAILABLE, "listen", "%s: %s%s", text, strerror(errno),
                 errno == EADDRINUSE ? "; is a server there already? --listen names another"
                                     : "");
        close(fd);
        return ERR_UNAVAILABLE;
    }
    address->len = sizeof address->as;
    getsockname(fd, &address->as.any, &address->len); // port 0 has become a real one
    listener->watch.fd = fd;
    return ERR_OK;
}

static void hand_over(struct listener *listener, int fd, const struct address *peer)
{
    struct common *common = listener->common;
    struct connection_mail *connection;

    if (!peers_enter(common->peers, peer)) {
        listener->refused++;
        close(fd);
        return;
    }
    connection = NEW(struct connection_mail);
    connection->mail.kind = WORKER_MAIL_CONNECTION;
    connection->fd = fd;
    connection->peer = *peer;
    mailbox_post(common->mailboxes[listener->next_worker], &connection->mail);
    listener->next_worker = (listener->next_worker + 1) % common->worker_count;
}

static void on_rested(struct timer *timer)
{
    struct listener *listener = container_of(timer, struct listener, rest);

    loop_watch(listener->loop, &listener->watch, EPOLLIN);
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct listener *listener = container_of(watch, struct listener, watch);

    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct address peer = {.len = sizeof peer.as};
        int fd = accept4(watch->fd, &peer.as.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            address_unmap(&peer); // an IPv4 client of a socket for both is itself again
            hand_over(listener, fd, &peer);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            loop_unwatch(listener->loop, watch);
            loop_timer(listener->loop, &listener->rest,
                       loop_now(listener->loop).mono_ms + REST_MS);
        }
        return;
    }
}

enum error_code listener_open(struct listener *listener, struct common *common,
                              struct loop *loop, struct error *error)
{
    if (listen(listener->watch.fd, BACKLOG) != 0)
        return error_at(error, ERR_UNAVAILABLE, "listen", "%s", strerror(errno));
    listener->common = common;
    listener->loop = loop;
    listener->watch.on_ready = on_ready;
    listener->rest.on_due = on_rested;
    loop_watch(loop, &listener->watch, EPOLLIN);
    return ERR_OK;
}

void listener_close(struct listener *listener)
{
    if (listener->watch.fd < 0)
        return;
    if (listener->loop) {
        loop_unwatch(listener->loop, &listener->watch);
        loop_timer_stop(listener->loop, &listener->rest);
    }
    close(listener->watch.fd);
    listener->watch.fd = -1;
}
