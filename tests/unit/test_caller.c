// What a call makes of receivers that misbehave: every row is a script of one of them, and
// what the merchant's developer is told. Then the ones that drip or never end.

#include "net/caller.h"

#include "base/clock.h"
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

enum ending { HOLD, CLOSE, RESET };

struct row {
    const char *reply;
    size_t len;
    enum ending ending;
    enum call_result result;
    int status;
    bool is_kept; // a second call would use the same connection
    const char *body;
    bool is_cut;
};

#define REPLY(text) text, sizeof(text) - 1
#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define L2 "Content-Length: 2\r\n\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define FIVE(text) text text text text text

static const struct row rows[] = {
    // well behaved
    {REPLY(OK_HEAD L2 "ok"), HOLD, CALL_ANSWERED, 200, true, "ok", false},
    {REPLY("HTTP/1.1 500 Oh\r\n" L2 "no"), HOLD, CALL_ANSWERED, 500, true, "no", false},
    {REPLY("HTTP/1.1 999 What\r\n" L2 "no"), HOLD, CALL_ANSWERED, 999, true, "no", false},
    {REPLY(OK_HEAD "Content-Length: 0\r\n\r\n"), HOLD, CALL_ANSWERED, 200, true, "", false},
    {REPLY(OK_HEAD CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), HOLD, CALL_ANSWERED, 200,
     true, "abcde", false},
    {REPLY(OK_HEAD CHUNKED "1\r\na\r\n0\r\nX-T: 1\r\n\r\n"), HOLD, CALL_ANSWERED, 200, true,
     "a", false},
    {REPLY(OK_HEAD "\r\nuntil the end"), CLOSE, CALL_ANSWERED, 200, false, "until the end",
     false},
    {REPLY(OK_HEAD "Connection: close\r\n" L2 "ok"), HOLD, CALL_ANSWERED, 200, false, "ok",
     false},
    {REPLY("HTTP/1.0 200 OK\r\n" L2 "ok"), HOLD, CALL_ANSWERED, 200, false, "ok", false},
    {REPLY("HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD L2 "ok"), HOLD, CALL_ANSWERED, 200, true,
     "ok", false},
    {REPLY("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\n" OK_HEAD L2 "ok"),
     HOLD, CALL_ANSWERED, 200, true, "ok", false},
    {REPLY("HTTP/1.1 200\r\n" L2 "ok"), HOLD, CALL_ANSWERED, 200, true, "ok", false},
    // no body by status, whatever is said or sent
    {REPLY("HTTP/1.1 204 No\r\n\r\n"), HOLD, CALL_ANSWERED, 204, true, "", false},
    {REPLY("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello"), HOLD, CALL_ANSWERED, 204,
     false, "", false},
    {REPLY("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), HOLD, CALL_ANSWERED, 204, false,
     "", false},
    {REPLY("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"), HOLD, CALL_ANSWERED, 304, true,
     "", false},
    {REPLY("HTTP/1.1 205 R\r\nContent-Length: 2\r\n\r\nok"), HOLD, CALL_ANSWERED, 205, true,
     "ok", false},
    // more than the answer: never taken for the next one
    {REPLY(OK_HEAD L2 "okHTTP/1.1 500 Evil\r\n" L2 "no"), HOLD, CALL_ANSWERED, 200, false,
     "ok", false},
    {REPLY(OK_HEAD CHUNKED "1\r\na\r\n0\r\n\r\n\r\n"), HOLD, CALL_ANSWERED, 200, false, "a",
     false},
    // closed too early
    {REPLY(""), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY("HTTP/1.1 200 OK\r\n"), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY("HTTP/1.1 2"), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY(OK_HEAD "Content-Le"), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY(OK_HEAD "Content-Length: 2\r\n"), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY("HTTP/1.1 100 Continue\r\n\r\n"), CLOSE, CALL_INCOMPLETE, 0, false, "", false},
    {REPLY(""), RESET, CALL_RESET, 0, false, "", false},
    {REPLY(OK_HEAD "Content-Length: 2\r\n"), RESET, CALL_RESET, 0, false, "", false},
    // the head was whole, so it counts
    {REPLY(OK_HEAD "Content-Length: 9\r\n\r\nhel"), CLOSE, CALL_ANSWERED, 200, false, "hel",
     true},
    {REPLY(OK_HEAD CHUNKED "9\r\nhel"), CLOSE, CALL_ANSWERED, 200, false, "hel", true},
    {REPLY(OK_HEAD CHUNKED "zz\r\n"), HOLD, CALL_ANSWERED, 200, false, "", true},
    {REPLY(OK_HEAD CHUNKED "FFFFFFFFFFFFFFFFF\r\n"), HOLD, CALL_ANSWERED, 200, false, "",
     true},
    {REPLY(OK_HEAD "Content-Length: 9\r\n\r\nhel"), HOLD, CALL_ANSWERED, 200, false, "hel",
     true},
    // lengths that can be read in two ways
    {REPLY(OK_HEAD "Content-Length: 2\r\n" CHUNKED "2\r\nok\r\n0\r\n\r\n"), HOLD,
     CALL_ANSWERED, 200, false, "", true},
    {REPLY(OK_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"), HOLD, CALL_ANSWERED,
     200, false, "", true},
    {REPLY(OK_HEAD "Content-Length: +2\r\n\r\nok"), HOLD, CALL_ANSWERED, 200, false, "",
     true},
    {REPLY(OK_HEAD "Content-Length: -1\r\n\r\nok"), HOLD, CALL_ANSWERED, 200, false, "",
     true},
    {REPLY("HTTP/1.1 500 Oh\r\nContent-Length: +2\r\n\r\nok"), HOLD, CALL_BAD_FRAMING, 0,
     false, "", false},
    {REPLY("HTTP/1.1 302 F\r\nContent-Length: 2\r\n" CHUNKED "0\r\n\r\n"), HOLD,
     CALL_BAD_FRAMING, 0, false, "", false},
    {REPLY(OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), HOLD,
     CALL_BAD_FRAMING, 0, false, "", false},
    {REPLY(OK_HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), HOLD, CALL_BAD_FRAMING, 0,
     false, "", false},
    // status lines
    {REPLY("HTTP/1.1 000 No\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("HTTP/1.1 20 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("HTTP/1.1 2000 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("HTTP/1.1 -200 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("HTTP/1.1 200x OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("hello, I am HTTP/0.9\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false,
     "", false},
    {REPLY("hello"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("ICY 200 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("HTTP/2.0 200 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    {REPLY("\r\nHTTP/1.1 200 OK\r\n\r\n"), HOLD, CALL_BAD_STATUS_LINE, 0, false, "", false},
    // header lines
    {REPLY(OK_HEAD "X : 1\r\n\r\n"), HOLD, CALL_BAD_RESPONSE, 0, false, "", false},
    {REPLY(OK_HEAD "X: 1\n\r\n"), HOLD, CALL_BAD_RESPONSE, 0, false, "", false},
    {REPLY(OK_HEAD "X: 1\r\n folded\r\n\r\n"), HOLD, CALL_BAD_RESPONSE, 0, false, "", false},
    {REPLY(OK_HEAD "X: a\0b\r\n\r\n"), HOLD, CALL_BAD_RESPONSE, 0, false, "", false},
    {REPLY(OK_HEAD "no colon\r\n\r\n"), HOLD, CALL_BAD_RESPONSE, 0, false, "", false},
    // interim answers
    {REPLY("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), HOLD, CALL_UNEXPECTED_101, 0,
     false, "", false},
    {REPLY(FIVE("HTTP/1.1 102 P\r\n\r\n") FIVE("HTTP/1.1 102 P\r\n\r\n")), HOLD,
     CALL_TOO_MANY_INTERIM, 0, false, "", false},
    {REPLY(FIVE("HTTP/1.1 102 P\r\n\r\n") "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
                                          "HTTP/1.1 100 C\r\n\r\n" OK_HEAD L2 "ok"),
     HOLD, CALL_ANSWERED, 200, true, "ok", false},
};

// Answers each request with the row's reply.
static void serve_row(struct hostile *hostile, int fd, int nth)
{
    const struct row *row = hostile->argument;
    (void)nth;
    while (hostile_read(hostile, fd)) {
        if (!hostile_send(fd, row->reply, row->len))
            return;
        if (row->ending == RESET)
            hostile_reset(fd);
        if (row->ending != HOLD)
            return;
    }
}

static void check_row(const struct row *row, struct world *world)
{
    struct hostile *hostile = hostile_new(serve_row, row);
    enum call_result result = world_call(world, hostile->port);
    if (result != row->result || world->status != row->status)
        fail_msg("%.60s: %s %d %s", row->reply, call_result_slug(result), world->status,
                 world->detail);
    if (result == CALL_ANSWERED &&
        (world->answer_len != strlen(row->body) || world->is_cut != row->is_cut ||
         memcmp(world->answer, row->body, world->answer_len) != 0))
        fail_msg("%.60s: body %.*s cut %d", row->reply, (int)world->answer_len, world->answer,
                 world->is_cut);
    assert_false(world->was_kept);
    assert_int_equal(hostile->requests, 1);
    world_call(world, hostile->port);
    if (world->was_kept != row->is_kept)
        fail_msg("%.60s: kept %d", row->reply, world->was_kept);
    if (world->result != row->result) // the second answer is read as the first was
        fail_msg("%.60s: then %s", row->reply, call_result_slug(world->result));
    hostile_free(hostile);
}

static void test_rows(void **state)
{
    (void)state;
    struct world world;
    assert_true(limit_set(LIMIT_RESPONSE_BODY_MS, 100));
    world_init(&world, "127.0.0.0/8", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i], &world);
    world_done(&world);
}

// The same replies, a byte at a time: the verdict does not depend on how they come.
static void serve_row_in_bytes(struct hostile *hostile, int fd, int nth)
{
    const struct row *row = hostile->argument;
    (void)nth;
    if (!hostile_read(hostile, fd))
        return;
    for (size_t i = 0; i < row->len && hostile_send(fd, row->reply + i, 1); i++)
        usleep(50);
    if (row->ending == RESET)
        hostile_reset(fd);
    else if (row->ending == HOLD)
        hostile_wait(fd);
}

static void test_rows_in_bytes(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, "127.0.0.0/8", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hostile *hostile = hostile_new(serve_row_in_bytes, &rows[i]);
        enum call_result result = world_call(&world, hostile->port);
        if (result != rows[i].result || world.status != rows[i].status)
            fail_msg("%.60s: %s %d", rows[i].reply, call_result_slug(result), world.status);
        hostile_free(hostile);
    }
    world_done(&world);
}

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
        assert_in_range(world.timings.total, 395000, 2000000);
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
    world.timeout_ms = 300;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct hostile *hostile = hostile_new(streams[i].script, NULL);
        world.body = large;
        world.body_len = streams[i].body_len;
        enum call_result result = world_call(&world, hostile->port);
        int64_t ms = world.timings.total / 1000;
        if (result != streams[i].result || ms < streams[i].least_ms || ms > 2000)
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_in_bytes),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_nothing_spins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
