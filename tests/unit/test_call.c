// Receivers that drip, never end, answer too early or take nothing: each call ends in time,
// in one of the ways there are, and costs nothing while it waits.

#include "net/call.h"

#include "hostile.h"

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

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define L2 "Content-Length: 2\r\n\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"

static void serve_silence(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        hostile_wait(fd);
}

static void serve_dripped_head(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd) && hostile_say(fd, OK_HEAD))
        while (hostile_pause(fd, 20) && hostile_say(fd, "X: 1\r\n"))
            ;
}

static void serve_dripped_interim(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        while (hostile_pause(fd, 120) && hostile_say(fd, "HTTP/1.1 102 P\r\n\r\n"))
            ;
}

static void serve_dripped_body(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd) && hostile_say(fd, OK_HEAD "Content-Length: 1000\r\n\r\n"))
        while (hostile_pause(fd, 20) && hostile_say(fd, "x"))
            ;
}

static void serve_endless_lines(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd) && hostile_say(fd, OK_HEAD))
        while (hostile_say(fd, "X: 1\r\n"))
            ;
}

static void serve_endless(int fd, const char *start)
{
    static char page[4096];
    memset(page, 'x', sizeof page);
    if (hostile_say(fd, start))
        while (hostile_send(fd, page, sizeof page))
            ;
}

static void serve_endless_line(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, OK_HEAD "X: ");
}

static void serve_endless_reason(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, "HTTP/1.1 200 ");
}

static void serve_endless_body(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, OK_HEAD "\r\n");
}

static void serve_vast_body(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, OK_HEAD "Content-Length: 10000000000000\r\n\r\n");
}

static void serve_vast_chunk(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, OK_HEAD CHUNKED "ffffffffff\r\n");
}

static void serve_endless_trailer(struct hostile *hostile, int fd, int nth)
{
    (void)nth;
    if (hostile_read(hostile, fd))
        serve_endless(fd, OK_HEAD CHUNKED "1\r\na\r\n0\r\nX: ");
}

// Answers before the request was read, then resets while it is still being sent.
static void serve_early(struct hostile *hostile, int fd, int nth)
{
    (void)hostile;
    (void)nth;
    if (hostile_say(fd, OK_HEAD L2 "ok"))
        hostile_pause(fd, 100);
}

// The same, but the body never comes; meanwhile the request could still be written.
static void serve_early_head(struct hostile *hostile, int fd, int nth)
{
    char byte;
    (void)hostile;
    (void)nth;
    if (recv(fd, &byte, 1, 0) == 1 && hostile_say(fd, OK_HEAD "Content-Length: 99\r\n\r\n"))
        hostile_wait(fd);
}

static void serve_nothing_taken(struct hostile *hostile, int fd, int nth)
{
    (void)hostile;
    (void)nth;
    usleep(600000);
    hostile_pause(fd, 0);
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
           1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

// Waiting is waiting: a descriptor that stays ready must not turn the loop all the time.
static void test_nothing_spins(void **state)
{
    (void)state;
    hostile_script *const scripts[] = {serve_silence, serve_early_head, serve_nothing_taken};
    struct world world;
    char *large = calloc(1, 16 << 20);
    assert_non_null(large);
    assert_true(limit_set(LIMIT_RESPONSE_BODY_MS, 400));
    world_init(&world, "127.0.0.0/8", NULL);
    world.timeout_ms = 400;
    world.body = large;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct hostile *hostile = hostile_new(scripts[i], NULL);
        world.body_len = i == 0 ? 7 : 16 << 20;
        int64_t before_us = cpu_us();
        world_call(&world, hostile->port);
        int64_t spent_us = cpu_us() - before_us;
        assert_in_range(world.timings.total, 395000, 15000000);
        if (spent_us > 200000)
            fail_msg("script %zu: %ld us", i, (long)spent_us);
        hostile_free(hostile);
    }
    assert_true(limit_set(LIMIT_RESPONSE_BODY_MS, 100));
    free(large);
    world_done(&world);
}

static void test_streams(void **state)
{
    (void)state;
    static const struct {
        hostile_script *script;
        enum call_result result;
        int64_t least_ms; // deadlines: 300 for the head, 100 for the body
        size_t body_len;  // of the request
    } streams[] = {
        {serve_silence, CALL_TIMEOUT, 295, 7},
        {serve_dripped_head, CALL_TIMEOUT, 295, 7},
        {serve_dripped_interim, CALL_TIMEOUT, 295, 7},
        {serve_dripped_body, CALL_ANSWERED, 95, 7},
        {serve_endless_lines, CALL_HEADERS_TOO_LARGE, 0, 7},
        {serve_endless_line, CALL_HEADERS_TOO_LARGE, 0, 7},
        {serve_endless_reason, CALL_HEADERS_TOO_LARGE, 0, 7},
        {serve_endless_body, CALL_ANSWERED, 0, 7},
        {serve_vast_body, CALL_ANSWERED, 0, 7},
        {serve_vast_chunk, CALL_ANSWERED, 0, 7},
        {serve_endless_trailer, CALL_ANSWERED, 0, 7},
        {serve_early, CALL_ANSWERED, 0, 16 << 20},
        {serve_early_head, CALL_ANSWERED, 95, 16 << 20},
        {serve_nothing_taken, CALL_TIMEOUT, 295, 16 << 20},
    };
    struct world world;
    char *large = calloc(1, 16 << 20);
    assert_non_null(large);
    world_init(&world, "127.0.0.0/8", NULL);
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct hostile *hostile = hostile_new(streams[i].script, NULL);
        world.body = large;
        world.body_len = streams[i].body_len;
        world.timeout_ms = streams[i].result == CALL_TIMEOUT ? 300 : 15000;
        enum call_result result = world_call(&world, hostile->port);
        int64_t ms = world.timings.total / 1000;
        if (result != streams[i].result || ms < streams[i].least_ms || ms > 15000)
            fail_msg("stream %zu: %s after %ld ms", i, call_result_slug(result), (long)ms);
        if (world.answer_len > (size_t)limit(LIMIT_RESPONSE_KEPT))
            fail_msg("stream %zu: %zu bytes of body", i, world.answer_len);
        assert_int_equal(caller_counts(world.caller).kept, 0);
        hostile_free(hostile);
    }
    free(large);
    world_done(&world);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (!limit_set(LIMIT_RESPONSE_BODY_MS, 100))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_nothing_spins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
