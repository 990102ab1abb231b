// The server and its limits of time, size and count: what a slow, greedy or vanishing client
// gets, and that the others are served meanwhile.

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/server_world.h"

// A limit, what is sent before it passes, and what comes then.
static void test_deadlines(void **state)
{
    static const struct {
        enum limit limit;
        const char *sent;
        const char *statuses;
        int64_t least_ms; // a body that brings nothing is given up at a quarter of its time
    } rows[] = {
        {LIMIT_REQUEST_HEAD_MS, "GET / HT", "408", 100},
        {LIMIT_REQUEST_HEAD_MS, GET("/") "GET / HT", "200 408", 100},
        {LIMIT_REQUEST_BODY_MS, POST("/", "Content-Length: 9\r\n") "1234", "408", 25},
        {LIMIT_REQUEST_BODY_MS, POST("/", "Transfer-Encoding: chunked\r\n") "4\r\n12", "408",
         25},
        {LIMIT_IDLE_MS, "", "", 100},
        {LIMIT_IDLE_MS, GET("/"), "200", 100},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        int64_t start;
        assert_true(limit_set(rows[i].limit, 100));
        world_turn(world);
        start = loop_now(world->loop).mono_ms;
        client_init(&client, world);
        client_say(&client, world, rows[i].sent);
        assert_true(client_wait_close(&client, world, 1000));
        assert_true(clock_now().mono_ms - start >= rows[i].least_ms);
        assert_received(&client, rows[i].statuses, NULL);
        assert_true(limit_set(rows[i].limit, limit_row(rows[i].limit)->normal));
        client_done(&client);
    }
}

static void test_what_has_a_head_is_handed_out(void **state)
{
    static const struct {
        const char *sent;
        size_t faults;
    } rows[] = {
        {"garbage\r\n", 0},
        {GET("/a b"), 0},
        {GET("*"), 0},
        {"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 1},
        {POST("/", "Expect: x\r\n"), 1},
        {POST("/", "Content-Length: 262145\r\n"), 1},
        {POST("/", "Transfer-Encoding: chunked\r\n") "x", 1},
        {POST("/", "Transfer-Encoding: chunked\r\n") "1\r\nab", 1},
        {POST("/locked", "Content-Length: 1\r\n"), 1},
        {POST("/", "Content-Length: 2\r\n") "a", 1},
        {"POST / HTTP/1.1\r\nHo", 0},
    };
    struct world *world = *state;

    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 100));
    assert_true(limit_set(LIMIT_REQUEST_HEAD_MS, 100));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        world->faults = 0;
        client_init(&client, world);
        client_say(&client, world, rows[i].sent);
        client_wait_close(&client, world, 200);
        assert_int_equal(server_counts(world->server).refused, i + 1);
        assert_int_equal(world->faults, rows[i].faults);
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
        world_turn(world);
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
        world_turn(world);
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
    world_pass(150);
    client_wait(&client, world);
    assert_false(client.is_closed); // it was us who did not read
    world->pauses = false;
    server_pause_reading(world->server, false);
    client_say(&client, world, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_received(&client, "200 200 200", "GET /1? GET /2? GET /3? ");
    client_done(&client);
}

static void test_time_stands_still_while_paused(void **state)
{
    struct world *world = *state;
    struct client client;

    assert_true(limit_set(LIMIT_REQUEST_HEAD_MS, 100));
    client_init(&client, world);
    client_say(&client, world, "GET /1 HT");
    server_pause_reading(world->server, true);
    client_say(&client, world, "TP/1.1\r\n");
    world_pass(150);
    client_wait(&client, world);
    server_pause_reading(world->server, false);
    client_wait(&client, world);
    assert_int_equal(client.received.len, 0);
    client_say(&client, world, "Host: a\r\n\r\n");
    assert_received(&client, "200", "GET /1? ");
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
    world_turn(world);
    world_turn(world);
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
    world_answer(world, world->later[0], "x", 1);
    client_wait(&owed, world);
    assert_received(&owed, "200", "x");
    assert_non_null(strstr(owed.received.data, "Connection: close"));
    assert_true(owed.is_closed);
    assert_true(server_drain(world->server));
    client_say(&begun, world, "TP/1.1\r\nHost: a\r\n\r\n");
    assert_received(&begun, "503", "unavailable");
    client_done(&idle);
    client_done(&owed);
    client_done(&begun);
}

// Over TCP what the client did may take a while to be seen; no limit passes in these turns.
static void expect_none_open(struct world *world)
{
    for (int turns = 0; turns < 200 && server_counts(world->server).open > 0; turns++) {
        (void)poll(NULL, 0, 1);
        world_turn(world);
    }
    assert_int_equal(server_counts(world->server).open, 0);
}

// Over TCP, where closing with bytes unread is a reset, which would take the reply away. The
// client looks for a reply only when it has sent everything.
static void test_a_refusal_is_read_though_the_client_still_sends(void **state)
{
    static const char head[] = POST("/", "Content-Length: 262145\r\n");
    struct world *world = *state;
    char *body = memory_new(262145);
    struct client client;
    size_t sent = 0;
    int small = 8192;

    client_init_tcp(&client, world);
    assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    assert_int_equal(send(client.fd, head, sizeof head - 1, 0), sizeof head - 1);
    for (int turns = 0; sent < 262145 && turns < 1000; turns++) {
        struct pollfd room = {.fd = client.fd, .events = POLLOUT};
        (void)poll(&room, 1,
                   1); // the network takes its time, which the server's clock ignores
        ssize_t more = send(client.fd, body + sent, 262145 - sent, MSG_NOSIGNAL);
        sent += more > 0 ? (size_t)more : 0;
        world_turn(world);
    }
    assert_int_equal(sent, 262145); // no reset stopped it
    client_wait(&client, world);
    assert_received(&client, "413", "too_large");
    client_done(&client);
    expect_none_open(world);
    free(body);
}

static void test_many_idle_connections(void **state)
{
    enum { COUNT = 2000 };
    struct world *world = *state;
    struct client *idle = NEW_ARRAY(struct client, COUNT);
    struct rlimit files = {4 * COUNT, 4 * COUNT};
    struct client good;
    int64_t start;

    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        skip();
    for (size_t i = 0; i < COUNT; i++) {
        client_init(&idle[i], world);
        assert_int_equal(send(idle[i].fd, "GET", i % 2 ? 3 : 0, 0), i % 2 ? 3 : 0);
    }
    client_init(&good, world);
    start = clock_now().mono_ms;
    client_say(&good, world, GET("/a"));
    assert_received(&good, "200", "GET /a? ");
    assert_true(clock_now().mono_ms - start < 20);
    client_done(&good);
    for (size_t i = 0; i < COUNT; i++)
        client_done(&idle[i]);
    free(idle);
}

// Faster than the rate for a while, then slower: the time for the whole is not waited for.
static void test_a_body_below_the_rate_is_given_up_early(void **state)
{
    struct world *world = *state;
    struct client client;
    int64_t start;

    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 2000));
    client_init(&client, world);
    client_say(&client, world, POST("/", "Content-Length: 200000\r\n"));
    start = clock_now().mono_ms;
    while (!client.is_closed && clock_now().mono_ms < start + 600) {
        world_pass(4);
        client_send(&client, world, "01234567890123456789", 20);
    }
    assert_false(client.is_closed);
    start = clock_now().mono_ms;
    while (!client.is_closed && clock_now().mono_ms < start + 1500) {
        world_pass(19);
        client_send(&client, world, "0", 1);
    }
    assert_true(client.is_closed);
    assert_true(clock_now().mono_ms - start < 1200);
    assert_received(&client, "408", "request_timeout");
    client_done(&client);
}

static void test_a_client_that_resets(void **state)
{
    static const struct linger now = {.l_onoff = 1, .l_linger = 0};
    static const char *const rows[] = {
        "",
        "GET / HT",
        POST("/", "Content-Length: 9\r\n") "1234",
        GET("/later"),
        GET("/later") "garbage\r\n",
        "garbage\r\n",
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        client_init_tcp(&client, world);
        client_say(&client, world, rows[i]);
        setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        client_done(&client);
        expect_none_open(world);
    }
    assert_int_equal(world->later_count, 2);
    assert_int_equal(world->gone, 3); // the refusal behind the second was not sent either
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_deadlines),
        TEST(test_what_has_a_head_is_handed_out),
        TEST(test_dripping_does_not_move_the_deadline),
        TEST(test_replies_that_are_not_taken),
        TEST(test_unsent_bytes_stop_the_reading),
        TEST(test_paused_reading),
        TEST(test_time_stands_still_while_paused),
        TEST(test_bodies_in_flight_are_bounded),
        TEST(test_draining),
        TEST(test_a_refusal_is_read_though_the_client_still_sends),
        TEST(test_many_idle_connections),
        TEST(test_a_body_below_the_rate_is_given_up_early),
        TEST(test_a_client_that_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
