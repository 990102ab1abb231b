#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "net/head.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/server_world.h"

enum { TCP_PAUSE_MS = 5 };

// Takes the place of the machine's: time passes by turns alone, however slow those are.
static int64_t passed_ms = 1000000;

struct moment clock_now(void)
{
    return (struct moment){.mono_ms = passed_ms, .wall_ms = 1700000000000 + passed_ms};
}

int64_t clock_mono_us(void)
{
    return passed_ms * 1000;
}

void world_pass(int64_t ms)
{
    passed_ms += ms;
}

void world_answer(struct world *world, struct reply_handle handle, const char *text,
                  size_t len)
{
    server_reply(world->server, handle, 200, "text/plain", NULL, 0, text, len);
}

static bool path_is(const struct http_request *request, const char *path)
{
    return request && request->path_len == strlen(path) &&
           memcmp(request->path, path, request->path_len) == 0;
}

static void on_request(void *owner, struct reply_handle handle,
                       const struct http_request *request)
{
    struct world *world = owner;
    struct buf buf;

    if (request->fault) {
        const char *slug = error_slug(request->fault->code);
        world->faults++;
        server_reply(world->server, handle, error_http_status(request->fault->code),
                     "text/plain", NULL, 0, slug, strlen(slug));
        return;
    }
    world->requests++;
    if (path_is(request, "/trust"))
        server_trust(world->server, handle);
    if (path_is(request, "/later")) {
        assert_true(world->later_count < LATER_MAX);
        world->later[world->later_count++] = handle;
        return;
    }
    buf_init(&buf, RECEIVED_MAX);
    if (path_is(request, "/big")) {
        char *room = buf_room(&buf, 300000);
        memset(room, 'b', 300000);
        buf_added(&buf, 300000);
    } else {
        buf_add_format(&buf, "%.*s %.*s?%.*s ", (int)request->method_len, request->method,
                       (int)request->path_len, request->path, (int)request->query_len,
                       request->query);
        buf_add(&buf, request->body, request->body_len);
    }
    world_answer(world, handle, buf.data, buf.len);
    buf_done(&buf);
    if (world->pauses)
        server_pause_reading(world->server, true);
}

static enum error_code on_head(void *owner, const struct http_request *request,
                               struct error *error)
{
    struct world *world = owner;

    world->heads++;
    if (path_is(request, "/locked"))
        return error_set(error, ERR_UNAUTHENTICATED, "no key");
    return ERR_OK;
}

static const char *on_refused(void *owner, const struct error *error, struct buf *ret_body)
{
    (void)owner;
    buf_add_str(ret_body, error_slug(error->code));
    return "application/problem+json";
}

static void on_gone(void *owner, struct reply_handle handle)
{
    struct world *world = owner;

    world->gone++;
    server_reply(world->server, handle, 200, NULL, NULL, 0, "late", 4); // reaches nobody
}

static void on_closed(void *counter, const struct address *peer, bool was_trusted)
{
    struct world *world = counter;

    assert_int_equal(address_port(peer), 7);
    world->closed++;
    world->trusted -= was_trusted;
}

static void on_trusted(void *counter, const struct address *peer)
{
    struct world *world = counter;

    assert_int_equal(address_port(peer), 7);
    world->trusted++;
}

static void on_tick(struct timer *timer)
{
    (void)timer;
}

int world_init(void **state)
{
    struct world *world = NEW(struct world);
    struct server_events events = {.owner = world,
                                   .on_request = on_request,
                                   .on_head = on_head,
                                   .on_refused = on_refused,
                                   .on_gone = on_gone,
                                   .counter = world,
                                   .on_trusted = on_trusted,
                                   .on_closed = on_closed};

    world->loop = loop_new();
    world->server = server_new(world->loop, &events);
    world->tick.on_due = on_tick;
    *state = world;
    return 0;
}

int world_done(void **state)
{
    struct world *world = *state;

    server_free(world->server);
    loop_free(world->loop);
    free(world);
    for (enum limit at = 0; at < LIMITS_COUNT; at++)
        assert_true(limit_set(at, limit_row(at)->normal));
    return 0;
}

void world_turn(struct world *world)
{
    passed_ms++;
    loop_timer(world->loop, &world->tick, passed_ms);
    loop_turn(world->loop);
}

static void accept_one(struct client *client, struct world *world, int server_fd,
                       int client_fd)
{
    struct address peer;

    assert_true(address_parse("127.0.0.1:7", &peer));
    *client = (struct client){.fd = client_fd};
    buf_init(&client->received, RECEIVED_MAX);
    server_accept(world->server, server_fd, &peer, NULL);
}

void client_init(struct client *client, struct world *world)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    accept_one(client, world, fds[0], fds[1]);
}

void client_init_tcp(struct client *client, struct world *world)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct address address;

    assert_true(address_parse("127.0.0.1:0", &address));
    assert_int_equal(bind(listener, &address.as.any, address.len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, &address.as.any, &address.len), 0);
    assert_int_equal(connect(fd, &address.as.any, address.len), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    accept_one(client, world, accept4(listener, NULL, NULL, SOCK_NONBLOCK), fd);
    client->is_tcp = true;
    close(listener);
}

void client_done(struct client *client)
{
    close(client->fd);
    buf_done(&client->received);
}

// A socket pair has at once what was said into it; a TCP connection may take a while.
static bool client_receive(struct client *client)
{
    static char bytes[65536];
    struct pollfd tcp = {.fd = client->fd, .events = POLLIN};
    ssize_t got;

    if (client->is_tcp)
        (void)poll(&tcp, 1, TCP_PAUSE_MS);
    got = recv(client->fd, bytes, sizeof bytes, 0);
    if (got > 0)
        buf_add(&client->received, bytes, (size_t)got);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        client->is_closed = true;
    return got > 0;
}

void client_wait(struct client *client, struct world *world)
{
    for (int quiet = 0; quiet < 8 && !client->is_closed; quiet++) {
        world_turn(world);
        while (client_receive(client))
            quiet = 0;
    }
}

bool client_wait_close(struct client *client, struct world *world, int64_t max_ms)
{
    int64_t end = clock_now().mono_ms + max_ms;

    while (!client->is_closed && clock_now().mono_ms < end) {
        world_turn(world);
        while (client_receive(client))
            ;
    }
    return client->is_closed;
}

void client_send(struct client *client, struct world *world, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) { // closed: what the server said is what counts
            while (client_receive(client))
                ;
            return;
        }
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
        world_turn(world);
        client_receive(client);
    }
}

void client_say(struct client *client, struct world *world, const char *text)
{
    client_send(client, world, text, strlen(text));
    client_wait(client, world);
}

static void client_replies(const struct client *client, char *ret_statuses, char *ret_bodies)
{
    const struct head_limits limits = {1000, 100, 10000};
    struct head head;
    size_t at = 0;

    *ret_statuses = *ret_bodies = '\0';
    while (at < client->received.len) {
        const char *bytes = client->received.data + at;
        head_init(&head, HEAD_RESPONSE, limits);
        assert_int_equal(head_feed(&head, bytes, client->received.len - at), HEAD_DONE);
        ret_statuses += sprintf(ret_statuses, at ? " %d" : "%d", head.status);
        ret_bodies += sprintf(ret_bodies, "%.*s", (int)head.body_len, bytes + head.len);
        at += head.len + head.body_len;
    }
    assert_int_equal(at, client->received.len);
}

void assert_received(const struct client *client, const char *statuses, const char *bodies)
{
    char *got_statuses = malloc(RECEIVED_MAX), *got_bodies = malloc(RECEIVED_MAX);

    client_replies(client, got_statuses, got_bodies);
    assert_string_equal(got_statuses, statuses);
    if (bodies)
        assert_string_equal(got_bodies, bodies);
    free(got_statuses);
    free(got_bodies);
}
