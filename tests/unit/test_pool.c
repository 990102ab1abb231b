// Which connections are kept, for whom, for how long, and what happens when one dies; calls
// that are cancelled, many at once, or under way when everything ends.

#include "net/pool.h"

#include "hostile.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct script_name names[] = {{"slow.test", "127.0.0.1", 0, 300},
                                           {NULL, NULL, 0, 0}};

// Answers with the argument, or OK.
static void serve(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    while (hostile_read(hostile, fd))
        if (!hostile_say(fd, hostile->argument ? hostile->argument : OK))
            return;
}

static void serve_one(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        hostile_say(fd, OK);
}

static void serve_one_and_reset(struct hostile *hostile, int fd, int nth)
{
    if (!hostile_read(hostile, fd) || !hostile_say(fd, OK) || nth > 0)
        return;
    hostile_hold(hostile); // the answer is read first
    hostile_reset(fd);
}

static void serve_one_and_swallow_one(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd) && hostile_say(fd, OK))
        hostile_read(hostile, fd);
}

static void serve_one_and_talk(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (!hostile_read(hostile, fd) || !hostile_say(fd, OK))
        return;
    hostile_hold(hostile);
    hostile_say(fd, "HTTP/1.1 500 Unasked\r\n\r\n");
    hostile_wait(fd);
}

static void serve_one_and_reset_in_the_next(struct hostile *hostile, int fd, int nth)
{
    char bytes[4096];
    (void)nth;
    if (hostile_read(hostile, fd) && hostile_say(fd, OK) &&
        recv(fd, bytes, sizeof bytes, 0) > 0)
        hostile_reset(fd);
}

static void serve_silence(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        hostile_wait(fd);
}

static void test_one_connection_serves_many_calls(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        assert_int_equal(world.was_kept, i > 0);
        assert_int_equal(world.timings.connect == -1, i > 0);
    }
    struct caller_counts counts = caller_counts(world.caller);
    assert_int_equal(counts.calls, 20);
    assert_int_equal(counts.connects, 1);
    assert_int_equal(counts.reused, 19);
    assert_int_equal(counts.open, 1);
    assert_int_equal(counts.kept, 1);
    world_done(&world);
    hostile_free(hostile);
}

static void test_apps_and_hosts_share_none(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    const struct script_name same[] = {{"same.test", "127.0.0.1", 0, 0}, {NULL, NULL, 0, 0}};
    script_names = same;
    world_init(&world, "127.0.0.0/8", NULL);
    static const struct {
        int64_t app_id;
        const char *host;
        bool was_kept;
    } rows[] = {
        {1, "127.0.0.1", false}, {2, "127.0.0.1", false}, {1, "127.0.0.1", true},
        {1, "same.test", false}, {2, "same.test", false}, {2, "same.test", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world.app_id = rows[i].app_id;
        world.host = rows[i].host;
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        assert_int_equal(world.was_kept, rows[i].was_kept);
    }
    world_done(&world);
    hostile_free(hostile);
    script_names = names;
}

static bool none_is_kept(const struct world *world)
{
    return caller_counts(world->caller).kept == 0;
}

static bool none_is_open(const struct world *world)
{
    return caller_counts(world->caller).open == 0;
}

static bool two_are_open(const struct world *world)
{
    return caller_counts(world->caller).open == 2;
}

// What ended while it was idle is noticed before it is used.
static void test_idle_connections_are_watched(void **state)
{
    (void)state;
    hostile_script *const scripts[] = {serve_one, serve_one_and_reset, serve_one_and_talk};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct world world;
        struct hostile *hostile = hostile_new(scripts[i], NULL);
        world_init(&world, "127.0.0.0/8", NULL);
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        hostile_go(hostile);
        world_run_until(&world, none_is_kept);
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        assert_false(world.was_kept);
        assert_int_equal(hostile->requests, 2);
        world_done(&world);
        hostile_free(hostile);
    }
}

// Waits until a connection of ours to that port has ended, without turning the loop.
static void wait_for_the_end(uint16_t port)
{
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t len = sizeof peer;
        struct pollfd ours = {.fd = fd, .events = POLLRDHUP};
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            assert_int_equal(poll(&ours, 1, 20000), 1);
    }
}

// It died unseen: the loop did not turn. Nothing could be written, so another one is made.
static void test_a_dead_connection_is_replaced(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_one_and_reset, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    hostile_go(hostile);
    wait_for_the_end(hostile->port);
    world_start(&world, hostile->port, 2);
    world_wait(&world, world.ended + 1);
    assert_int_equal(world.result, CALL_ANSWERED);
    assert_false(world.was_kept);
    assert_int_equal(hostile->requests, 2);
    assert_int_equal(caller_counts(world.caller).reused, 1);
    world_done(&world);
    hostile_free(hostile);
}

// The request went out and the peer closed: it cannot be known what it read. No second try.
static void test_a_request_is_never_sent_twice(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_one_and_swallow_one, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    assert_int_equal(world_call(&world, hostile->port), CALL_INCOMPLETE);
    assert_true(world.was_kept);
    world_run(&world, 50);
    assert_int_equal(hostile->requests, 2);
    assert_int_equal(hostile->connections, 1);
    world_done(&world);
    hostile_free(hostile);
}

static void test_a_request_is_never_begun_twice(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_one_and_reset_in_the_next, NULL);
    char *large = calloc(1, 16 << 20);
    assert_non_null(large);
    world_init(&world, "127.0.0.0/8", NULL);
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    world.body = large;
    world.body_len = 16 << 20;
    assert_int_equal(world_call(&world, hostile->port), CALL_RESET);
    assert_true(world.was_kept);
    world_run(&world, 50);
    assert_int_equal(hostile->connections, 1);
    world_done(&world);
    hostile_free(hostile);
    free(large);
}

static void test_the_peers_timeout_is_heeded(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        int idle_ms;
        bool is_kept;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n", 0, false},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 0\r\n\r\n", 0, false},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=x\r\nContent-Length: 0\r\n\r\n", 0, false},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=40\r\nContent-Length: 0\r\n\r\n", 20000,
         true},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=40\r\nContent-Length: 0\r\n\r\n", 39050,
         false},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: max=9, Timeout=40\r\nContent-Length: 0\r\n\r\n",
         20000, true},
        {"HTTP/1.1 200 OK\r\nKeep-Alive: max=9, Timeout=40\r\nContent-Length: 0\r\n\r\n",
         39050, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        struct hostile *hostile = hostile_new(serve, rows[i].reply);
        world_init(&world, "127.0.0.0/8", NULL);
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        hostile_pass(rows[i].idle_ms);
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        if (world.was_kept != rows[i].is_kept)
            fail_msg("row %zu", i);
        world_done(&world);
        hostile_free(hostile);
    }
}

static void test_life_is_limited(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    for (int i = 0; i < 6; i++) { // used all the time, and replaced nevertheless
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        assert_int_equal(hostile->connections, i < 4 ? 1 : 2);
        hostile_pass(limit(LIMIT_POOL_LIFE_MS) / 4);
    }
    hostile_pass(limit(LIMIT_POOL_LIFE_MS) / 2);
    world_run_until(&world, none_is_open);
    assert_int_equal(hostile->connections, 2);
    world_done(&world);
    hostile_free(hostile);
}

static void test_count_is_limited(void **state)
{
    (void)state;
    static const int64_t most = 16;
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    assert_true(limit_set(LIMIT_POOL, most));
    world_init(&world, "127.0.0.0/8", NULL);
    for (world.app_id = 1; world.app_id <= most + 1; world.app_id++) {
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        int64_t wanted = world.app_id < most ? world.app_id : most;
        assert_int_equal(caller_counts(world.caller).kept, wanted);
    }
    world.app_id = 1; // the oldest had to go
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    assert_false(world.was_kept);
    world.app_id = 3;
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    assert_true(world.was_kept);
    world_done(&world);
    assert_true(limit_set(LIMIT_POOL, 4096));
    hostile_free(hostile);
}

static void test_many_at_once(void **state)
{
    (void)state;
    enum { MANY = 300 };
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    world.timeout_ms = 20000;
    for (int round = 1; round <= 2; round++) {
        world_run(&world, 0);
        for (uint64_t tag = 0; tag < MANY; tag++)
            world_start(&world, hostile->port, tag);
        world_wait(&world, round * MANY);
    }
    assert_int_equal(hostile->requests, 2 * MANY);
    assert_int_equal(caller_counts(world.caller).open, MANY);
    world_done(&world);
    hostile_free(hostile);
}

static void test_cancel(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_silence, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    world.timeout_ms = 20000;
    world_start(&world, hostile->port, 1);
    world_start(&world, hostile->port, 2);
    world_run_until(&world, two_are_open);
    caller_cancel(world.caller, &world, 1);
    caller_cancel(world.caller, &world, 7);  // there is none
    caller_cancel(world.caller, hostile, 2); // another owner's
    assert_int_equal(caller_counts(world.caller).open, 1);
    world.host = "slow.test"; // cancelled before its name is known
    world_start(&world, hostile->port, 3);
    caller_cancel(world.caller, &world, 3);
    hostile_pass(20000);
    world_wait(&world, 1); // the second's deadline
    assert_int_equal(world.result, CALL_TIMEOUT);
    world_run(&world, 100);
    assert_int_equal(world.ended, 1);
    assert_int_equal(caller_counts(world.caller).open, 0);
    world_done(&world);
    hostile_free(hostile);
}

static void test_all_ends_in_the_middle(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve, NULL);
    struct hostile *silent = hostile_new(serve_silence, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED); // one is kept
    world_start(&world, silent->port, 1);
    world_run(&world, 50);
    world.host = "slow.test";
    world_start(&world, hostile->port, 2); // its name is being resolved
    world.host = "127.0.0.1";
    world.app_id = 9;
    world_start(&world, hostile->port, 3); // its address waits in the mailbox
    assert_int_equal(world.ended, 1);
    world_done(&world);
    assert_int_equal(world.ended, 1);
    hostile_free(silent);
    hostile_free(hostile);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    script_names = names;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_connection_serves_many_calls),
        cmocka_unit_test(test_apps_and_hosts_share_none),
        cmocka_unit_test(test_idle_connections_are_watched),
        cmocka_unit_test(test_a_dead_connection_is_replaced),
        cmocka_unit_test(test_a_request_is_never_sent_twice),
        cmocka_unit_test(test_a_request_is_never_begun_twice),
        cmocka_unit_test(test_the_peers_timeout_is_heeded),
        cmocka_unit_test(test_life_is_limited),
        cmocka_unit_test(test_count_is_limited),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_all_ends_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
