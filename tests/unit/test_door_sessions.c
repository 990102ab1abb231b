// The portal at the door: links, logins, and what a session opens and until when. Attacks
// stand as rows.

#include "api/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"
#include "support/portal_client.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static int status_with(struct world *world, const char *method, const char *path,
                       const char *lines)
{
    struct reply reply = world_ask(world, method, path, NULL, lines, NULL);

    reply_done(&reply);
    return reply.status;
}

static void expect_opens(struct world *world, const struct login *login, bool opens)
{
    int status = status_with(world, "GET", "/v1/session", login->reads);

    assert_int_equal(status, opens ? 200 : 401);
}

// --- what a session opens ---

static const char *body_of(const struct route *route)
{
    return (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0 ? "{}" : NULL;
}

static bool is_asked(const struct route *route)
{
    return strncmp(route->pattern, "/v1/", 4) == 0 && (route->flags & ROUTE_OPEN) == 0 &&
           strcmp(route->pattern, "/v1/session") != 0;
}

// With things that do not exist, so that none is changed.
static void path_of(const struct route *route, const char *app, char ret[600])
{
    const char *brace = strstr(route->pattern, "{app}");

    if (brace == NULL) {
        snprintf(ret, 600, "%s", route->pattern);
    } else {
        snprintf(ret, 600, "%.*s%s%s", (int)(brace - route->pattern), route->pattern, app,
                 brace + strlen("{app}"));
    }
}

// Every route answers a session as it answers a key of the same scopes.
static void test_a_session_is_asked_like_a_key(void **state)
{
    static const char *const scopes[] = {"", "\"webhook:read\"", "\"delivery:retry\"",
                                         "\"webhook:create\",\"key:create\""};
    struct world *world = world_new();
    char app[160], other[160], path[600], body[200], key[160];

    (void)state;
    world_app(world, "standard", app);
    world_app(world, "standard", other);
    for (size_t i = 0; i < 4 * route_count; i++) {
        static struct login login;
        const struct route *route = &routes[i % route_count];
        if (i % route_count == 0) {
            snprintf(body, sizeof body, "{\"scopes\":[%s]}", scopes[i / route_count]);
            world_log_in(world, app, body, &login);
            snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
            snprintf(body, sizeof body, "{\"name\":\"Till\",\"scopes\":[%s]}",
                     scopes[i / route_count]);
            world_make(world, path, body, "key", key);
        }
        for (int turn = 0; turn < 2 && is_asked(route); turn++) {
            path_of(route, turn == 0 ? app : other, path);
            int status = world_status(world, route->method, path, key, body_of(route));
            struct reply reply =
                world_ask(world, route->method, path, NULL, login.lines, body_of(route));
            if (reply.status != status) {
                fail_msg("%s %s: %d, of a key %d", route->method, path, reply.status, status);
            }
            if (strcmp(reply_text(&reply, "code"), "forbidden_scope") == 0) {
                assert_non_null(
                    strstr(reply_text(&reply, "detail"), "the session lacks the scope "));
            }
            reply_done(&reply);
        }
    }
    world_free(world);
}

// What another site's page can make a browser send.
static void test_requests_of_other_pages(void **state)
{
    static const struct {
        const char *lines; // beside the cookie
        bool has_token;
        const char *method, *type;
        int status;
    } rows[] = {
        {"", true, "POST", "application/json", 403},
        {"", false, "POST", "application/json", 403},
        {"Sec-Fetch-Site: same-origin\r\n", false, "POST", "application/json", 403},
        {"Sec-Fetch-Site: cross-site\r\n", true, "POST", "application/json", 403},
        {"Sec-Fetch-Site: same-site\r\n", true, "POST", "text/plain", 403},
        {"Sec-Fetch-Site: none\r\n", true, "POST", "application/json", 403},
        {"Sec-Fetch-Site: cross-site\r\nOrigin: https://hooks.example\r\n", true, "POST",
         "application/json", 403},
        {"Origin: https://evil.example\r\n", true, "POST",
         "application/x-www-form-urlencoded", 403},
        {"Origin: null\r\n", true, "POST", "application/json", 403},
        {"Origin: null\r\n", false, "DELETE", "application/json", 403},
        {"Origin: null\r\n", false, "PATCH", "application/json", 403},
        {"Origin: https://hooks.example\r\n", true, "POST", "text/plain", 415},
        {"Origin: https://hooks.example\r\n", true, "POST", "application/json", 201},
        {"Sec-Fetch-Site: same-origin\r\n", true, "POST", "application/json", 201},
        {"Sec-Fetch-Site: cross-site\r\n", false, "GET", "application/json", 200},
    };
    struct world *world = world_new();
    struct login login;
    char app[160], path[600], lines[800];

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool is_post = strcmp(rows[i].method, "POST") == 0;
        bool is_get = strcmp(rows[i].method, "GET") == 0;
        snprintf(path, sizeof path, "/v1/apps/%s/webhooks%s", app,
                 is_post || is_get ? "" : "/wh_x");
        snprintf(lines, sizeof lines, "%s%sContent-Type: %s\r\nX-Posthorn-CSRF: %s\r\n",
                 login.reads, rows[i].lines, rows[i].type,
                 rows[i].has_token ? login.csrf : "x");
        struct reply reply =
            world_ask(world, rows[i].method, path, NULL, lines, is_get ? NULL : "{" URL "}");
        if (reply.status != rows[i].status ||
            (reply.status == 403 && strcmp(reply_text(&reply, "code"), "csrf") != 0)) {
            fail_msg("row %zu: %d %s", i, reply.status, reply_text(&reply, "detail"));
        }
        reply_done(&reply);
    }
    snprintf(path, sizeof path, "/webhooks");
    struct reply list = world_app_ask(world, "GET", app, path, NULL);
    assert_int_equal(json_array_size(json_object_get(list.json, "data")), 2);
    reply_done(&list);
    world_free(world);
}

// Another session's token does not do, nor one beside another.
static void test_tokens_of_others(void **state)
{
    struct world *world = world_new();
    struct login mine, theirs;
    char app[160], path[300], lines[3][800];
    static const int statuses[3] = {403, 403, 422};

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &mine);
    world_log_in(world, app, NULL, &theirs);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    static const char site[] = "Sec-Fetch-Site: same-origin\r\n";
    snprintf(lines[0], 800, "%s%sX-Posthorn-CSRF: %s\r\n", mine.reads, site, theirs.csrf);
    snprintf(lines[1], 800, "%sX-Posthorn-CSRF: %s\r\n", mine.lines, mine.csrf);
    snprintf(lines[2], 800, "%s", mine.lines);
    for (size_t i = 0; i < 3; i++) {
        struct reply reply = world_ask(world, "POST", path, NULL, lines[i], "{}");
        assert_int_equal(reply.status, statuses[i]);
        reply_done(&reply);
    }
    world_free(world);
}

// --- until when ---

static void test_a_session_idles(void **state)
{
    static const struct {
        int after_ms;
        bool opens;
    } rows[] = {{29 * MINUTE, true},  {29 * MINUTE, true}, {MINUTE, true},
                {30 * MINUTE, false}, {0, false},          {MINUTE, false}};
    struct world *world = world_new();
    struct login login;
    char app[160];

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_skip_ms(world, rows[i].after_ms);
        expect_opens(world, &login, rows[i].opens);
    }
    world_free(world);
}

static void test_a_session_ends_whatever_happens(void **state)
{
    struct world *world = world_new();
    struct login login;
    char app[160];

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    for (int i = 1; i < 24; i++) { // every 20 minutes
        world_skip_ms(world, 20 * MINUTE);
        expect_opens(world, &login, true);
    }
    world_skip_ms(world, 20 * MINUTE - SECOND);
    expect_opens(world, &login, true);
    world_skip_ms(world, SECOND);
    expect_opens(world, &login, false);
    world_free(world);
}

// Its use is written at most once a minute.
static void test_when_it_was_seen(void **state)
{
    static const struct {
        int after_ms;
        bool moves;
    } rows[] = {{40 * SECOND, false}, {20 * SECOND, true}, {SECOND, false}, {MINUTE, true}};
    struct world *world = world_new();
    struct login login;
    char app[160], later[160], seen[40] = "";

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    for (size_t i = 0; i <= sizeof rows / sizeof *rows; i++) {
        if (i > 0) {
            world_skip_ms(world, rows[i - 1].after_ms);
            expect_opens(world, &login, true);
        }
        for (int turn = 0; turn < 20; turn++) { // the door's timer
            world_turn(world);
        }
        world_app(world, "standard", later); // what the store was given before is written
        struct reply list = world_app_ask(world, "GET", app, "/sessions", NULL);
        const json_t *row = json_array_get(json_object_get(list.json, "data"), 0);
        const char *now = json_string_value(json_object_get(row, "last_seen_at"));
        assert_non_null(now);
        assert_true(i == 0 || (strcmp(now, seen) != 0) == rows[i - 1].moves);
        assert_string_equal(json_string_value(json_object_get(row, "address")), "127.0.0.1");
        snprintf(seen, sizeof seen, "%s", now);
        reply_done(&list);
    }
    world_free(world);
}

static void log_out(struct world *world, const char *app, const struct login *login)
{
    char header[200];

    (void)app;
    struct reply reply = world_ask(world, "DELETE", "/v1/session", NULL, login->lines, NULL);
    assert_int_equal(reply.status, 204);
    assert_non_null(strstr(reply_header(&reply, "Set-Cookie", header), "Max-Age=0"));
    reply_done(&reply);
}

static void revoke(struct world *world, const char *app, const struct login *login)
{
    char path[600];

    snprintf(path, sizeof path, "/v1/apps/%s/sessions/%s", app, login->id);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 204);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 404);
}

static void revoke_all(struct world *world, const char *app, const struct login *login)
{
    char path[600], token[64], body[100];

    (void)login;
    world_link(world, app, NULL, token);
    snprintf(path, sizeof path, "/v1/apps/%s/sessions", app);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 204);
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
    assert_int_equal(world_status(world, "POST", "/v1/session", NULL, body), 401);
}

static void erase(struct world *world, const char *app, const struct login *login)
{
    char path[600];

    (void)login;
    snprintf(path, sizeof path, "/v1/apps/%s", app);
    assert_int_equal(world_status(world, "DELETE", path, world_operator(world), NULL), 204);
}

// Each end is one for every worker when it is answered, and for this session's app alone.
static void test_ends(void **state)
{
    static void (*const ends[])(struct world *, const char *,
                                const struct login *) = {log_out, revoke, revoke_all, erase};
    struct world *world = world_new();
    struct login other, mine;
    char app[160], others[160];

    (void)state;
    world_app(world, "standard", others);
    world_log_in(world, others, NULL, &other);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        world_app(world, "standard", app);
        world_log_in(world, app, NULL, &mine);
        expect_opens(world, &mine, true);
        ends[i](world, app, &mine);
        expect_opens(world, &mine, false);
        assert_int_equal(status_with(world, "GET", "/v1/profiles", mine.reads), 401);
        expect_opens(world, &other, true);
    }
    world_free(world);
}

// The answer to whoever ends a session waits until each worker has dropped it.
static void test_an_end_waits_for_the_workers(void **state)
{
    struct world *world = world_new();
    struct login login;
    char app[160], path[600];
    int status;

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    expect_opens(world, &login, true);
    snprintf(path, sizeof path, "/v1/apps/%s/sessions/%s", app, login.id);
    world_hold_changes(world, true);
    struct pipeline *pipeline =
        world_begin(world, "DELETE", path, world_operator(world), NULL, 1);
    expect_opens(world, &login, true); // this worker has not heard of it yet
    assert_true(world_hold_changes(world, false));
    world_end(world, pipeline, &status);
    assert_int_equal(status, 204);
    expect_opens(world, &login, false);
    world_free(world);
}

// --- who asks ---

static void test_self(void **state)
{
    struct world *world = world_new();
    struct login login;
    char app[160], key[160], path[300];

    (void)state;
    world_app(world, "yoco", app);
    world_log_in(world, app, NULL, &login);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"Till\"}", "key", key);
    for (int i = 0; i < 3; i++) {
        struct reply reply = world_ask(world, "GET", "/v1/self",
                                       i == 0   ? world_operator(world)
                                       : i == 1 ? key
                                                : NULL,
                                       i == 2 ? login.reads : "", NULL);
        const json_t *own = json_object_get(reply.json, "app");
        assert_int_equal(reply.status, 200);
        assert_int_equal(json_is_null(own), i == 0);
        assert_int_equal(json_is_null(json_object_get(reply.json, "key")), i == 2);
        assert_int_equal(json_is_null(json_object_get(reply.json, "session")), i != 2);
        assert_true(i == 0 ||
                    strcmp(json_string_value(json_object_get(own, "id")), app) == 0);
        assert_true(i == 0 ||
                    strcmp(json_string_value(json_object_get(own, "profile")), "yoco") == 0);
        reply_done(&reply);
    }
    assert_int_equal(world_status(world, "GET", "/v1/session", key, NULL), 404);
    assert_int_equal(world_status(world, "DELETE", "/v1/session", key, NULL), 404);
    world_free(world);
}

// The door learns of the app's change while it reads the row of the key that asks.
static void test_self_while_the_app_changes(void **state)
{
    struct world *world = world_new();
    char app[160], key[160], path[300], events[300];
    int status, changed;

    (void)state;
    world_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"Till\"}", "key", key);
    assert_int_equal(world_status(world, "GET", "/v1/self", key, NULL), 200);
    snprintf(events, sizeof events, "/v1/apps/%s/events", app);
    world_hold_changes(world, true);
    snprintf(path, sizeof path, "/v1/apps/%s", app);
    struct pipeline *change =
        world_begin(world, "PATCH", path, world_operator(world), "{\"name\":\"Another\"}", 1);
    assert_int_equal(world_status(world, "POST", events, world_operator(world),
                                  "{\"type\":\"a\",\"payload\":1}"),
                     202); // by then the change has come
    world_hold(world, true);
    struct pipeline *self = world_begin(world, "GET", "/v1/self", key, NULL, 1);
    world_hold(world, true);
    assert_true(world_hold_changes(world, false));
    world_hold(world, false);
    world_end(world, self, &status);
    world_end(world, change, &changed);
    assert_int_equal(status, 200);
    assert_int_equal(changed, 200);
    world_free(world);
}

// It has the allowance of a key, and its address that of strangers once it has ended.
static void test_rates(void **state)
{
    struct world *world = world_new();
    struct login login;
    char app[160], header[200];

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &login);
    struct reply reply = world_ask(world, "GET", "/v1/session", NULL, login.reads, NULL);
    assert_string_equal(reply_header(&reply, "RateLimit-Policy", header),
                        "\"session\";q=2000;w=2");
    assert_string_equal(reply_header(&reply, "RateLimit", header), "\"session\";r=1999;t=1");
    reply_done(&reply);
    log_out(world, app, &login);
    for (int i = 0; i < 21; i++) {
        assert_int_equal(status_with(world, "GET", "/v1/session", login.reads),
                         i < 20 ? 401 : 429);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_is_asked_like_a_key),
        cmocka_unit_test(test_requests_of_other_pages),
        cmocka_unit_test(test_tokens_of_others),
        cmocka_unit_test(test_a_session_idles),
        cmocka_unit_test(test_a_session_ends_whatever_happens),
        cmocka_unit_test(test_when_it_was_seen),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_an_end_waits_for_the_workers),
        cmocka_unit_test(test_self),
        cmocka_unit_test(test_self_while_the_app_changes),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
