// The server over real sockets: what a client sends, and what it gets back.

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/server_world.h"

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

// Cut anywhere, the same bytes are the same requests.
static void test_requests_in_random_pieces(void **state)
{
    static const char sent[] = GET("/1")
        POST("/2", "Transfer-Encoding: chunked\r\n") "2\r\nhe\r\n3;x\r\nllo\r\n0\r\nA: "
                                                     "b\r\n\r\n" POST("/3",
                                                                      "Content-Length: "
                                                                      "3\r\n") "abc" GET("/"
                                                                                         "4")
                                                         POST("/5", "Content-Length: "
                                                                    "2\r\nTransfer-Encoding: "
                                                                    "chunked\r\n");
    uint32_t random = 1;

    for (int round = 0; round < 200; round++) {
        struct client client;
        client_init(&client, *state);
        for (size_t at = 0, len; at < sizeof sent - 1; at += len) {
            random = random * 1664525 + 1013904223;
            len = 1 + (random >> 16) % 120;
            if (len > sizeof sent - 1 - at)
                len = sizeof sent - 1 - at;
            client_send(&client, *state, sent + at, len);
        }
        client_wait(&client, *state);
        assert_received(&client, "200 200 200 200 400",
                        "GET /1? POST /2? helloPOST /3? abcGET /4? bad_framing");
        client_done(&client);
    }
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

static void test_a_refusal_at_the_head(void **state)
{
    struct client client;

    client_init(&client, *state);
    client_say(&client, *state,
               "HEAD /locked HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    assert_non_null(strstr(client.received.data, "HTTP/1.1 401 Unauthorized\r\n"));
    assert_non_null(strstr(client.received.data, "\r\nContent-Length: 15\r\n\r\n"));
    assert_null(strstr(client.received.data, "\r\n\r\nunauthenticated"));
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
        world_answer(world, world->later[i], "x", 1);
        if (i % 7 == 0)
            client_wait(&client, world);
    }
    client_wait(&client, world);
    assert_int_equal(world->later_count, 130);
    for (size_t i = 100; i < 130; i++)
        world_answer(world, world->later[i], "x", 1);
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
    world_answer(world, world->later[0], "late", 4);
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
    world_answer(world, world->later[0], "1", 1);
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

// Who has shown who it is counts once, whatever it asks afterwards, until it is gone.
static void test_trusted_clients(void **state)
{
    struct world *world = *state;
    struct client client;
    struct reply_handle nobody = {0};

    client_init(&client, world);
    server_trust(world->server, nobody);
    assert_int_equal(world->trusted, 0);
    client_say(&client, world, GET("/trust") GET("/trust"));
    assert_int_equal(world->trusted, 1);
    close(client.fd);
    for (int i = 0; i < 5; i++)
        world_turn(world);
    assert_int_equal(world->closed, 1);
    assert_int_equal(world->trusted, 0);
    buf_done(&client.received);
}

static void test_gone_clients(void **state)
{
    struct world *world = *state;
    struct client client;

    client_init(&client, world);
    client_say(&client, world, GET("/later") GET("/later") GET("/later"));
    world_answer(world, world->later[2], "x", 1); // waits for the others
    close(client.fd);
    for (int i = 0; i < 5; i++)
        world_turn(world);
    assert_int_equal(world->gone, 3);
    assert_int_equal(world->closed, 1);
    world_answer(world, world->later[0], "x", 1); // nobody's any more
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
    world_turn(world);
    world_turn(world);
    client_init(&next, world);
    client_say(&next, world, GET("/later"));
    assert_int_equal(world->later[0].slot, world->later[1].slot);
    world_answer(world, world->later[0], "wrong", 5);
    client_wait(&next, world);
    assert_int_equal(next.received.len, 0);
    world_answer(world, world->later[1], "right", 5);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exchanges),
        TEST(test_dripped_requests),
        TEST(test_requests_in_random_pieces),
        TEST(test_headers_of_a_reply),
        TEST(test_a_refusal_at_the_head),
        TEST(test_own_headers_and_head_requests),
        TEST(test_replies_leave_in_order),
        TEST(test_pipeline_is_bounded),
        TEST(test_half_close_is_no_end),
        TEST(test_continue_comes_after_what_is_owed),
        TEST(test_the_head_is_asked_about_once_and_only_if_the_body_is_late),
        TEST(test_gone_clients),
        TEST(test_trusted_clients),
        TEST(test_a_handle_never_names_another_connection),
        TEST(test_large_bodies_both_ways),
        TEST(test_one_byte_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
