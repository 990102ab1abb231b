// The server over real sockets: what a client sends, and what it gets back.

#include "net/server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "net/head.h"
#include "net/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LATER_MAX = 256, RECEIVED_MAX = 1 << 22 };

// A server whose handlers do what the path says, and the turns that pass for a test.
struct world {
    struct loop *loop;
    struct server *server;
    struct timer tick;
    struct reply_handle later[LATER_MAX]; // of requests to /later
    size_t later_count;
    size_t requests, heads, gone, closed;
    bool pauses; // stop reading after each request
};

static void reply_text(struct world *world, struct reply_handle handle, const char *text,
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

    world->requests++;
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
    reply_text(world, handle, buf.data, buf.len);
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

static const char *on_refused(void *owner, const struct http_request *request,
                              const struct error *error, struct buf *ret_body)
{
    (void)owner;
    if (request)
        assert_true(request->path_len > 0 && request->path[0] == '/');
    buf_add_str(ret_body, error_slug(error->code));
    return "application/problem+json";
}

static void on_gone(void *owner, struct reply_handle handle)
{
    struct world *world = owner;

    world->gone++;
    server_reply(world->server, handle, 200, NULL, NULL, 0, "late", 4); // reaches nobody
}

static void on_closed(void *owner, const struct address *peer)
{
    struct world *world = owner;

    assert_int_equal(address_port(peer), 7);
    world->closed++;
}

static void on_tick(struct timer *timer)
{
    (void)timer;
}

static int world_init(void **state)
{
    struct world *world = NEW(struct world);
    struct server_events events = {world,      on_request, on_head,
                                   on_refused, on_gone,    on_closed};

    world->loop = loop_new();
    world->server = server_new(world->loop, &events);
    world->tick.on_due = on_tick;
    *state = world;
    return 0;
}

static int world_done(void **state)
{
    struct world *world = *state;

    server_free(world->server);
    loop_free(world->loop);
    free(world);
    for (enum limit at = 0; at < LIMITS_COUNT; at++)
        assert_true(limit_set(at, limit_row(at)->normal));
    return 0;
}

// One turn that waits for at most a millisecond.
static void turn(struct world *world)
{
    loop_timer(world->loop, &world->tick, clock_now().mono_ms + 1);
    loop_turn(world->loop);
}

// A client, and what it has received.
struct client {
    int fd;
    struct buf received;
    bool is_closed; // by the server
};

static void client_init(struct client *client, struct world *world)
{
    struct address peer;
    int fds[2];

    assert_true(address_parse("127.0.0.1:7", &peer));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *client = (struct client){.fd = fds[1]};
    buf_init(&client->received, RECEIVED_MAX);
    server_accept(world->server, fds[0], &peer, NULL);
}

static void client_done(struct client *client)
{
    close(client->fd);
    buf_done(&client->received);
}

static bool client_receive(struct client *client)
{
    static char bytes[65536];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);

    if (got > 0)
        buf_add(&client->received, bytes, (size_t)got);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        client->is_closed = true;
    return got > 0;
}

// Turns until nothing more comes for a while.
static void client_wait(struct client *client, struct world *world)
{
    for (int quiet = 0; quiet < 8 && !client->is_closed; quiet++) {
        turn(world);
        while (client_receive(client))
            quiet = 0;
    }
}

static bool wait_for_close(struct client *client, struct world *world, int64_t max_ms)
{
    int64_t end = clock_now().mono_ms + max_ms;

    while (!client->is_closed && clock_now().mono_ms < end) {
        turn(world);
        while (client_receive(client))
            ;
    }
    return client->is_closed;
}

static void client_send(struct client *client, struct world *world, const char *bytes,
                        size_t len)
{
    while (len > 0) {
        ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return; // the server has closed: what it said is what counts
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
        turn(world);
        client_receive(client);
    }
}

static void client_say(struct client *client, struct world *world, const char *text)
{
    client_send(client, world, text, strlen(text));
    client_wait(client, world);
}

// The statuses of all replies received, as "200 404"; the bodies go one after the other to
// ret_bodies.
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

static void assert_received(const struct client *client, const char *statuses,
                            const char *bodies)
{
    char *got_statuses = malloc(RECEIVED_MAX), *got_bodies = malloc(RECEIVED_MAX);

    client_replies(client, got_statuses, got_bodies);
    assert_string_equal(got_statuses, statuses);
    if (bodies)
        assert_string_equal(got_bodies, bodies);
    free(got_statuses);
    free(got_bodies);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, headers) "POST " path " HTTP/1.1\r\nHost: a\r\n" headers "\r\n"

static void test_exchanges(void **state)
{
    static const struct {
        const char *sent;
        const char *statuses;
        const char *bodies;
        bool closes;
    } rows[] = {
        {GET("/a?b"), "200", "GET /a?b ", false},
        {POST("/a", "Content-Length: 5\r\n") "hello", "200", "POST /a? hello", false},
        {POST("/a", "Transfer-Encoding: chunked\r\n") "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
         "200", "POST /a? hello", false},
        {GET("/1") POST("/2", "Content-Length: 1\r\n") "x" GET("/3"), "200 200 200",
         "GET /1? POST /2? xGET /3? ", false},
        {POST("/a", "Transfer-Encoding: chunked\r\n") "1\r\nx\r\n0\r\n\r\n" GET("/b"),
         "200 200", "POST /a? xGET /b? ", false},
        {GET("/a") "garbage\r\n\r\n", "200 400", "GET /a? bad_request", true},
        {GET("/a") GET("/b") "GET / HTTP/1.1\r\n\r\n", "200 200 400", NULL, true},
        {"GET / HTTP/1.0\r\n\r\n", "200", "GET /? ", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/b"), "200", "GET /? ",
         true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/b"), "200", "GET /? ",
         true},
        {"GET http://a/b?c HTTP/1.1\r\nHost: A\r\n\r\n", "200", "GET /b?c ", false},
        {"GET HTTPS://a:1/b HTTP/1.1\r\nHost: a:1\r\n\r\n", "200", "GET /b? ", false},
        {"GET http://a/ HTTP/1.0\r\n\r\n", "200", "GET /? ", true},
        {GET("http://evil/"), "400", "bad_request", true},
        {GET("http://a"), "400", "bad_request", true},
        {GET("http://a@b/"), "400", "bad_request", true},
        {GET("ftp://a/"), "400", "bad_request", true},
        {GET("*"), "400", "bad_request", true},
        {GET("a"), "400", "bad_request", true},
        {GET("a:80"), "400", "bad_request", true},
        {GET("/a#b"), "400", "bad_request", true},
        {"CONNECT x:443 HTTP/1.1\r\nHost: a\r\n\r\n", "400", "bad_request", true},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "200", "TRACE /? ", false},
        {"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", "501", "not_implemented", true},
        {"post / HTTP/1.1\r\nHost: a\r\n\r\n", "400", "bad_request", true},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505", "http_version", true},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", "http_version", true},
        {"\x16\x03\x01\x02", "400", "bad_request", true},
        {POST("/",
              "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" GET("/"),
         "400", "bad_framing", true},
        {POST("/", "Content-Length: 1\r\nContent-Length: 1\r\n") "x", "400", "bad_framing",
         true},
        {POST("/", "Content-Length: 262145\r\n"), "413", "too_large", true},
        {POST("/", "Content-Length: 99999999999999999999\r\n"), "413", "too_large", true},
        {POST("/", "Transfer-Encoding: chunked\r\n") "40001\r\n", "413", "too_large", true},
        {POST("/", "Transfer-Encoding: chunked\r\n") "5 \r\nhello", "400", "bad_framing",
         true},
        {POST("/", "Expect: 200-ok\r\nContent-Length: 5\r\n"), "417", "expectation_failed",
         true},
        {POST("/a", "Expect: 100-continue\r\nContent-Length: 5\r\n"), "100", "", false},
        {POST("/a", "Expect: 100-continue\r\nContent-Length: 5\r\n") "hello", "200",
         "POST /a? hello", false},
        {POST("/locked", "Expect: 100-continue\r\nContent-Length: 5\r\n"), "401",
         "unauthenticated", true},
        {POST("/locked", "Content-Length: 50\r\n") "hello", "401", "unauthenticated", true},
        {GET("/a") "GET / HT", "200", "GET /a? ", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        print_message("%s\n", rows[i].sent);
        client_init(&client, *state);
        client_say(&client, *state, rows[i].sent);
        assert_received(&client, rows[i].statuses, rows[i].bodies);
        assert_int_equal(client.is_closed, rows[i].closes);
        client_done(&client);
    }
}

static void test_dripped_requests(void **state)
{
    static const char sent[] = GET("/1")
        POST("/2", "Transfer-Encoding: chunked\r\n") "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" POST(
            "/3", "Content-Length: 3\r\n") "abc" GET("/4");
    struct client client;

    client_init(&client, *state);
    for (size_t at = 0; at < sizeof sent - 1; at++)
        client_send(&client, *state, sent + at, 1);
    client_wait(&client, *state);
    assert_received(&client, "200 200 200 200", "GET /1? POST /2? helloPOST /3? abcGET /4? ");
    client_done(&client);
}

static void test_headers_of_a_reply(void **state)
{
    static const char *const lines[] = {
        "\r\nDate: ",
        " GMT\r\n",
        "\r\nContent-Type: text/plain\r\n",
        "\r\nContent-Length: 8\r\n",
        "\r\nX-Content-Type-Options: nosniff\r\n",
        "\r\nCache-Control: no-store\r\n",
    };
    struct client client;

    client_init(&client, *state);
    client_say(&client, *state, GET("/a"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(client.received.data, lines[i]));
    assert_null(strstr(client.received.data, "Connection"));
    buf_clear(&client.received);
    client_say(&client, *state, "GET / HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(client.received.data, "\r\nConnection: close\r\n"));
    client_done(&client);
}

static void test_own_headers_and_head_requests(void **state)
{
    static const struct reply_header headers[] = {{"cache-control", "max-age=9"},
                                                  {"X-A", "b\r\nEvil: 1"}};
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world, "HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n" GET("/later"));
    assert_int_equal(world->later_count, 2);
    server_reply(world->server, world->later[0], 200, "a/b", headers, 2, "hello", 5);
    server_reply(world->server, world->later[1], 204, NULL, NULL, 0, NULL, 0);
    client_wait(&client, world);
    assert_non_null(strstr(client.received.data, "\r\ncache-control: max-age=9\r\n"));
    assert_null(strstr(client.received.data, "no-store\r\nX-A"));
    assert_non_null(strstr(client.received.data, "\r\nX-A: b  Evil: 1\r\n"));
    assert_non_null(strstr(client.received.data, "Content-Length: 5\r\n\r\nHTTP/1.1 204"));
    assert_null(strstr(client.received.data, "Content-Length: 0"));
    client_done(&client);
}

static void test_replies_leave_in_order(void **state)
{
    static const char *const answers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    static const size_t order[] = {9, 3, 0, 1, 2, 8, 7, 6, 5, 4};
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    for (size_t i = 0; i < 10; i++)
        client_say(&client, world, GET("/later"));
    for (size_t i = 0; i < 10; i++) {
        server_reply(world->server, world->later[order[i]], 200, NULL, NULL, 0,
                     answers[order[i]], 1);
        server_reply(world->server, world->later[order[i]], 500, NULL, NULL, 0, "x", 1);
        client_wait(&client, world);
    }
    assert_received(&client, "200 200 200 200 200 200 200 200 200 200", "0123456789");
    client_done(&client);
}

static void test_pipeline_is_bounded(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    for (int i = 0; i < 130; i++)
        client_send(&client, world, GET("/later"), strlen(GET("/later")));
    client_wait(&client, world);
    assert_int_equal(world->later_count, 100);
    for (size_t i = 0; i < world->later_count; i++) {
        reply_text(world, world->later[i], "x", 1);
        if (i % 7 == 0)
            client_wait(&client, world);
    }
    client_wait(&client, world);
    assert_int_equal(world->later_count, 130);
    for (size_t i = 100; i < 130; i++)
        reply_text(world, world->later[i], "x", 1);
    client_wait(&client, world);
    assert_int_equal(client.received.len % 130, 0);
    assert_int_equal(world->requests, 130);
    client_done(&client);
}

static void test_half_close_is_no_end(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world, GET("/1") GET("/later") GET("/3") "GET /4");
    shutdown(client.fd, SHUT_WR);
    client_wait(&client, world);
    assert_false(client.is_closed);
    reply_text(world, world->later[0], "late", 4);
    client_wait(&client, world);
    assert_received(&client, "200 200 200", "GET /1? lateGET /3? ");
    assert_true(client.is_closed);
    assert_int_equal(world->gone, 0);
    client_done(&client);
}

static void test_continue_comes_after_what_is_owed(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world,
               GET("/later") POST("/2", "Expect: 100-continue\r\nContent-Length: 2\r\n"));
    assert_int_equal(client.received.len, 0);
    reply_text(world, world->later[0], "1", 1);
    client_wait(&client, world);
    assert_received(&client, "200 100", "1");
    client_say(&client, world, "ok");
    assert_received(&client, "200 100 200", "1POST /2? ok");
    client_done(&client);
}

static void test_the_head_is_asked_about_once_and_only_if_the_body_is_late(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world, POST("/", "Content-Length: 3\r\n") "abc");
    assert_int_equal(world->heads, 0);
    client_say(&client, world, POST("/", "Content-Length: 3\r\n"));
    client_say(&client, world, "a");
    client_say(&client, world, "bc");
    assert_int_equal(world->heads, 1);
    assert_int_equal(world->requests, 2);
    client_done(&client);
}

static void test_gone_clients(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world, GET("/later") GET("/later") GET("/later"));
    reply_text(world, world->later[2], "x", 1); // waits for the others
    close(client.fd);
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_int_equal(world->gone, 3);
    assert_int_equal(world->closed, 1);
    reply_text(world, world->later[0], "x", 1); // nobody's any more
    assert_int_equal(server_counts(world->server).open, 0);
    buf_done(&client.received);
}

static void test_a_handle_never_names_another_connection(void **state)
{
    struct world *world = *state;
    struct client client, next;

    client_init(&client, world);
    client_say(&client, world, GET("/later"));
    client_done(&client);
    turn(world);
    turn(world);
    client_init(&next, world);
    client_say(&next, world, GET("/later"));
    assert_int_equal(world->later[0].slot, world->later[1].slot);
    reply_text(world, world->later[0], "wrong", 5);
    client_wait(&next, world);
    assert_int_equal(next.received.len, 0);
    reply_text(world, world->later[1], "right", 5);
    client_wait(&next, world);
    assert_received(&next, "200", "right");
    client_done(&next);
}

static void test_large_bodies_both_ways(void **state)
{
    enum { LEN = 262144 };
    static const char head[] = POST("/a", "Content-Length: 262144\r\n");
    struct world *world = *state;
    char *body = memory_new(LEN);
    struct client client;

    memset(body, 'x', LEN);
    client_init(&client, world);
    client_send(&client, world, head, sizeof head - 1);
    client_send(&client, world, body, LEN);
    client_wait(&client, world);
    assert_int_equal(world->requests, 1);
    assert_true(client.received.len > LEN);
    assert_memory_equal(client.received.data + client.received.len - LEN, body, LEN);
    buf_clear(&client.received);
    client_say(&client, world, GET("/big") GET("/big") GET("/big"));
    assert_true(client.received.len > 3 * 300000);
    client_done(&client);
    free(body);
}

static void test_one_byte_chunks(void **state)
{
    struct world *world = *state;
    struct client client;
    struct buf sent;

    buf_init(&sent, 1 << 22);
    buf_add_str(&sent, POST("/a", "Transfer-Encoding: chunked\r\n"));
    for (int i = 0; i < 262144; i++)
        buf_add_str(&sent, "1\r\nx\r\n");
    buf_add_str(&sent, "0\r\n\r\n");
    client_init(&client, world);
    client_send(&client, world, sent.data, sent.len);
    client_wait(&client, world);
    assert_int_equal(world->requests, 1);
    assert_non_null(strstr(client.received.data, "POST /a? xxxx"));
    client_done(&client);
    buf_done(&sent);
}

// A limit, what is sent before it passes, and what comes then.
static void test_deadlines(void **state)
{
    static const struct {
        enum limit limit;
        const char *sent;
        const char *statuses;
    } rows[] = {
        {LIMIT_REQUEST_HEAD_MS, "GET / HT", "408"},
        {LIMIT_REQUEST_HEAD_MS, GET("/") "GET / HT", "200 408"},
        {LIMIT_REQUEST_BODY_MS, POST("/", "Content-Length: 9\r\n") "1234", "408"},
        {LIMIT_REQUEST_BODY_MS, POST("/", "Transfer-Encoding: chunked\r\n") "4\r\n12", "408"},
        {LIMIT_IDLE_MS, "", ""},
        {LIMIT_IDLE_MS, GET("/"), "200"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        int64_t start;
        assert_true(limit_set(rows[i].limit, 100));
        turn(world);
        start = loop_now(world->loop).mono_ms;
        client_init(&client, world);
        client_say(&client, world, rows[i].sent);
        assert_true(wait_for_close(&client, world, 1000));
        assert_true(clock_now().mono_ms - start >= 100);
        assert_received(&client, rows[i].statuses, NULL);
        assert_true(limit_set(rows[i].limit, limit_row(rows[i].limit)->normal));
        client_done(&client);
    }
}

static void test_dripping_does_not_move_the_deadline(void **state)
{
    struct world *world = *state;
    struct client client;
    int64_t start = clock_now().mono_ms;

    assert_true(limit_set(LIMIT_REQUEST_HEAD_MS, 100));
    client_init(&client, world);
    client_say(&client, world, "GET / HTTP/1.1\r\nA: ");
    while (!client.is_closed && clock_now().mono_ms < start + 1000)
        client_send(&client, world, "a", 1);
    assert_true(client.is_closed);
    assert_true(clock_now().mono_ms - start < 400);
    assert_received(&client, "408", "request_timeout");
    client_done(&client);
}

static void test_replies_that_are_not_taken(void **state)
{
    struct world *world = *state;
    struct client client;
    int64_t start = clock_now().mono_ms;

    assert_true(limit_set(LIMIT_REPLY_MS, 100));
    client_init(&client, world);
    for (int i = 0; i < 3; i++)
        assert_true(send(client.fd, GET("/big"), strlen(GET("/big")), 0) > 0);
    while (server_counts(world->server).open > 0 && clock_now().mono_ms < start + 1000)
        turn(world);
    assert_int_equal(server_counts(world->server).open, 0);
    assert_true(clock_now().mono_ms - start >= 100);
    client_done(&client);
}

static void test_unsent_bytes_stop_the_reading(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    for (int i = 0; i < 20; i++)
        assert_true(send(client.fd, GET("/big"), strlen(GET("/big")), 0) > 0);
    for (int i = 0; i < 20; i++)
        turn(world);
    assert_true(world->requests < 5);
    client_wait(&client, world);
    assert_int_equal(world->requests, 20);
    assert_true(client.received.len > 20 * 300000 / 2);
    client_done(&client);
}

static void test_paused_reading(void **state)
{
    struct world *world = *state;
    struct client client;

    assert_true(limit_set(LIMIT_REQUEST_HEAD_MS, 100));
    world->pauses = true;
    client_init(&client, world);
    client_say(&client, world, GET("/1") GET("/2") "GET /3");
    assert_int_equal(world->requests, 1);
    server_pause_reading(world->server, false);
    client_wait(&client, world);
    assert_int_equal(world->requests, 2);
    usleep(150000);
    client_wait(&client, world);
    assert_false(client.is_closed); // it was us who did not read
    world->pauses = false;
    server_pause_reading(world->server, false);
    client_say(&client, world, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_received(&client, "200 200 200", "GET /1? GET /2? GET /3? ");
    client_done(&client);
}

static void test_bodies_in_flight_are_bounded(void **state)
{
    enum { COUNT = 12, LEN = 100000 };
    static const char head[] = POST("/", "Content-Length: 200000\r\n");
    struct world *world = *state;
    struct client clients[COUNT];
    char *body = memory_new(LEN);
    size_t refused = 0;

    assert_true(limit_set(LIMIT_BODIES_IN_FLIGHT, 1048576));
    memset(body, 'x', LEN);
    for (int i = 0; i < COUNT; i++) {
        client_init(&clients[i], world);
        client_send(&clients[i], world, head, sizeof head - 1);
        client_send(&clients[i], world, body, LEN);
        client_wait(&clients[i], world);
        if (clients[i].received.len)
            assert_received(&clients[i], "503", "overloaded");
        refused += clients[i].received.len > 0;
    }
    assert_int_equal(refused, 2); // ten of them are there, and 48,576 bytes would be left
    client_done(&clients[0]);
    turn(world);
    turn(world);
    client_say(&clients[1], world, ""); // the others are undisturbed
    client_send(&clients[1], world, body, LEN);
    client_wait(&clients[1], world);
    assert_int_equal(world->requests, 1);
    for (int i = 1; i < COUNT; i++)
        client_done(&clients[i]);
    free(body);
}

static void test_draining(void **state)
{
    struct world *world = *state;
    struct client idle, owed, begun;

    client_init(&idle, world);
    client_init(&owed, world);
    client_init(&begun, world);
    client_say(&owed, world, GET("/later"));
    client_say(&begun, world, "GET / HT");
    assert_false(server_drain(world->server));
    client_wait(&idle, world);
    assert_true(idle.is_closed);
    assert_false(server_drain(world->server));
    reply_text(world, world->later[0], "x", 1);
    client_wait(&owed, world);
    assert_received(&owed, "200", "x");
    assert_non_null(strstr(owed.received.data, "Connection: close"));
    assert_true(owed.is_closed);
    assert_true(server_drain(world->server));
    client_say(&begun, world, "TP/1.1\r\nHost: a\r\n\r\n");
    assert_received(&begun, "503", "unavailable");
    assert_non_null(strstr(begun.received.data, "Retry-After: 1"));
    client_done(&idle);
    client_done(&owed);
    client_done(&begun);
}

static void test_a_refusal_is_read_though_the_client_still_sends(void **state)
{
    enum { LEN = 262145 };
    static const char head[] = POST("/", "Content-Length: 262145\r\n");
    struct world *world = *state;
    char *body = memory_new(LEN);
    struct client client;

    client_init(&client, world);
    client_send(&client, world, head, sizeof head - 1);
    client_send(&client, world, body, LEN);
    client_wait(&client, world);
    assert_received(&client, "413", "too_large");
    client_done(&client);
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_int_equal(server_counts(world->server).open, 0);
    free(body);
}

static void test_many_idle_connections(void **state)
{
    enum { COUNT = 400 };
    struct world *world = *state;
    struct client *idle = NEW_ARRAY(struct client, COUNT);
    struct client good;
    int64_t start;

    for (size_t i = 0; i < COUNT; i++) {
        client_init(&idle[i], world);
        assert_int_equal(send(idle[i].fd, "GET", i % 2 ? 3 : 0, 0), i % 2 ? 3 : 0);
    }
    client_init(&good, world);
    start = clock_now().mono_ms;
    client_say(&good, world, GET("/a"));
    assert_received(&good, "200", "GET /a? ");
    assert_true(clock_now().mono_ms - start < 100);
    client_done(&good);
    for (size_t i = 0; i < COUNT; i++)
        client_done(&idle[i]);
    free(idle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_init, world_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exchanges),
        TEST(test_dripped_requests),
        TEST(test_headers_of_a_reply),
        TEST(test_own_headers_and_head_requests),
        TEST(test_replies_leave_in_order),
        TEST(test_pipeline_is_bounded),
        TEST(test_half_close_is_no_end),
        TEST(test_continue_comes_after_what_is_owed),
        TEST(test_the_head_is_asked_about_once_and_only_if_the_body_is_late),
        TEST(test_gone_clients),
        TEST(test_a_handle_never_names_another_connection),
        TEST(test_large_bodies_both_ways),
        TEST(test_one_byte_chunks),
        TEST(test_deadlines),
        TEST(test_dripping_does_not_move_the_deadline),
        TEST(test_replies_that_are_not_taken),
        TEST(test_unsent_bytes_stop_the_reading),
        TEST(test_paused_reading),
        TEST(test_bodies_in_flight_are_bounded),
        TEST(test_draining),
        TEST(test_a_refusal_is_read_though_the_client_still_sends),
        TEST(test_many_idle_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
