// What the door makes: webhooks by each platform's rules, keys in each platform's form,
// secrets shown and rotated, and changes that meet.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

#define URL "\"url\":\"http://127.0.0.1:9999/hook\""
#define TOKEN "\"secret\":\"my-verification-token\""

static void make_app(struct world *world, const char *profile, char ret[160])
{
    char body[200];

    snprintf(body, sizeof body, "{\"name\":\"Shop\",\"profile\":\"%s\"}", profile);
    world_make(world, "/v1/apps", body, NULL, ret);
}

static struct reply ask(struct world *world, const char *method, const char *app,
                        const char *rest, const char *body)
{
    char path[600];

    snprintf(path, sizeof path, "/v1/apps/%s%s", app, rest);
    return world_ask(world, method, path, world_operator(world), "", body);
}

static void assert_refused(struct world *world, const char *app, const char *rest,
                           const char *body, int status, const char *code, const char *place)
{
    struct reply reply = ask(world, "POST", app, rest, body);
    char *text = json_dumps(json_object_get(reply.json, "errors"), JSON_ENCODE_ANY);

    if (reply.status != status || strcmp(reply_text(&reply, "code"), code) != 0 ||
        (place != NULL && (text == NULL || strstr(text, place) == NULL))) {
        fail_msg("%s: %d %s %s", body, reply.status, reply_text(&reply, "code"), text);
    }
    free(text);
    reply_done(&reply);
}

static void test_webhooks_refused(void **state)
{
    static const struct {
        const char *profile, *body;
        int status;
        const char *code, *place;
    } rows[] = {
        {"standard", "{\"name\":\"x\"}", 422, "invalid_field", "/url"},
        {"standard", "{\"url\":\"example.com\"}", 422, "invalid_url", "/url"},
        {"standard", "{\"url\":\"http://10.0.0.1/\"}", 422, "invalid_url", "/url"},
        {"standard", "{\"url\":\"http://1.2.3.4/\"}", 422, "invalid_url", "/url"},
        {"standard", "{\"url\":\"https://169.254.169.254/\"}", 422, "invalid_url", "/url"},
        {"standard", "{\"url\":\"https://shop.internal/\"}", 422, "invalid_url", "/url"},
        {"standard", "{\"url\":null}", 422, "invalid_field", "/url"},
        {"standard", "{" URL ",\"colour\":1}", 422, "unknown_field", "/colour"},
        {"standard", "{" URL ",\"id\":\"wh_1\"}", 422, "unknown_field", "/id"},
        {"standard", "{" URL ",\"waits\":[-1]}", 422, "invalid_field", "/waits"},
        {"standard", "{" URL ",\"headers\":{\"host\":\"x\"}}", 422, "header_not_allowed",
         "/headers"},
        {"standard", "{" URL ",\"secret\":\"short\"}", 422, "invalid_field", "/secret"},
        {"mileston", "{" URL "}", 422, "invalid_field", "/secret"},
        {"mileston", "{" URL ",\"secret\":\"a b\"}", 422, "invalid_field", "/secret"},
        {"mileston", "{" URL "," TOKEN ",\"events\":[\"lost\"]}", 422, "unknown_event_type",
         "/events"},
        {"stablemint", "{" URL "}", 422, "invalid_field", "/events"},
        {"stablemint", "{" URL ",\"events\":[\"InwardPaymentFailed\"],\"secret\":\"x\"}", 422,
         "invalid_field", "/secret"},
        {"stablemint",
         "{" URL ",\"events\":[\"InwardPaymentFailed\",\"OutwardPaymentSent\"]}", 422,
         "invalid_field", "/events"},
        {"yoco", "{\"name\":\"x\"," URL ",\"events\":[\"payment.succeeded\"]}", 422,
         "invalid_field", "/events"},
        {"devdraft", "{\"name\":\"abc\"," URL ",\"secret\":\"short\"}", 422, "invalid_field",
         "/secret"},
    };
    struct world *world = world_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char app[160];
        make_app(world, rows[i].profile, app);
        assert_refused(world, app, "/webhooks", rows[i].body, rows[i].status, rows[i].code,
                       rows[i].place);
        struct reply list = ask(world, "GET", app, "/webhooks", NULL);
        assert_int_equal(json_array_size(json_object_get(list.json, "data")), 0);
        reply_done(&list);
    }
    world_free(world);
}

// As many as the contract allows, and which secret the 201 and a later look show.
static void test_webhooks_by_contract(void **state)
{
    static const struct {
        const char *profile, *body;
        int most;                  // then 409; 0: more than are tried
        const char *secret_begins; // NULL: none is shown
        int shown_later;
    } rows[] = {
        {"standard", "{\"name\":\"Orders\"," URL "}", 0, "whsec_", 409},
        {"yoco", "{\"name\":\"Orders\"," URL "}", 5, "whsec_", 409},
        {"mesilat", "{\"name\":\"Orders\"," URL "}", 1, "", 200},
        {"mileston", "{\"name\":\"Orders\"," URL "," TOKEN "}", 0, "my-verification-token",
         200},
        {"devdraft", "{\"name\":\"Orders\"," URL "}", 0, "", 409},
        {"stablemint", "{\"name\":\"Orders\"," URL ",\"events\":[\"InwardPaymentFailed\"]}",
         1, NULL, 409},
    };
    struct world *world = world_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char app[160], rest[300];
        make_app(world, rows[i].profile, app);
        for (int made = 0; made < 6; made++) {
            struct reply reply = ask(world, "POST", app, "/webhooks", rows[i].body);
            bool is_over = rows[i].most > 0 && made >= rows[i].most;
            if (reply.status != (is_over ? 409 : 201)) {
                fail_msg("%s: %d %s", rows[i].profile, reply.status,
                         reply_text(&reply, "detail"));
            }
            const char *begins = rows[i].secret_begins;
            const char *secret = reply_text(&reply, "secret");
            if (!is_over) {
                assert_int_equal(secret[0] != '\0', begins != NULL);
                assert_true(begins == NULL || strncmp(secret, begins, strlen(begins)) == 0);
                snprintf(rest, sizeof rest, "/webhooks/%s/secret", reply_text(&reply, "id"));
                struct reply later = ask(world, "GET", app, rest, NULL);
                assert_int_equal(later.status, rows[i].shown_later);
                if (later.status == 200) {
                    assert_string_equal(reply_text(&later, "secret"), secret);
                }
                reply_done(&later);
            }
            reply_done(&reply);
        }
    }
    world_free(world);
}

static void test_a_taken_type_is_named(void **state)
{
    struct world *world = world_new();
    char app[160];
    const char *body = "{\"name\":\"x\"," URL ",\"events\":[\"OutwardPaymentSent\"]}";

    (void)state;
    make_app(world, "stablemint", app);
    struct reply first = ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(first.status, 201);
    struct reply second = ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(second.status, 409);
    assert_non_null(strstr(reply_text(&second, "detail"), "OutwardPaymentSent"));
    reply_done(&second);

    struct reply types = ask(world, "GET", app, "/event-types", NULL);
    size_t at;
    json_t *type;
    json_array_foreach(json_object_get(types.json, "data"), at, type)
    {
        bool is_taken = strcmp(json_string_value(json_object_get(type, "name")),
                               "OutwardPaymentSent") == 0;
        assert_int_equal(json_is_true(json_object_get(type, "free")), !is_taken);
    }
    assert_int_equal(at, 5);
    reply_done(&types);

    char rest[300]; // deleting frees it
    snprintf(rest, sizeof rest, "/webhooks/%s", reply_text(&first, "id"));
    reply_done(&first);
    struct reply gone = ask(world, "DELETE", app, rest, NULL);
    assert_int_equal(gone.status, 204);
    reply_done(&gone);
    struct reply third = ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(third.status, 201);
    reply_done(&third);
    world_free(world);
}

static void test_patch(void **state)
{
    struct world *world = world_new();
    char app[160], id[160], rest[300], path[600], tag[200], more[300];

    (void)state;
    make_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL ",\"headers\":{\"X-Shop\":\"s3cret-value\"}}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s", id);
    snprintf(path, sizeof path, "/v1/apps/%s%s", app, rest);

    struct reply reply = ask(world, "GET", app, rest, NULL);
    assert_string_equal(reply_text(&reply, "name"), "127.0.0.1");
    assert_non_null(json_object_get(json_object_get(reply.json, "headers"), "X-Shop"));
    reply_header(&reply, "ETag", tag);
    assert_true(tag[0] == '"');
    char *text = json_dumps(reply.json, 0);
    assert_null(strstr(text, "s3cret-value"));
    free(text);
    reply_done(&reply);

    snprintf(more, sizeof more, "If-Match: %s\r\n", tag);
    for (int i = 0; i < 2; i++) { // the second one means a version that is gone
        reply = world_ask(world, "PATCH", path, world_operator(world), more,
                          "{\"name\":\"New\",\"timeout_s\":5,\"waits\":[1,2]}");
        assert_int_equal(reply.status, i == 0 ? 200 : 412);
        reply_done(&reply);
    }
    reply = ask(world, "PATCH", app, rest, "{\"timeout_s\":null,\"enabled\":false}");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    reply = ask(world, "GET", app, rest, NULL);
    assert_string_equal(reply_text(&reply, "name"), "New");
    assert_true(json_is_null(json_object_get(reply.json, "timeout_s")));
    assert_int_equal(json_array_size(json_object_get(reply.json, "waits")), 2);
    assert_true(json_is_false(json_object_get(reply.json, "enabled")));
    assert_true(reply_text(&reply, "disabled_reason")[0] != '\0');
    assert_non_null(json_object_get(json_object_get(reply.json, "headers"), "X-Shop"));
    reply_done(&reply);
    world_free(world);
}

static void test_rotation(void **state)
{
    struct world *world = world_new();
    char app[160], id[160], rest[300], path[600], secret[160];

    (void)state;
    make_app(world, "mesilat", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{\"name\":\"x\"," URL "}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret/rotate", id);
    struct reply reply = ask(world, "POST", app, rest, "{\"overlap_s\":60}");
    assert_int_equal(reply.status, 422); // a static key cannot be doubled
    reply_done(&reply);
    reply = ask(world, "POST", app, rest, "{}");
    assert_int_equal(reply.status, 200);
    snprintf(secret, sizeof secret, "%s", reply_text(&reply, "secret"));
    assert_true(json_is_null(json_object_get(reply.json, "overlap_until")));
    reply_done(&reply);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret", id);
    reply = ask(world, "GET", app, rest, NULL);
    assert_string_equal(reply_text(&reply, "secret"), secret);
    reply_done(&reply);

    make_app(world, "stablemint", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL ",\"events\":[\"InwardPaymentFailed\"]}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret/rotate", id);
    reply = ask(world, "POST", app, rest, "{}");
    assert_int_equal(reply.status, 409); // it has none
    reply_done(&reply);
    world_free(world);
}

static void test_keys(void **state)
{
    static const struct {
        const char *profile, *mode, *begins;
    } rows[] = {
        {"standard", "live", "ph_live_"}, {"standard", "test", "ph_test_"},
        {"yoco", "live", "sk_live_"},     {"yoco", "test", "sk_test_"},
        {"devdraft", "live", "ck_live_"}, {"devdraft", "test", "ck_test_"},
    };
    struct world *world = world_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char app[160], body[200], key[400], path[300];
        make_app(world, rows[i].profile, app);
        snprintf(body, sizeof body,
                 "{\"name\":\"Till\",\"scopes\":[\"webhook:read\",\"key:create\"],"
                 "\"mode\":\"%s\",\"expires_at\":\"2999-01-01T00:00:00Z\"}",
                 rows[i].mode);
        struct reply reply = ask(world, "POST", app, "/keys", body);
        assert_int_equal(reply.status, 201);
        bool is_pair = strcmp(rows[i].profile, "devdraft") == 0;
        snprintf(key, sizeof key, "%s%s%s",
                 reply_text(&reply, is_pair ? "client_key" : "key"), is_pair ? "." : "",
                 reply_text(&reply, "client_secret"));
        assert_int_equal(strncmp(key, rows[i].begins, strlen(rows[i].begins)), 0);
        reply_done(&reply);

        snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
        assert_int_equal(world_status(world, "GET", path, key, NULL), 200);
        snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
        assert_int_equal(world_status(world, "GET", path, key, NULL), 403);
        assert_int_equal(world_status(world, "POST", path, key,
                                      "{\"name\":\"a\",\"scopes\":[\"key:create\"]}"),
                         201);
        assert_int_equal(world_status(world, "POST", path, key,
                                      "{\"name\":\"a\",\"scopes\":[\"event:create\"]}"),
                         403);
        assert_int_equal(
            world_status(world, "POST", path, key, "{\"name\":\"a\",\"mode\":\"live\"}"),
            strcmp(rows[i].mode, "test") == 0 ? 403 : 201);
        reply = ask(world, "GET", app, "/keys", NULL);
        char *text = json_dumps(reply.json, 0);
        assert_null(strstr(text, key + strlen(key) - 49));
        assert_null(strstr(text, "\"key\""));
        free(text);
        reply_done(&reply);
    }
    world_free(world);
}

static void test_keys_refused(void **state)
{
    static const struct {
        const char *body, *place;
    } rows[] = {
        {"{}", "/name"},
        {"{\"name\":\"a\",\"scopes\":[\"operator\"]}", "/scopes"},
        {"{\"name\":\"a\",\"scopes\":[\"all\"]}", "/scopes"},
        {"{\"name\":\"a\",\"scopes\":\"event:create\"}", "/scopes"},
        {"{\"name\":\"a\",\"mode\":\"prod\"}", "/mode"},
        {"{\"name\":\"a\",\"expires_at\":\"2020-01-01T00:00:00Z\"}", "/expires_at"},
    };
    struct world *world = world_new();
    char app[160];

    (void)state;
    make_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(world, app, "/keys", rows[i].body, 422, "invalid_field",
                       rows[i].place);
    }
    world_free(world);
}

static void test_an_expired_key(void **state)
{
    struct world *world = world_new();
    char app[160], path[300], key[160], id[160];

    (void)state;
    make_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"a\",\"expires_at\":\"2999-01-01T00:00:00Z\"}", "key",
               key);
    world_make(world, path, "{\"name\":\"b\"}", NULL, id);
    assert_int_equal(world_status(world, "GET", path, key, NULL), 200);
    world_skip_ms(world, INT64_C(1000) * 365 * 86400000); // to the year 3025 or so
    assert_int_equal(world_status(world, "GET", path, key, NULL), 401);
    world_free(world);
}

static void test_apps(void **state)
{
    struct world *world = world_new();
    char id[160], tag[200], more[300];

    (void)state;
    world_make(world, "/v1/apps", "{\"name\":\"A\",\"profile\":\"yoco\",\"uid\":\"shop.77\"}",
               NULL, id);
    static const struct {
        const char *body;
        int status;
        const char *place;
    } rows[] = {
        {"{\"name\":\"B\",\"profile\":\"yoco\",\"uid\":\"shop.77\"}", 409, "/uid"},
        {"{\"name\":\"B\",\"profile\":\"nobody\"}", 422, "/profile"},
        {"{\"name\":\"B\",\"profile\":\"yoco\",\"uid\":\"app_x\"}", 422, "/uid"},
        {"{\"name\":\"B\",\"profile\":\"yoco\",\"uid\":\"a/b\"}", 422, "/uid"},
        {"{\"name\":\"B\",\"profile\":\"yoco\",\"alert_email\":\"nobody\"}", 422,
         "/alert_email"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(world, "", "", rows[i].body, 404, "not_found", NULL); // no such path
        struct reply reply =
            world_ask(world, "POST", "/v1/apps", world_operator(world), "", rows[i].body);
        char *text = json_dumps(json_object_get(reply.json, "errors"), 0);
        assert_int_equal(reply.status, rows[i].status);
        assert_non_null(text != NULL ? strstr(text, rows[i].place) : NULL);
        free(text);
        reply_done(&reply);
    }
    struct reply reply = ask(world, "GET", "shop.77", "", NULL); // by uid
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_text(&reply, "id"), id);
    snprintf(more, sizeof more, "If-Match: %s\r\n", reply_header(&reply, "ETag", tag));
    reply_done(&reply);
    for (int i = 0; i < 2; i++) {
        reply = world_ask(world, "PATCH", "/v1/apps/shop.77", world_operator(world), more,
                          "{\"uid\":\"shop.77\",\"name\":\"C\"}");
        assert_int_equal(reply.status, i == 0 ? 200 : 412);
        reply_done(&reply);
    }
    reply = ask(world, "PATCH", id, "", "{\"uid\":\"shop.78\"}");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    reply = ask(world, "GET", "shop.77", "", NULL);
    assert_int_equal(reply.status, 404);
    reply_done(&reply);
    reply = ask(world, "GET", "shop.78", "", NULL);
    assert_string_equal(reply_text(&reply, "name"), "C");
    reply_done(&reply);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhooks_refused),
        cmocka_unit_test(test_webhooks_by_contract),
        cmocka_unit_test(test_a_taken_type_is_named),
        cmocka_unit_test(test_patch),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_an_expired_key),
        cmocka_unit_test(test_apps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
