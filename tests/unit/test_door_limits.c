// Limits and last uses as clients see them: a key's own limit and the default, what the
// answers say of it, failures by address, when a key was last used, which keys may make
// which, and that a key that cannot be one is refused without a look-up.

#include "hook/rows.h"
#include "store/ops.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"
#include "support/portal_client.h"

// Linked in the place of store_submit(): counts what is asked of the store.
static int submitted[OP_KINDS];
void __real_store_submit(struct store *store, struct op *op);
void __wrap_store_submit(struct store *store, struct op *op);
void __wrap_store_submit(struct store *store, struct op *op)
{
    submitted[op->kind]++;
    __real_store_submit(store, op);
}

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

static void test_a_keys_own_limit(void **state)
{
    static const struct {
        int64_t skip_ms, jump_ms;
        int status;
        const char *limit, *retry;
    } rows[] = {
        {0, 0, 200, "\"key\";r=1;t=1", ""},
        {0, 0, 200, "\"key\";r=0;t=2", ""},
        {0, 0, 429, "\"key\";r=0;t=1", "1"},
        {0, 3600000, 429, "\"key\";r=0;t=1", "1"},  // the wall clock jumps ahead …
        {0, -7200000, 429, "\"key\";r=0;t=1", "1"}, // … and back: nothing is given or taken
        {1001, 0, 200, "\"key\";r=0;t=2", ""},
        {0, 0, 429, "\"key\";r=0;t=1", "1"},
        {3600000, 0, 200, "\"key\";r=1;t=1", ""},
    };
    struct world *world = world_new();
    char app[160], key[160];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app, ",\"rate_per_s\":1,\"burst\":2", key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_skip_ms(world, rows[i].skip_ms);
        world_jump_ms(world, rows[i].jump_ms);
        struct reply reply = world_ask(world, "GET", "/v1/profiles", key, "", NULL);
        assert_int_equal(reply.status, rows[i].status);
        expect(&reply, "RateLimit", rows[i].limit);
        expect(&reply, "RateLimit-Policy", "\"key\";q=2;w=2");
        expect(&reply, "Retry-After", rows[i].retry);
        if (rows[i].status == 429) {
            assert_string_equal(reply_text(&reply, "code"), "rate_limited");
            assert_string_equal(reply_text(&reply, "detail"),
                                "this key's requests come too fast");
        }
        reply_done(&reply);
    }
    world_free(world);
}

// A change of the app makes the door read the key again; its allowance stays what it was.
static void test_a_change_refills_nothing(void **state)
{
    struct world *world = world_new();
    char app[160], key[160], path[400];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app, ",\"rate_per_s\":1,\"burst\":1", key);
    assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 200);
    snprintf(path, sizeof path, "/v1/apps/%s", app);
    assert_int_equal(
        world_status(world, "PATCH", path, world_operator(world), "{\"name\":\"New\"}"), 200);
    assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 429);
    world_free(world);
}

static void test_limits_of_keys(void **state)
{
    static const struct {
        const char *more, *policy;
        int rate, burst;
    } rows[] = {
        {"", "\"key\";q=2000;w=2", 1000, 2000},
        {",\"rate_per_s\":3,\"burst\":10", "\"key\";q=10;w=4", 3, 10},
        {",\"rate_per_s\":0", "", 0, 0},
        {",\"burst\":0", "", 0, 0},
        {",\"rate_per_s\":1000000,\"burst\":10000000", "\"key\";q=10000000;w=10", 1000000,
         10000000},
        {",\"rate_per_s\":null", "\"key\";q=2000;w=2", 1000, 2000},
    };
    struct world *world = world_new();
    char app[160], key[160];

    (void)state;
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_key(world, app, rows[i].more, key);
        struct reply reply = world_ask(world, "GET", "/v1/profiles", key, "", NULL);
        expect(&reply, "RateLimit-Policy", rows[i].policy);
        reply_done(&reply);
        reply = world_app_ask(world, "GET", app, "/keys?limit=1", NULL);
        const json_t *row = json_array_get(json_object_get(reply.json, "data"), 0);
        assert_int_equal(json_integer_value(json_object_get(row, "rate_per_s")),
                         rows[i].rate);
        assert_int_equal(json_integer_value(json_object_get(row, "burst")), rows[i].burst);
        reply_done(&reply);
    }
    struct reply reply =
        world_ask(world, "GET", "/v1/profiles", world_operator(world), "", NULL);
    expect(&reply, "RateLimit", ""); // the operator's has none
    reply_done(&reply);
    world_refuses(world, app, "/keys", "{\"name\":\"a\",\"rate_per_s\":-1}", 422,
                  "invalid_field", "/rate_per_s");
    world_refuses(world, app, "/keys", "{\"name\":\"a\",\"burst\":10000001}", 422,
                  "invalid_field", "/burst");
    world_free(world);
}

// None stronger than its maker: nor faster, nor longer-lived.
static void test_no_key_makes_a_stronger_one(void **state)
{
    static const struct {
        const char *more, *place;
    } rows[] = {
        {"", NULL},
        {",\"rate_per_s\":5,\"burst\":10", NULL},
        {",\"rate_per_s\":6", "/rate_per_s"},
        {",\"rate_per_s\":0", "/rate_per_s"},
        {",\"burst\":5000001", "/burst"},
        {",\"burst\":0", "/burst"},
        {",\"expires_at\":\"2999-01-01T00:00:00Z\"", NULL},
        {",\"expires_at\":\"2999-01-01T00:00:01Z\"", "/expires_at"},
        {",\"scopes\":[\"key:create\"]", NULL},
        {",\"scopes\":[\"event:create\"]", "/scopes"},
        {",\"mode\":\"live\"", "/mode"},
    };
    struct world *world = world_new();
    char app[160], key[160], path[400], body[400];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app,
             ",\"rate_per_s\":5,\"burst\":5000000,\"expires_at\":\"2999-01-01T00:00:00Z\","
             "\"scopes\":[\"key:create\",\"key:read\"],\"mode\":\"test\"",
             key);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(body, sizeof body, "{\"name\":\"a\"%s}", rows[i].more);
        struct reply reply = world_ask(world, "POST", path, key, "", body);
        const json_t *place = json_object_get(
            json_array_get(json_object_get(reply.json, "errors"), 0), "pointer");
        if (reply.status != (rows[i].place != NULL ? 403 : 201)) {
            fail_msg("%s: %d", body, reply.status);
        }
        if (rows[i].place != NULL) {
            assert_string_equal(json_string_value(place), rows[i].place);
        } else {
            assert_string_equal(reply_text(&reply, "mode"), "test");
            assert_true(
                strcmp(reply_text(&reply, "expires_at"), "2999-01-01T00:00:00.000Z") == 0);
            assert_in_range(json_integer_value(json_object_get(reply.json, "rate_per_s")), 1,
                            5);
        }
        reply_done(&reply);
    }
    world_free(world);
}

static void test_strangers(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (int i = 0; i < 30; i++) {
        struct reply reply = world_ask(world, "GET", "/v1/apps", NULL, "", NULL);
        assert_int_equal(reply.status, i < 20 ? 401 : 429);
        expect(&reply, "RateLimit-Policy", "\"address\";q=20;w=60");
        expect(&reply, "Retry-After", i < 20 ? "" : "3");
        reply_done(&reply);
    }
    assert_int_equal(world_status(world, "GET", "/v1/apps", world_operator(world), NULL),
                     200);
    world_jump_ms(world, 120000);
    assert_int_equal(world_status(world, "GET", "/v1/apps", NULL, NULL), 429);
    world_skip_ms(world, 60000);
    for (int i = 0; i < 25; i++) {
        assert_int_equal(world_status(world, "GET", "/v1/apps", NULL, NULL),
                         i < 20 ? 401 : 429);
    }
    world_free(world);
}

// --- look-ups ---

static void test_no_look_up_for_nonsense(void **state)
{
    struct world *world = world_new();
    char app[160], key[160], wrong[200];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app, "", key);
    submitted[OP_KEY_BY_LOOKUP] = 0;
    for (size_t i = 0; i < strlen(key); i++) { // every character changed in turn
        snprintf(wrong, sizeof wrong, "%s", key);
        wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
        assert_int_equal(world_status(world, "GET", "/v1/profiles", wrong, NULL), 401);
        world_skip_ms(world, 3001);
    }
    assert_int_equal(submitted[OP_KEY_BY_LOOKUP], 0);
    assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 200);
    assert_int_equal(submitted[OP_KEY_BY_LOOKUP], 1);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 200);
    }
    assert_int_equal(submitted[OP_KEY_BY_LOOKUP], 1); // it is known now
    world_free(world);
}

// --- last use ---

// Of the newest key of the app; "" where it is null.
static void last_use(struct world *world, const char *app, char ret[64])
{
    struct reply reply = world_app_ask(world, "GET", app, "/keys?limit=1", NULL);
    const json_t *row = json_array_get(json_object_get(reply.json, "data"), 0);
    const json_t *at = json_object_get(row, "last_used_at");

    assert_non_null(at);
    snprintf(ret, 64, "%s", json_is_null(at) ? "" : json_string_value(at));
    reply_done(&reply);
}

static void let_it_be_written(struct world *world)
{
    for (int i = 0; i < 20; i++) {
        world_turn(world);
    }
}

static void test_last_use(void **state)
{
    struct world *world = world_new();
    char app[160], key[160], first[64], again[64];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app, "", key);
    last_use(world, app, first);
    assert_string_equal(first, "");
    world_skip_ms(world, 61000); // the operator's key, which asked before, counts anew
    world_status(world, "GET", "/v1/profiles", world_operator(world), NULL);
    let_it_be_written(world);

    submitted[OP_KEY_USES] = 0;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 200);
        world_skip_ms(world, 1000);
    }
    let_it_be_written(world);
    last_use(world, app, first);
    assert_true(strlen(first) == 24);
    assert_int_equal(submitted[OP_KEY_USES], 1); // 50 uses, one write

    world_skip_ms(world, 60000);
    assert_int_equal(world_status(world, "GET", "/v1/profiles", key, NULL), 200);
    let_it_be_written(world);
    last_use(world, app, again);
    assert_true(strcmp(again, first) > 0);
    world_free(world);
}

// A session is read once, and written once a minute, however many its requests are.
static void test_a_session_costs_little(void **state)
{
    struct world *world = world_new();
    struct login login;
    char app[160];

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    let_it_be_written(world); // the operator's key was used
    submitted[OP_SESSION_BY_HASH] = submitted[OP_KEY_USES] = 0;
    for (int i = 0; i < 120; i++) {
        struct reply reply = world_ask(world, "GET", "/v1/profiles", NULL, login.reads, NULL);
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
        world_skip_ms(world, 1000);
    }
    let_it_be_written(world);
    assert_int_equal(submitted[OP_SESSION_BY_HASH], 1);
    assert_int_equal(submitted[OP_KEY_USES], 1); // after the first minute: the login was one
    world_free(world);
}

// --- the operator's ---

static void test_operator_keys(void **state)
{
    struct world *world = world_new();
    const char *first = world_operator(world);
    char key[160], own[400], path[400], id[160];

    (void)state;
    struct reply reply = world_ask(world, "GET", "/v1/keys", first, "", NULL);
    const json_t *row = json_array_get(json_object_get(reply.json, "data"), 0);
    snprintf(own, sizeof own, "/v1/keys/%s", json_string_value(json_object_get(row, "id")));
    reply_done(&reply);
    assert_int_equal(world_status(world, "DELETE", own, first, NULL), 409);

    reply = world_ask(world, "POST", "/v1/keys", first, "Idempotency-Key: k\r\n",
                      "{\"name\":\"Second\"}");
    assert_int_equal(reply.status, 201);
    snprintf(key, sizeof key, "%s", reply_text(&reply, "key"));
    snprintf(id, sizeof id, "%s", reply_text(&reply, "id"));
    assert_int_equal(strncmp(key, "ph_live_", 8), 0);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(reply.json, "scopes"), 0)),
        "operator");
    reply_done(&reply);
    reply = world_ask(world, "POST", "/v1/keys", first, "Idempotency-Key: k\r\n",
                      "{\"name\":\"Second\"}");
    assert_string_equal(reply_text(&reply, "id"), id);
    reply_done(&reply);

    assert_int_equal(world_status(world, "GET", "/v1/apps", key, NULL), 200);
    snprintf(path, sizeof path, "/v1/keys/%s", id);
    assert_int_equal(world_status(world, "DELETE", path, key, NULL), 409); // itself
    assert_int_equal(world_status(world, "DELETE", own, key, NULL), 204);
    assert_int_equal(world_status(world, "GET", "/v1/apps", first, NULL), 401);
    assert_int_equal(world_status(world, "DELETE", own, key, NULL), 404);
    world_free(world);
}

// A key of an app is none of the operator's, and has no way to these.
static void test_operator_keys_are_the_operators(void **state)
{
    struct world *world = world_new();
    char app[160], key[160], id[160], path[400];

    (void)state;
    world_app(world, "standard", app);
    make_key(world, app, "", key);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"b\"}", NULL, id);
    snprintf(path, sizeof path, "/v1/keys/%s", id);
    assert_int_equal(world_status(world, "DELETE", path, key, NULL), 403);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 404);
    assert_int_equal(world_status(world, "POST", "/v1/keys", key, "{\"name\":\"a\"}"), 403);
    assert_int_equal(world_status(world, "POST", "/v1/keys", world_operator(world),
                                  "{\"name\":\"a\",\"scopes\":[]}"),
                     422);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_keys_own_limit),
        cmocka_unit_test(test_a_change_refills_nothing),
        cmocka_unit_test(test_limits_of_keys),
        cmocka_unit_test(test_no_key_makes_a_stronger_one),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_no_look_up_for_nonsense),
        cmocka_unit_test(test_last_use),
        cmocka_unit_test(test_a_session_costs_little),
        cmocka_unit_test(test_operator_keys),
        cmocka_unit_test(test_operator_keys_are_the_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
