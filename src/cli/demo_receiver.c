#include "cli/demo_receiver.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/header_lines.h"
#include "cli/proof_try.h"
#include "net/loop.h"
#include "net/server.h"
#include "thread/thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

struct receiver {
    struct watch watch; // of the listening socket
    struct watch stop;  // an eventfd
    uint16_t port;
    struct loop *loop;
    struct server *server;
    struct thread *thread;
    struct mailbox *receipts;
    struct stand *stands;
    size_t count;
};

// Names and values borrowed from the request; each needs its NUL, so they are copied.
static void read_lines(const struct http_request *request, struct header_lines *ret)
{
    buf_init(&ret->text, 1 << 20);
    ret->count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        buf_add(&ret->text, request->headers[i].name, request->headers[i].name_len);
        buf_add_char(&ret->text, '\0');
        buf_add(&ret->text, request->headers[i].value, request->headers[i].value_len);
        buf_add_char(&ret->text, '\0');
    }
    for (const char *at = ret->text.data;
         at && at < ret->text.data + ret->text.len && ret->count < HEADER_LINES_MAX;) {
        ret->lines[ret->count].name = at;
        at += strlen(at) + 1;
        ret->lines[ret->count++].value = at;
        at += strlen(at) + 1;
    }
}

static enum error_code check(const struct stand *stand, const struct http_request *request,
                             const struct header_lines *lines, struct error *error)
{
    const struct proof_said *held;
    struct proof_reading reading;
    size_t tried;
    enum error_code code = proof_read(stand->plan, lines, &reading, error);

    if (code != ERR_OK)
        return code;
    plan_set(&reading.values, VAR_BODY, request->body_len ? request->body : "",
             request->body_len);
    code = proof_try(stand->plan, &stand->keys, &reading, &held, &tried, error);
    if (code == ERR_OK && !held)
        code = error_set(error, ERR_BAD_REQUEST, "the signature does not hold");
    return code;
}

static void judge(struct stand *stand, const struct http_request *request,
                  struct receipt *receipt)
{
    struct header_lines lines;
    struct error error = {.text = ""};

    read_lines(request, &lines);
    receipt->holds = !stand->is_signed || check(stand, request, &lines, &error) == ERR_OK;
    snprintf(receipt->why, sizeof receipt->why, "%.199s", error.text);
    header_lines_done(&lines);
    receipt->status = !receipt->holds ? 401 : stand->failures_left > 0 ? 500 : 200;
    stand->failures_left -= receipt->status == 500;
}

static void on_request(void *owner, struct reply_handle handle,
                       const struct http_request *request)
{
    struct receiver *receiver = owner;
    struct receipt *receipt;
    uint64_t number;

    if (request->fault ||
        !text_to_uint(request->path + 1, request->path_len - 1, UINT32_MAX, &number) ||
        number >= receiver->count) {
        server_reply(receiver->server, handle, 404, "text/plain", NULL, 0, "", 0);
        return;
    }
    receipt = NEW(struct receipt);
    receipt->stand = (size_t)number;
    judge(&receiver->stands[number], request, receipt);
    server_reply(receiver->server, handle, receipt->status, "text/plain", NULL, 0, "", 0);
    mailbox_post(receiver->receipts, &receipt->mail);
}

static enum error_code on_head(void *owner, const struct http_request *request,
                               struct error *error)
{
    (void)owner;
    (void)request;
    (void)error;
    return ERR_OK;
}

static const char *on_refused(void *owner, const struct error *error, struct buf *ret_body)
{
    (void)owner;
    buf_add_str(ret_body, error->text);
    return "text/plain";
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct receiver *receiver = container_of(watch, struct receiver, watch);
    struct address peer = {.len = sizeof peer.as};
    int fd = accept4(watch->fd, &peer.as.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)events;
    if (fd >= 0)
        server_accept(receiver->server, fd, &peer, NULL);
}

static enum error_code listen_on(struct receiver *receiver, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    receiver->watch.fd = fd;
    if (receiver->stop.fd < 0 || fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return error_set(error, ERR_UNAVAILABLE, "no port on loopback: %s", strerror(errno));
    receiver->port = ntohs(address.sin_port);
    return ERR_OK;
}

enum error_code receiver_new(struct receiver **ret, struct error *error)
{
    struct receiver *receiver = *ret = NEW(struct receiver);

    receiver->receipts = mailbox_new();
    receiver->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return listen_on(receiver, error);
}

uint16_t receiver_port(const struct receiver *receiver)
{
    return receiver->port;
}

static void on_stop(struct watch *watch, uint32_t events)
{
    struct receiver *receiver = container_of(watch, struct receiver, stop);

    (void)events;
    loop_stop(receiver->loop);
}

static void run(void *argument)
{
    struct receiver *receiver = argument;

    loop_run(receiver->loop);
}

void receiver_start(struct receiver *receiver, struct stand *stands, size_t count)
{
    const struct server_events events = {.owner = receiver,
                                         .on_request = on_request,
                                         .on_head = on_head,
                                         .on_refused = on_refused};

    receiver->stands = stands;
    receiver->count = count;
    receiver->loop = loop_new();
    receiver->server = server_new(receiver->loop, &events);
    receiver->watch.on_ready = on_ready;
    loop_watch(receiver->loop, &receiver->watch, EPOLLIN);
    receiver->stop.on_ready = on_stop;
    loop_watch(receiver->loop, &receiver->stop, EPOLLIN);
    receiver->thread = thread_start("merchants", run, receiver);
}

struct receipt *receiver_wait(struct receiver *receiver, int timeout_ms)
{
    struct mail *mail = mailbox_wait(receiver->receipts, timeout_ms);

    return mail ? container_of(mail, struct receipt, mail) : NULL;
}

void receiver_free(struct receiver *receiver)
{
    struct mail *mail;

    if (!receiver)
        return;
    if (receiver->thread) {
        if (eventfd_write(receiver->stop.fd, 1) != 0)
            abort(); // a fresh eventfd takes a one
        thread_join(receiver->thread);
        server_free(receiver->server);
        loop_unwatch(receiver->loop, &receiver->watch);
        loop_unwatch(receiver->loop, &receiver->stop);
        loop_free(receiver->loop);
    }
    for (mail = mailbox_take(receiver->receipts); mail;) {
        struct mail *next = mail->next;

        free(container_of(mail, struct receipt, mail));
        mail = next;
    }
    mailbox_free(receiver->receipts);
    if (receiver->watch.fd >= 0)
        close(receiver->watch.fd);
    if (receiver->stop.fd >= 0)
        close(receiver->stop.fd);
    free(receiver);
}
