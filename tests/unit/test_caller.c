// What a call makes of receivers that misbehave: every row is a script of one of them, and
// what the merchant's developer is told.

#include "net/caller.h"

#include "hostile.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    assert_true(limit_set(LIMIT_RESPONSE_BODY_MS, 600));
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

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
