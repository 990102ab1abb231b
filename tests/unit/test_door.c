// The door with a real server before it and a real store behind it: who may do what, in which
// order things are refused, and what the objects look like.

#include "api/routes.h"
#include "hook/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

// Two apps alike, with a webhook, an event, a delivery and a key each.
struct shop {
    char app[160], webhook[160], event[160], delivery[160], key_id[160], key[160];
};

static void send_event(struct world *world, struct shop *shop)
{
    char path[400];

    snprintf(path, sizeof path, "/v1/apps/%s/events", shop->app);
    struct reply reply = world_ask(world, "POST", path, world_operator(world), "",
                                   "{\"type\":\"a\",\"payload\":1.10}");
    assert_int_equal(reply.status, 202);
    json_t *delivery = json_array_get(json_object_get(reply.json, "deliveries"), 0);
    snprintf(shop->event, sizeof shop->event, "%s", reply_text(&reply, "id"));
    snprintf(shop->delivery, sizeof shop->delivery, "%s",
             json_string_value(json_object_get(delivery, "id")));
    reply_done(&reply);
}

static void open_shop(struct world *world, struct shop *shop)
{
    char path[400];

    world_make(world, "/v1/apps", "{\"name\":\"Shop\",\"profile\":\"standard\"}", NULL,
               shop->app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", shop->app);
    world_make(world, path, "{\"name\":\"Orders\"," URL "}", NULL, shop->webhook);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", shop->app);
    world_make(world, path, "{\"name\":\"Other\",\"scopes\":[]}", NULL, shop->key_id);
    world_make(world, path, "{\"name\":\"Till\"}", "key", shop->key);
    send_event(world, shop);
}

// The pattern's path with the shop's ids in it.
static void path_of(const struct route *route, const struct shop *shop, char ret[600])
{
    const char *values[PATH_NAMES] = {
        [PATH_APP] = shop->app,           [PATH_KEY] = shop->key_id,
        [PATH_WEBHOOK] = shop->webhook,   [PATH_EVENT] = shop->event,
        [PATH_DELIVERY] = shop->delivery, [PATH_PROFILE] = "yoco",
        [PATH_TYPE] = "own.type",
    };
    size_t len = 0;

    for (const char *at = route->pattern; *at != '\0';) {
        enum path_name name = 0;
        if (*at != '{') {
            ret[len++] = *at++;
            continue;
        }
        while (strncmp(at + 1, path_name_text(name), strlen(path_name_text(name))) != 0 ||
               at[1 + strlen(path_name_text(name))] != '}') {
            name++;
        }
        len += (size_t)snprintf(ret + len, 600 - len, "%s", values[name]);
        at = strchr(at, '}') + 1;
    }
    ret[len] = '\0';
}

static const char *body_of(const struct route *route)
{
    return (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0 ? "{}" : NULL;
}

// Platforms' own doors answer in their own way: test_style.c, test_door_styles.c.
static bool is_native(const struct route *route)
{
    return strncmp(route->pattern, "/api/", 5) != 0;
}

static bool is_closed(const struct route *route)
{
    return (route->flags & ROUTE_OPEN) == 0;
}

static void test_without_a_key(void **state)
{
    static const char *const keys[] = {
        NULL, "x", "ph_live_aaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
    struct world *world = world_new();
    struct shop shop;

    (void)state;
    open_shop(world, &shop);
    for (size_t i = 0; i < route_count; i++) {
        char path[600], header[200];
        if (!is_native(&routes[i])) {
            continue;
        }
        path_of(&routes[i], &shop, path);
        struct reply reply =
            world_ask(world, routes[i].method, path, keys[i % 3], "", body_of(&routes[i]));
        if (is_closed(&routes[i])) {
            assert_int_equal(reply.status, 401);
            assert_string_equal(reply_text(&reply, "code"), "unauthenticated");
            assert_int_equal(
                strncmp(reply_header(&reply, "WWW-Authenticate", header), "Bearer", 6), 0);
        } else {
            bool is_login = routes[i].op == OP_SESSION; // by a link's token, which is missing
            assert_int_equal(reply.status, is_login ? 422 : 200);
        }
        reply_done(&reply);
        world_skip_ms(world, 60001); // 20 failures a minute are answered so
    }
    world_free(world);
}

static void test_without_the_scope(void **state)
{
    struct world *world = world_new();
    struct shop shop;
    char path[600], key[160];

    (void)state;
    open_shop(world, &shop);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", shop.app);
    world_make(world, path, "{\"name\":\"None\",\"scopes\":[]}", "key", key);
    for (size_t i = 0; i < route_count; i++) {
        if (!is_closed(&routes[i]) || !is_native(&routes[i]) ||
            (routes[i].flags & ROUTE_ANY_KEY) != 0) {
            continue;
        }
        path_of(&routes[i], &shop, path);
        struct reply reply =
            world_ask(world, routes[i].method, path, key, "", body_of(&routes[i]));
        assert_int_equal(reply.status, 403);
        assert_string_equal(reply_text(&reply, "code"), "forbidden_scope");
        assert_non_null(
            strstr(reply_text(&reply, "detail"), scope_text((enum scope)routes[i].scope)));
        reply_done(&reply);
    }
    world_free(world);
}

// The text of an answer without what differs in every one.
static char *bare(struct reply *reply)
{
    json_object_del(reply->json, "instance");
    return json_dumps(reply->json, JSON_SORT_KEYS);
}

static void assert_same_404(struct world *world, const struct route *route, const char *key,
                            const struct shop *foreign, const struct shop *unknown)
{
    char path[600];

    path_of(route, foreign, path);
    struct reply one = world_ask(world, route->method, path, key, "", body_of(route));
    path_of(route, unknown, path);
    struct reply other = world_ask(world, route->method, path, key, "", body_of(route));
    char *texts[] = {bare(&one), bare(&other)};
    if (one.status != 404) {
        fail_msg("%s %s: %d %s", route->method, path, one.status, texts[0]);
    }
    assert_int_equal(other.status, 404);
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    reply_done(&one);
    reply_done(&other);
}

// Another app's things, reached through one's own app and through the other: each answers as
// if it did not exist.
static void test_foreign_is_as_unknown(void **state)
{
    struct world *world = world_new();
    struct shop mine, theirs;

    (void)state;
    open_shop(world, &mine);
    open_shop(world, &theirs);
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (strstr(route->pattern, "{app}") == NULL || route->scope == SCOPE_OPERATOR) {
            continue;
        }
        struct shop unknown = {"app_unknown", "wh_unknown",  "evt_unknown",
                               "dlv_unknown", "key_unknown", ""};
        assert_same_404(world, route, mine.key, &theirs, &unknown);
        const char *object = strchr(strchr(route->pattern, '}') + 1, '{');
        if (object == NULL || strcmp(object, "{type}") == 0) { // any app may add that one
            continue;
        }
        struct shop through = theirs, nowhere = unknown;
        memcpy(through.app, mine.app, sizeof mine.app);
        memcpy(nowhere.app, mine.app, sizeof mine.app);
        assert_same_404(world, route, mine.key, &through, &nowhere);
        assert_same_404(world, route, world_operator(world), &through, &nowhere);
    }
    world_free(world);
}

// The earlier check wins: each row breaks one thing more than the next.
static void test_order_of_checks(void **state)
{
    struct world *world = world_new();
    struct shop shop;
    char path[600];

    (void)state;
    open_shop(world, &shop);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", shop.app);
    char *large = world_large_body();
    const struct {
        const char *method, *path, *key, *more, *body;
        int status;
    } rows[] = {
        {"POST", "/v1/nothing", NULL, "Content-Type: text/plain\r\n", large, 404},
        {"PUT", path, NULL, "Content-Type: text/plain\r\n", large, 405},
        {"POST", path, NULL, "Content-Type: text/plain\r\n", large, 401},
        {"POST", "/v1/apps", shop.key, "Content-Type: text/plain\r\n", large, 403},
        {"POST", "/v1/apps/x/webhooks", shop.key, "Content-Type: text/plain\r\n", large, 404},
        {"POST", path, shop.key, "Content-Type: text/plain\r\n", large, 415},
        {"POST", path, shop.key, "X-No-Content-Type: 1\r\n", large, 415},
        {"POST", path, shop.key, "", large, 413},
        {"GET", path, shop.key, "", large, 413},
        {"POST", path, shop.key, "", "{", 400},
        {"POST", path, shop.key, "", "{\"a\":1,\"a\":2}", 400},
        {"POST", path, shop.key, "", "[]", 422},
        {"POST", path, shop.key, "", "{\"colour\":1}", 422},
        {"POST", path, shop.key, "Idempotency-Key:\r\n", "{" URL "}", 422},
        {"POST", path, shop.key, "", "{" URL "}", 201},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply = world_ask(world, rows[i].method, rows[i].path, rows[i].key,
                                       rows[i].more, rows[i].body);
        if (reply.status != rows[i].status) {
            fail_msg("row %zu: %d %s", i, reply.status, reply_text(&reply, "detail"));
        }
        reply_done(&reply);
    }
    free(large);
    world_free(world);
}

static void test_a_change_is_seen_at_once(void **state)
{
    struct world *world = world_new();
    struct shop shop;
    char path[600], keys[600];

    (void)state;
    open_shop(world, &shop);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks/%s", shop.app, shop.webhook);
    assert_int_equal(world_status(world, "PATCH", path, shop.key, "{\"enabled\":false}"),
                     200);
    char events[600];
    snprintf(events, sizeof events, "/v1/apps/%s/events", shop.app);
    struct reply reply =
        world_ask(world, "POST", events, shop.key, "", "{\"type\":\"a\",\"payload\":1}");
    assert_int_equal(reply.status, 202);
    assert_int_equal(json_array_size(json_object_get(reply.json, "deliveries")), 0);
    reply_done(&reply);

    snprintf(keys, sizeof keys, "/v1/apps/%s/keys/%s", shop.app, shop.key_id);
    assert_int_equal(world_status(world, "DELETE", keys, shop.key, NULL), 204);
    snprintf(path, sizeof path, "/v1/apps/%s", shop.app);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 204);
    assert_int_equal(world_status(world, "GET", events, shop.key, NULL), 401);
    assert_int_equal(world_status(world, "GET", path, world_operator(world), NULL), 404);
    world_free(world);
}

static void test_once(void **state)
{
    static const char *const things[] = {"webhooks", "keys", "events"};
    static const char *const bodies[] = {"{" URL "}", "{\"name\":\"K\"}",
                                         "{\"type\":\"a\",\"payload\":1}"};
    struct world *world = world_new();
    struct shop shop;

    (void)state;
    open_shop(world, &shop);
    for (size_t i = 0; i < 3; i++) {
        char path[600], header[200];
        snprintf(path, sizeof path, "/v1/apps/%s/%s", shop.app, things[i]);
        const char *more = "Idempotency-Key: order 77\r\n";
        struct reply first = world_ask(world, "POST", path, shop.key, more, bodies[i]);
        struct reply again = world_ask(world, "POST", path, shop.key, more, bodies[i]);
        struct reply other =
            world_ask(world, "POST", path, shop.key, more,
                      i == 2 ? "{\"type\":\"a\",\"payload\":2}" : "{\"name\":\"X\"," URL "}");
        assert_int_equal(first.status, again.status);
        assert_true(json_equal(first.json, again.json));
        assert_string_equal(reply_header(&first, "Idempotency-Replayed", header), "");
        assert_string_equal(reply_header(&again, "Idempotency-Replayed", header), "true");
        assert_int_equal(other.status, 422);
        reply_done(&first);
        reply_done(&again);
        reply_done(&other);
    }
    world_free(world);
}

static void test_pages(void **state)
{
    struct world *world = world_new();
    struct shop shop;
    char path[600], next[100] = "";
    size_t seen = 0;

    (void)state;
    open_shop(world, &shop);
    for (int i = 0; i < 6; i++) {
        send_event(world, &shop);
    }
    do {
        snprintf(path, sizeof path, "/v1/apps/%s/deliveries?limit=3%s%s", shop.app,
                 next[0] != '\0' ? "&cursor=" : "", next);
        struct reply reply = world_ask(world, "GET", path, shop.key, "", NULL);
        assert_int_equal(reply.status, 200);
        assert_true(json_array_size(json_object_get(reply.json, "data")) <= 3);
        seen += json_array_size(json_object_get(reply.json, "data"));
        snprintf(next, sizeof next, "%s", reply_text(&reply, "next_cursor"));
        if (next[0] != '\0') { // of another query it is not one
            snprintf(path, sizeof path, "/v1/apps/%s/deliveries?type=a&cursor=%s", shop.app,
                     next);
            assert_int_equal(world_status(world, "GET", path, shop.key, NULL), 400);
        }
        reply_done(&reply);
    } while (next[0] != '\0');
    assert_int_equal(seen, 7);

    static const struct {
        const char *query;
        int status;
    } rows[] = {
        {"limit=0", 422},
        {"limit=251", 422},
        {"limit=1&limit=1", 422},
        {"colour=1", 422},
        {"state=lost", 422},
        {"status=9xx", 422},
        {"since=yesterday", 422},
        {"cursor=abc", 400},
        {"=1", 422},
        {"webhook=wh_1", 200},
        {"status=5xx", 200},
        {"state=in_flight", 200},
        {"state=delivered", 200},
        {"type=a", 200},
        {"since=2024-01-01T00:00:00Z", 200},
        {"until=2024-01-01T00%3A00%3A00Z", 200},
        {"%6cimit=1", 422},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(path, sizeof path, "/v1/apps/%s/deliveries?%s", shop.app, rows[i].query);
        int status = world_status(world, "GET", path, shop.key, NULL);
        if (status != rows[i].status) {
            fail_msg("%s: %d", rows[i].query, status);
        }
    }
    world_free(world);
}

static void test_payload_comes_back_as_it_came(void **state)
{
    struct world *world = world_new();
    struct shop shop;
    char path[600];

    (void)state;
    open_shop(world, &shop);
    snprintf(path, sizeof path, "/v1/apps/%s/events/%s", shop.app, shop.event);
    struct reply reply = world_ask(world, "GET", path, shop.key, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_true(json_real_value(json_object_get(reply.json, "payload")) > 1.09);
    assert_string_equal(reply_text(&reply, "type"), "a");
    reply_done(&reply);
    snprintf(path, sizeof path, "/v1/apps/%s/deliveries/%s", shop.app, shop.delivery);
    reply = world_ask(world, "GET", path, shop.key, "", NULL);
    assert_string_equal(reply_text(&reply, "webhook"), shop.webhook);
    assert_string_equal(reply_text(&reply, "event"), shop.event);
    reply_done(&reply);
    world_free(world);
}

static void test_ready_and_figures(void **state)
{
    struct world *world = world_new();

    (void)state;
    assert_int_equal(world_status(world, "GET", "/readyz", NULL, NULL), 200);
    world_unready(world, "the store has not answered for 7 s");
    struct reply reply = world_ask(world, "GET", "/readyz", NULL, "", NULL);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply_text(&reply, "detail"), "the store has not answered for 7 s");
    reply_done(&reply);
    assert_int_equal(world_status(world, "GET", "/healthz", NULL, NULL), 200);
    world_free(world);
}

// Figures are open on loopback, and else the operator's. All other open routes stay open.
static void test_who_sees_figures(void **state)
{
    static const struct {
        bool is_loopback;
        int stranger, app;
    } rows[] = {{true, 200, 200}, {false, 401, 403}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_listening(rows[i].is_loopback);
        struct shop shop;
        open_shop(world, &shop);
        const char *operator_key = world_operator(world);
        assert_int_equal(world_status(world, "GET", "/metrics", NULL, NULL),
                         rows[i].stranger);
        assert_int_equal(world_status(world, "GET", "/metrics", shop.key, NULL), rows[i].app);
        assert_int_equal(world_status(world, "GET", "/metrics", operator_key, NULL), 200);
        assert_int_equal(world_status(world, "GET", "/readyz", NULL, NULL), 200);
        world_free(world);
    }
}

static void test_failures_are_slowed_down(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (int i = 0; i < 25; i++) {
        assert_int_equal(world_status(world, "GET", "/v1/apps", "x", NULL),
                         i < 20 ? 401 : 429);
    }
    assert_int_equal(world_status(world, "GET", "/v1/apps", world_operator(world), NULL),
                     200);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_key),
        cmocka_unit_test(test_without_the_scope),
        cmocka_unit_test(test_foreign_is_as_unknown),
        cmocka_unit_test(test_order_of_checks),
        cmocka_unit_test(test_a_change_is_seen_at_once),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_payload_comes_back_as_it_came),
        cmocka_unit_test(test_ready_and_figures),
        cmocka_unit_test(test_who_sees_figures),
        cmocka_unit_test(test_failures_are_slowed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
