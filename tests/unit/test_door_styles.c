// Platforms' own doors over a real store: the hour's calls and their reset, what stands in
// the answers to those who ask for too much, and whose keys open which door.

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

enum { HOUR_MS = 3600000 };

// The header lines that show a new key of a new app.
static void pair_headers(struct world *world, const char *mode, char ret[300])
{
    char app[160], body[100];

    world_app(world, "devdraft", app);
    snprintf(body, sizeof body, "{\"name\":\"Till\",\"mode\":\"%s\"}", mode);
    struct reply made = world_app_ask(world, "POST", app, "/keys", body);
    assert_int_equal(made.status, 201);
    snprintf(ret, 300, "x-client-key: %s\r\nx-client-secret: %s\r\n",
             reply_text(&made, "client_key"), reply_text(&made, "client_secret"));
    reply_done(&made);
}

static long number(const struct reply *reply, const char *name)
{
    char text[200];

    reply_header(reply, name, text);
    return text[0] != '\0' ? strtol(text, NULL, 10) : -1;
}

static void test_window_ends(void **state)
{
    static const struct {
        const char *mode;
        int most;
    } rows[] = {{"test", 100}, {"live", 1000}};
    struct world *world = world_new();
    char key[300];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pair_headers(world, rows[i].mode, key);
        long reset = 0;
        for (int call = 1; call <= rows[i].most + 2; call++) {
            struct reply reply = world_ask(world, "GET", "/api/v0/webhooks", NULL, key, NULL);
            bool is_over = call > rows[i].most;
            reset = call == 1 ? number(&reply, "X-RateLimit-Reset") : reset;
            assert_int_equal(reply.status, is_over ? 429 : 200);
            assert_int_equal(number(&reply, "X-RateLimit-Limit"), rows[i].most);
            assert_int_equal(number(&reply, "X-RateLimit-Remaining"),
                             is_over ? 0 : rows[i].most - call);
            assert_int_equal(number(&reply, "X-RateLimit-Reset"), reset);
            assert_int_equal(number(&reply, "Retry-After") > 0, is_over);
            reply_done(&reply);
        }
        world_skip_ms(world, HOUR_MS);
        struct reply reply = world_ask(world, "GET", "/api/v0/webhooks", NULL, key, NULL);
        assert_int_equal(reply.status, 200);
        assert_int_equal(number(&reply, "X-RateLimit-Remaining"), rows[i].most - 1);
        assert_int_equal(number(&reply, "X-RateLimit-Reset"), reset + 3600);
        reply_done(&reply);
    }
    world_free(world);
}

// Each is counted, whatever comes of it.
static void test_all_calls_count(void **state)
{
    char *large = world_large_body();
    const struct {
        const char *method, *path, *body;
        int status;
    } rows[] = {
        {"GET", "/api/v0/webhooks", NULL, 200},
        {"GET", "/api/v0/webhooks/wh_0", NULL, 404},
        {"GET", "/api/v0/nothing", NULL, 404},
        {"PUT", "/api/v0/webhooks", "{}", 405},
        {"POST", "/api/v0/webhooks", large, 413},
        {"POST", "/api/v0/webhooks", "{", 400},
        {"POST", "/api/v0/webhooks", "{}", 400},
        {"POST", "/api/v0/webhooks", "{\"name\":\"abc\"," URL "}", 201},
    };
    struct world *world = world_new();
    char key[300];

    (void)state;
    pair_headers(world, "test", key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply =
            world_ask(world, rows[i].method, rows[i].path, NULL, key, rows[i].body);
        assert_int_equal(reply.status, rows[i].status);
        assert_int_equal(number(&reply, "X-RateLimit-Remaining"), 99 - (long)i);
        reply_done(&reply);
    }
    free(large);
    world_free(world);
}

// --- what cannot be served ---

#define JSON "Content-Type: application/json\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n" JSON

// Of a request whose head can be read: who asks is known, and the call counts.
static const struct broken {
    const char *method, *path, *lines, *body;
    int status;
    int strangers; // status at the native door, for who has no key
} broken[] = {
    {"GET", "/no/thing/at/all", "", "", 404, 404},
    {"TRACE", "", "", "", 405, 405},
    {"FOO", "", "", "", 501, 501},
    {"POST", "", "Expect: 200-ok\r\nContent-Length: 2\r\n", "{}", 417, 417},
    {"POST", "", "Content-Type: text/xml\r\nContent-Length: 2\r\n", "{}", 415, 401},
    {"POST", "", "Content-Length: 2\r\n", "{}", 415, 401},
    {"POST", "", JSON "Content-Length: 262145\r\n", "", 413, 401},
    {"POST", "", JSON "Content-Length: 99999999999999999999\r\n", "", 413, 401},
    {"POST", "", CHUNKED, "40001\r\n", 413, 401},
    {"GET", "", "Content-Length: 262145\r\n", "", 413, 401},
    {"POST", "", CHUNKED, "5 \r\nhello", 400, 400},
    {"GET", "", CHUNKED, "5 \r\nhello", 400, 400},
    {"POST", "", CHUNKED, "0\r\nA: b\nc\r\n\r\n", 400, 400},
    {"POST", "", "Content-Length: 9\r\n", "{", 408, 408},
};

static struct reply say(struct world *world, const char *door, const char *key,
                        const struct broken *row)
{
    char text[1000];

    snprintf(text, sizeof text, "%s %s%s HTTP/1.1\r\nHost: a\r\n%s%s\r\n%s", row->method,
             door, row->path, key, row->lines, row->body);
    return world_say(world, text);
}

static void test_what_has_a_head_counts(void **state)
{
    struct world *world = world_new();
    char key[300];

    (void)state;
    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 100));
    pair_headers(world, "test", key);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct reply reply = say(world, "/api/v0/webhooks", key, &broken[i]);
        assert_int_equal(reply.status, broken[i].status);
        assert_int_equal(json_integer_value(json_object_get(reply.json, "statusCode")),
                         broken[i].status);
        assert_int_equal(number(&reply, "X-RateLimit-Limit"), 100);
        assert_int_equal(number(&reply, "X-RateLimit-Remaining"), 99 - (long)i);
        reply_done(&reply);

        reply = say(world, "/api/v0/webhooks", "", &broken[i]);
        assert_int_equal(reply.status, 401);
        assert_int_equal(number(&reply, "X-RateLimit-Limit"), -1);
        reply_done(&reply);
        world_skip_ms(world, 3001);
    }
    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 20000));
    world_free(world);
}

static void test_the_same_at_the_other_doors(void **state)
{
    struct world *world = world_new();
    char bearer[300];

    (void)state;
    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 100));
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n", world_operator(world));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct broken *row = &broken[i];
        struct reply reply = say(world, "/v1/apps", bearer, row);
        assert_int_equal(reply.status, row->status);
        assert_non_null(strstr(reply.head, "application/problem+json"));
        reply_done(&reply);
        reply = say(world, "/v1/apps", "", row);
        assert_int_equal(reply.status, row->strangers);
        assert_int_equal(strstr(reply.head, "WWW-Authenticate: Bearer") != NULL,
                         row->strangers == 401);
        reply_done(&reply);
        reply = say(world, "/api/webhooks", "", row);
        assert_int_equal(reply.status, row->strangers == 401 ? 403 : row->strangers);
        reply_done(&reply);
        world_skip_ms(world, 6001);
    }
    assert_true(limit_set(LIMIT_REQUEST_BODY_MS, 20000));
    world_free(world);
}

// Whose call it was nobody can say: it is not counted, and the door is not known either.
static void test_what_has_no_head_counts_for_nobody(void **state)
{
    static const struct {
        const char *start, *lines;
        int status;
    } rows[] = {
        {"GET /api/v0/web hooks HTTP/1.1", "", 400},
        {"GET /api/v0/webhooks HTTP/3.0", "", 505},
        {"GET /api/v0/webhooks HTTP/1.1", "Host: b\r\n", 400},
        {"GET /api/v0/webhooks HTTP/1.1", "A : b\r\n", 400},
        {"POST /api/v0/webhooks HTTP/1.1", "Content-Length: 1\r\n" CHUNKED, 400},
        {"GET http://other/api/v0/webhooks HTTP/1.1", "", 400},
    };
    struct world *world = world_new();
    char key[300], text[1000];

    (void)state;
    pair_headers(world, "test", key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "%s\r\nHost: a\r\n%s%s\r\n", rows[i].start, key,
                 rows[i].lines);
        struct reply reply = world_say(world, text);
        assert_int_equal(reply.status, rows[i].status);
        assert_non_null(strstr(reply.head, "application/problem+json"));
        assert_int_equal(number(&reply, "X-RateLimit-Limit"), -1);
        reply_done(&reply);
    }
    struct reply reply = world_ask(world, "GET", "/api/v0/webhooks", NULL, key, NULL);
    assert_int_equal(number(&reply, "X-RateLimit-Remaining"), 99);
    reply_done(&reply);
    world_free(world);
}

// Who waits for 100 Continue is told at once, as at the end.
static void test_no_continue_without_a_key(void **state)
{
    static const struct broken waits = {
        "POST", "", "Expect: 100-continue\r\nContent-Length: 9\r\n", "", 0, 0};
    static const struct {
        const char *door, *challenge;
        int status;
    } rows[] = {
        {"/v1/apps", "Bearer realm=\"posthorn\"", 401},
        {"/api/v0/webhooks", "ClientKey realm=\"posthorn\"", 401},
        {"/api/webhooks", "", 403},
    };
    struct world *world = world_new();
    char text[200];

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        const char *door = rows[i % 3].door;
        struct reply reply = say(world, door, "", &waits);
        assert_int_equal(reply.status, i < 20 ? rows[i % 3].status : 429);
        if (i < 20) {
            assert_string_equal(reply_header(&reply, "WWW-Authenticate", text),
                                rows[i % 3].challenge);
        }
        reply_done(&reply);
    }
    world_free(world);
}

// The app's profile decides the form of its keys, and a key opens its door and the native
// one.
static void test_which_key_opens_which_door(void **state)
{
    struct world *world = world_new();
    char pair[300], app[160], sk[160], path[300];

    (void)state;
    pair_headers(world, "live", pair);
    world_app(world, "yoco", app);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"Till\"}", "key", sk);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    const struct {
        const char *path, *key, *more;
        int status;
    } rows[] = {
        {"/api/v0/webhooks", NULL, pair, 200},
        {"/api/webhooks", sk, "", 200},
        {path, sk, "", 200},
        {"/api/v0/webhooks", sk, "", 401},
        {"/api/webhooks", NULL, pair, 403},
        {"/api/v0/webhooks", world_operator(world), "", 401},
        {"/api/webhooks", world_operator(world), "", 403},
        {"/api/webhooks", NULL, "", 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply =
            world_ask(world, "GET", rows[i].path, rows[i].key, rows[i].more, NULL);
        assert_int_equal(reply.status, rows[i].status);
        reply_done(&reply);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_ends),
        cmocka_unit_test(test_all_calls_count),
        cmocka_unit_test(test_what_has_a_head_counts),
        cmocka_unit_test(test_the_same_at_the_other_doors),
        cmocka_unit_test(test_what_has_no_head_counts_for_nobody),
        cmocka_unit_test(test_no_continue_without_a_key),
        cmocka_unit_test(test_which_key_opens_which_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
