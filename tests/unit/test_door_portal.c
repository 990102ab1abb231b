// The portal at the door: links, logins, and what a session opens and until when. Attacks
// stand as rows.

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
#include "support/portal_client.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static int status_with(struct world *world, const char *method, const char *path,
                       const char *lines)
{
    struct reply reply = world_ask(world, method, path, NULL, lines, NULL);

    reply_done(&reply);
    return reply.status;
}

// --- links ---

static void test_what_a_link_says(void **state)
{
    static const struct {
        const char *body;
        int status;
        size_t scopes; // that the link has
        const char *place;
    } rows[] = {
        {NULL, 201, 14, NULL},
        {"{}", 201, 14, NULL},
        {"{\"scopes\":null,\"expires_in_s\":null}", 201, 14, NULL},
        {"{\"scopes\":[]}", 201, 0, NULL},
        {"{\"scopes\":[\"delivery:read\",\"key:create\"]}", 201, 2, NULL},
        {"{\"expires_in_s\":1}", 201, 14, NULL},
        {"{\"expires_in_s\":900}", 201, 14, NULL},
        {"{\"expires_in_s\":901}", 422, 0, "/expires_in_s"},
        {"{\"expires_in_s\":0}", 422, 0, "/expires_in_s"},
        {"{\"expires_in_s\":\"900\"}", 422, 0, "/expires_in_s"},
        {"{\"scopes\":[\"operator\"]}", 422, 0, "/scopes"},
        {"{\"scopes\":[\"delivery:write\"]}", 422, 0, "/scopes"},
        {"{\"scope\":[]}", 422, 0, "/scope"},
    };
    struct world *world = world_new();
    char app[160];

    (void)state;
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply = world_app_ask(world, "POST", app, "/portal-links", rows[i].body);
        char *text = json_dumps(reply.json, 0);
        if (reply.status != rows[i].status ||
            (rows[i].place != NULL && strstr(text, rows[i].place) == NULL)) {
            fail_msg("row %zu: %d %s", i, reply.status, text);
        }
        if (reply.status == 201) {
            static const char url[] = "https://hooks.example/dashboard/#portal=";
            assert_int_equal(strncmp(reply_text(&reply, "url"), url, sizeof url - 1), 0);
            assert_int_equal(strlen(reply_text(&reply, "url")), sizeof url - 1 + 43);
            assert_int_equal(json_array_size(json_object_get(reply.json, "scopes")),
                             rows[i].scopes);
            assert_null(strstr(text, "\"operator\""));
            assert_true(rows[i].scopes == 2 || strstr(text, "key:") == NULL);
        }
        free(text);
        reply_done(&reply);
    }
    world_free(world);
}

// The same Idempotency-Key makes one link and shows it again; what names a host is passed
// over.
static void test_a_link_is_made_once(void **state)
{
    static const char more[] = "Idempotency-Key: a1\r\nX-Forwarded-Host: evil.example\r\n"
                               "Forwarded: host=evil.example\r\n";
    struct world *world = world_new();
    char app[160], path[300], url[200] = "", header[200];

    (void)state;
    world_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/portal-links", app);
    for (int i = 0; i < 2; i++) {
        struct reply reply =
            world_ask(world, "POST", path, world_operator(world), more, "{}");
        assert_int_equal(reply.status, 201);
        reply_header(&reply, "Idempotency-Replayed", header);
        assert_string_equal(header, i == 0 ? "" : "true");
        assert_true(i == 0 || strcmp(url, reply_text(&reply, "url")) == 0);
        snprintf(url, sizeof url, "%s", reply_text(&reply, "url"));
        assert_null(strstr(url, "evil"));
        reply_done(&reply);
    }
    world_free(world);
}

// At the limit, one below and one above.
static void test_limits(void **state)
{
    static const int statuses[] = {201, 201, 409};
    struct world *world = world_new();
    struct login login;
    char app[160], token[64], body[100];

    (void)state;
    world_app(world, "standard", app);
    assert_true(limit_set(LIMIT_LINKS, 2));
    for (size_t i = 0; i < 3; i++) {
        struct reply reply = world_app_ask(world, "POST", app, "/portal-links", "{}");
        assert_int_equal(reply.status, statuses[i]);
        assert_true(i < 2 || strcmp(reply_text(&reply, "code"), "quota_exceeded") == 0);
        reply_done(&reply);
    }
    assert_true(limit_set(LIMIT_LINKS, limit_row(LIMIT_LINKS)->normal));
    assert_true(limit_set(LIMIT_SESSIONS, 2));
    world_log_in(world, app, NULL, &login);
    world_log_in(world, app, NULL, &login);
    world_link(world, app, NULL, token);
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
    assert_int_equal(world_status(world, "POST", "/v1/session", NULL, body), 409);
    world_skip_ms(world, limit(LIMIT_SESSION_IDLE_MS)); // they have ended by themselves …
    assert_int_equal(world_status(world, "POST", "/v1/session", NULL, body), 401);
    world_log_in(world, app, NULL, &login); // … as has the link
    assert_true(limit_set(LIMIT_SESSIONS, limit_row(LIMIT_SESSIONS)->normal));
    world_free(world);
}

// --- logging in ---

static void test_a_link_opens_one_session(void **state)
{
    static const struct {
        const char *body; // %s: the token
        int after_ms, status;
    } rows[] = {
        {"{\"token\":\"%s\"}", 15 * MINUTE - SECOND, 201},
        {"{\"token\":\"%s\"}", 15 * MINUTE, 401},
        {"{\"token\":\"%sx\"}", 0, 401},
        {"{\"token\":\"x%.42s\"}", 0, 401},
        {"{\"token\":\"%.42s\"}", 0, 401},
        {"{\"token\":\" %s\"}", 0, 401},
        {"{\"token\":\"%s\",\"expires_at\":\"2999-01-01T00:00:00Z\"}", 0, 422},
        {"{\"token\":\"\"}", 0, 422},
        {"{\"token\":7}", 0, 422},
        {"{}", 0, 422},
    };
    struct world *world = world_new();
    char app[160], token[64], body[200];

    (void)state;
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_link(world, app, NULL, token);
        snprintf(body, sizeof body, rows[i].body, token);
        world_skip_ms(world, rows[i].after_ms);
        assert_int_equal(world_status(world, "POST", "/v1/session", NULL, body),
                         rows[i].status);
        if (rows[i].status == 201) { // and not another one
            assert_int_equal(world_status(world, "POST", "/v1/session", NULL, body), 401);
        }
    }
    world_free(world);
}

// A page of another site cannot log anybody in; a program can.
static void test_login_from_elsewhere(void **state)
{
    static const struct {
        const char *lines;
        int status;
    } rows[] = {
        {"", 201},
        {"Sec-Fetch-Site: same-origin\r\n", 201},
        {"Origin: https://hooks.example\r\n", 201},
        {"Sec-Fetch-Site: cross-site\r\n", 403},
        {"Sec-Fetch-Site: same-site\r\n", 403},
        {"Origin: https://evil.example\r\n", 403},
        {"Origin: null\r\n", 403},
    };
    struct world *world = world_new();
    char app[160], token[64], body[200];

    (void)state;
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_link(world, app, NULL, token);
        snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
        struct reply reply =
            world_ask(world, "POST", "/v1/session", NULL, rows[i].lines, body);
        assert_int_equal(reply.status, rows[i].status);
        reply_done(&reply);
    }
    world_free(world);
}

// A cookie that was there before is not taken over, and another name or two of them are none.
static void test_cookies(void **state)
{
    struct world *world = world_new();
    struct login first, second;
    char app[160], lines[11][500];
    static const int statuses[11] = {200, 200, 401, 401, 401, 401, 401, 200, 401, 401, 401};

    (void)state;
    world_app(world, "standard", app);
    world_log_in(world, app, NULL, &first);
    world_log_in(world, app, NULL, &second);
    assert_string_not_equal(first.cookie, second.cookie);
    assert_string_not_equal(first.id, second.id);
    const char *name = "__Host-posthorn";
    snprintf(lines[0], 500, "Cookie: %s=%s\r\n", name, first.cookie);
    snprintf(lines[1], 500, "Cookie: a=1; %s=%s; b=2\r\n", name, second.cookie);
    snprintf(lines[2], 500, "Cookie: posthorn=%s\r\n", first.cookie);
    snprintf(lines[3], 500, "Cookie: %s=%s; %s=x\r\n", name, first.cookie, name);
    snprintf(lines[4], 500, "Cookie: %s=%s; %s=%s\r\n", name, first.cookie, name,
             first.cookie);
    snprintf(lines[5], 500, "Cookie: %s=%s\r\nCookie: a=1\r\n", name, first.cookie);
    snprintf(lines[10], 500, "Cookie: a=1\r\nCookie: %s=%s\r\n", name, first.cookie);
    snprintf(lines[6], 500, "Cookie: %s=%sx\r\n", name, first.cookie);
    snprintf(lines[7], 500, "Cookie: %s=%s; %s2=x\r\n", name, first.cookie, name);
    snprintf(lines[8], 500, "Cookie: %s=%s\r\n", name, first.token); // of the link
    snprintf(lines[9], 500, "Cookie: %s=%s\r\nAuthorization: Bearer x\r\n", name,
             first.cookie); // what says who asks is the key
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(status_with(world, "GET", "/v1/session", lines[i]), statuses[i]);
    }
    assert_int_equal(status_with(world, "GET", "/api/webhooks", first.reads), 403);
    assert_int_equal(status_with(world, "GET", "/api/v0/webhooks", first.reads), 401);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_link_says),
        cmocka_unit_test(test_a_link_is_made_once),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_a_link_opens_one_session),
        cmocka_unit_test(test_login_from_elsewhere),
        cmocka_unit_test(test_cookies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
