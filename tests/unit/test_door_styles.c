// Platforms' own doors over a real store: the hour's calls and their reset, what stands in
// the answers to those who ask for too much, and whose keys open which door.

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
        cmocka_unit_test(test_which_key_opens_which_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
