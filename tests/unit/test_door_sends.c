// Tests of webhooks: how many go out, of one webhook and of an app.

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/door_world.h"

static void make_key(struct world *world, const char *app, const char *more, char ret[160])
{
    char path[400], body[400];

    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    snprintf(body, sizeof body, "{\"name\":\"Till\"%s}", more);
    world_make(world, path, body, "key", ret);
}

static void expect(const struct reply *reply, const char *name, const char *value)
{
    char text[200];

    assert_string_equal(reply_header(reply, name, text), value);
}

static void make_webhook(struct world *world, const char *app, char ret[400])
{
    char path[400], id[160];

    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL "}", NULL, id);
    snprintf(ret, 400, "/v1/apps/%s/webhooks/%s/test", app, id);
}

static void test_rates(void **state)
{
    enum { A, B, C, OTHERS, WEBHOOKS };
    static const struct {
        int webhook, count;  // so many in a row that are sent …
        const char *limit;   // … and what is said of the last one
        const char *refused; // of one more; NULL: none is asked for
        const char *retry;
        int64_t then_skip_ms;
    } rows[] = {
        {A, 1, "\"webhook-tests\";r=2;t=20", NULL, NULL, 0},
        {A, 2, "\"webhook-tests\";r=0;t=60", "\"webhook-tests\";r=0;t=20", "20", 0},
        {B, 2, "\"app-tests\";r=0;t=60", "\"app-tests\";r=0;t=12", "12", 0},
        {OTHERS, 1, "\"webhook-tests\";r=2;t=20", NULL, NULL, 10000},
        {C, 0, NULL, "\"app-tests\";r=0;t=2", "2", 2000},
        {C, 1, "\"app-tests\";r=0;t=60", "\"app-tests\";r=0;t=12", "12", 12000},
        {A, 1, "\"webhook-tests\";r=0;t=56", NULL, NULL, 3600000},
        {A, 3, "\"webhook-tests\";r=0;t=60", "\"webhook-tests\";r=0;t=20", "20", 0},
    };
    struct world *world = world_new();
    char app[160], other[160], paths[WEBHOOKS][400];

    (void)state;
    assert_true(limit_set(LIMIT_TESTS_PER_WEBHOOK, 3));
    assert_true(limit_set(LIMIT_TESTS_PER_APP, 5));
    world_app(world, "standard", app);
    world_app(world, "standard", other);
    for (int i = 0; i < WEBHOOKS; i++) {
        make_webhook(world, i == OTHERS ? other : app, paths[i]);
    }
    world_let_send(world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = paths[rows[i].webhook], *key = world_operator(world);
        for (int n = 1; n <= rows[i].count; n++) {
            struct reply reply = world_ask(world, "POST", path, key, "", NULL);
            assert_int_equal(reply.status, 200);
            if (n == rows[i].count) {
                expect(&reply, "RateLimit", rows[i].limit);
            }
            reply_done(&reply);
        }
        if (rows[i].refused != NULL) {
            struct reply reply = world_ask(world, "POST", path, key, "", NULL);
            assert_int_equal(reply.status, 429);
            expect(&reply, "RateLimit", rows[i].refused);
            expect(&reply, "Retry-After", rows[i].retry);
            reply_done(&reply);
        }
        world_skip_ms(world, rows[i].then_skip_ms);
    }
    world_free(world);
}

// A key's own limit stands beside; what is not sent is no test.
static void test_a_keys_limit_beside(void **state)
{
    struct world *world = world_new();
    char app[160], path[400], key[160];

    (void)state;
    assert_true(limit_set(LIMIT_TESTS_PER_WEBHOOK, 20));
    assert_true(limit_set(LIMIT_TESTS_PER_APP, 60));
    world_app(world, "standard", app);
    make_key(world, app, ",\"rate_per_s\":1,\"burst\":100", key);
    make_webhook(world, app, path);
    world_let_send(world);
    assert_int_equal(world_status(world, "POST", path, key, "{\"typ\":1}"), 422);
    struct reply reply = world_ask(world, "POST", path, key, "", NULL);
    assert_int_equal(reply.status, 200);
    expect(&reply, "RateLimit-Policy", "\"key\";q=100;w=100, \"webhook-tests\";q=20;w=60");
    expect(&reply, "RateLimit", "\"key\";r=98;t=2, \"webhook-tests\";r=19;t=3");
    reply_done(&reply);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_a_keys_limit_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
