// How a call comes to its connection, and when it must not: names, vetted addresses, connect
// failures, and that nothing is sent to a denied address.

#include "net/dial.h"

#include "hostile.h"
#include "net/hostname.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const struct script_name names[] = {
    {"good.test", "127.0.0.1", 0, 0},
    {"inside.test", "10.1.2.3", 0, 0},
    {"mixed.test", "127.0.0.1 10.1.2.3", 0, 0},
    {"dexim.test", "10.1.2.3 127.0.0.1", 0, 0},
    {"mixed6.test", "127.0.0.1 ::1", 0, 0},
    {"mapped.test", "::ffff:169.254.169.254", 0, 0},
    {"second.test", "127.0.0.2 127.0.0.1", 0, 0},
    {"tenth.test",
     "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 "
     "127.0.0.1",
     0, 0},
    {"tenth-inside.test",
     "127.0.0.1 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 "
     "10.0.0.1",
     0, 0},
    {"telling.test", "127.0.0.2 ::ffff:127.0.0.1", 0, 0},
    {"slow.test", "127.0.0.1", 0, SCRIPT_HELD},
    {"none.test", "", EAI_NONAME, 0},
    {"servfail.test", "", EAI_AGAIN, 0},
    {"refused.test", "", EAI_FAIL, 0},
    {NULL, NULL, 0, 0},
};

static void serve_ok(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    while (hostile_read(hostile, fd))
        if (!hostile_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            return;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum call_result result;
        int connections; // that the receiver at 127.0.0.1 sees
    } rows[] = {
        {"127.0.0.1", CALL_ANSWERED, 1},
        {"good.test", CALL_ANSWERED, 1},
        {"inside.test", CALL_BLOCKED, 0},
        {"mixed.test", CALL_BLOCKED, 0},
        {"dexim.test", CALL_BLOCKED, 0},
        {"mixed6.test", CALL_BLOCKED, 0},
        {"mapped.test", CALL_BLOCKED, 0},
        {"tenth-inside.test", CALL_BLOCKED, 0},
        {"second.test", CALL_ANSWERED, 1},
        {"tenth.test", CALL_REFUSED, 0},
        {"none.test", CALL_DNS, 0},
        {"servfail.test", CALL_DNS, 0},
        {"refused.test", CALL_DNS, 0},
        {"unheard-of.test", CALL_DNS, 0},
        {"127.1", CALL_DNS, 0},
        {"::1", CALL_BLOCKED, 0},
        {"169.254.169.254", CALL_BLOCKED, 0},
        {"telling.test", CALL_REFUSED, 0},
        {"0.0.0.0", CALL_BLOCKED, 0},
        {"::ffff:127.0.0.1", CALL_UNREACHABLE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        struct hostile *hostile = hostile_new(serve_ok, NULL);
        world_init(&world, "127.0.0.0/8", NULL);
        world.host = rows[i].host;
        enum call_result result = world_call(&world, hostile->port);
        if (result != rows[i].result || hostile->connections != rows[i].connections)
            fail_msg("%s: %s, %d connections", rows[i].host, call_result_slug(result),
                     hostile->connections);
        world_done(&world);
        hostile_free(hostile);
    }
}

static bool a_name_is_asked(const struct world *world)
{
    (void)world;
    return script_running > 0;
}

static void test_a_name_that_is_not_told(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_ok, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    world.host = "slow.test";
    world.timeout_ms = 20000;
    script_is_held = true;
    world_start(&world, hostile->port, 1);
    world_run_until(&world, a_name_is_asked);
    hostile_pass(limit(LIMIT_DNS_MS));
    world_wait(&world, 1);
    assert_int_equal(world.result, CALL_DNS_TIMEOUT);
    assert_in_range(world.timings.total, 2995000, 15000000);
    assert_int_equal(hostile->connections, 0);
    script_is_held = false;
    world_done(&world);
    hostile_free(hostile);
}

// The control: without the rule the same receiver is not reached, by any spelling.
static void test_without_rule_nothing_leaves(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_ok, NULL);
    world_init(&world, NULL, NULL);
    static const char *const hosts[] = {"127.0.0.1", "good.test", "mixed.test", "0.0.0.0"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        world.host = hosts[i];
        assert_int_equal(world_call(&world, hostile->port), CALL_BLOCKED);
        world.tls = !world.tls;
        assert_int_equal(world_call(&world, hostile->port), CALL_BLOCKED);
        assert_string_equal(world.detail, "");
    }
    assert_int_equal(hostile->connections, 0);
    assert_int_equal(caller_counts(world.caller).connects, 0);
    world_done(&world);
    hostile_free(hostile);
}

// The name leads elsewhere from the second question on; a kept connection must not hide it.
static void test_rebinding(void **state)
{
    (void)state;
    struct script_name flip[] = {{"flip.test", "127.0.0.1", 0, 0}, {NULL, NULL, 0, 0}};
    struct world world;
    struct hostile *hostile = hostile_new(serve_ok, NULL);
    script_names = flip;
    world_init(&world, "127.0.0.0/8", NULL);
    world.host = "flip.test";
    for (int round = 0; round < 1000; round++) {
        bool is_inside = round % 2;
        flip[0].addresses = is_inside ? "169.254.169.254" : "127.0.0.1";
        world.app_id = round; // another app has no kept connection
        int before = script_asked;
        assert_int_equal(world_call(&world, hostile->port),
                         is_inside ? CALL_BLOCKED : CALL_ANSWERED);
        assert_int_equal(script_asked - before, 1); // once for each connection
    }
    assert_int_equal(hostile->connections, 500);
    world_done(&world);
    hostile_free(hostile);
    script_names = names;
}

static uint16_t free_port(void)
{
    struct hostile *hostile = hostile_new(serve_ok, NULL);
    uint16_t port = hostile->port;
    hostile_free(hostile);
    return port;
}

static void test_refused(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, "127.0.0.0/8", NULL);
    assert_int_equal(world_call(&world, free_port()), CALL_REFUSED);
    assert_true(world.timings.dns >= 0 && world.timings.connect == -1);
    assert_int_equal(address_port(&world.remote) != 0, 1);
    world_done(&world);
}

// A listener whose queue is full drops what comes: as a black hole does.
static int black_hole(uint16_t *ret_port, int fillers[8])
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    *ret_port = ntohs(name.sin_port);
    for (int i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fillers[i], (struct sockaddr *)&name, sizeof name) == 0)
            continue; // the first ones still find room
    }
    return fd;
}

static bool one_is_open(const struct world *world)
{
    return caller_counts(world->caller).open == 1;
}

// A call of which nothing comes until that time has passed.
static enum call_result call_and_pass(struct world *world, uint16_t port, int64_t ms)
{
    world_run(world, 0);
    world_start(world, port, 1);
    world_run_until(world, one_is_open);
    hostile_pass(ms);
    world_wait(world, world->ended + 1);
    return world->result;
}

static void test_black_hole(void **state)
{
    (void)state;
    struct world world;
    uint16_t port;
    int fillers[8], fd = black_hole(&port, fillers);
    world_init(&world, "127.0.0.0/8", NULL);
    world.timeout_ms = 30000;
    assert_int_equal(call_and_pass(&world, port, 5000), CALL_CONNECT_TIMEOUT);
    assert_in_range(world.timings.total, 4995000, 25000000);

    // the call's own deadline is nearer
    world.timeout_ms = 1000;
    assert_int_equal(call_and_pass(&world, port, 1000), CALL_CONNECT_TIMEOUT);
    assert_in_range(world.timings.total, 995000, 4500000);
    assert_int_equal(caller_counts(world.caller).open, 0);
    world_done(&world);
    close(fd);
    for (int i = 0; i < 8; i++)
        close(fillers[i]);
}

// One address swallows packets, another answers: the second is reached in time.
static void test_second_address_after_black_hole(void **state)
{
    (void)state;
    struct world world;
    uint16_t port;
    int fillers[8], fd = black_hole(&port, fillers);
    const struct script_name both[] = {{"both.test", "127.0.0.1 127.0.0.2", 0, 0},
                                       {NULL, NULL, 0, 0}};
    script_names = both;
    world_init(&world, "127.0.0.0/8", NULL);
    world.host = "both.test";
    world.timeout_ms = 30000;
    assert_int_equal(call_and_pass(&world, port, 2500), // nobody listens at the second
                     CALL_REFUSED);
    assert_in_range(world.timings.total, 2495000, 4950000);
    world_done(&world);
    close(fd);
    for (int i = 0; i < 8; i++)
        close(fillers[i]);
    script_names = names;
}

// No descriptor from here on that is not open yet.
static struct rlimit forbid_descriptors(void)
{
    struct rlimit before;
    int next = dup(0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    close(next);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void test_no_descriptors(void **state)
{
    (void)state;
    struct world world;
    struct hostile *hostile = hostile_new(serve_ok, NULL);
    world_init(&world, "127.0.0.0/8", NULL);
    struct rlimit before = forbid_descriptors();
    assert_int_equal(world_call(&world, hostile->port), CALL_LOCAL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);

    // a kept connection gives way to one that is needed
    before = forbid_descriptors();
    world.app_id = 2;
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(caller_counts(world.caller).kept, 1);
    world_done(&world);
    hostile_free(hostile);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    script_names = names;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_name_that_is_not_told),
        cmocka_unit_test(test_without_rule_nothing_leaves),
        cmocka_unit_test(test_rebinding),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_black_hole),
        cmocka_unit_test(test_second_address_after_black_hole),
        cmocka_unit_test(test_no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
