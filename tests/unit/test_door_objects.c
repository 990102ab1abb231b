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
        world_app(world, rows[i].profile, app);
        world_refuses(world, app, "/webhooks", rows[i].body, rows[i].status, rows[i].code,
                      rows[i].place);
        struct reply list = world_app_ask(world, "GET", app, "/webhooks", NULL);
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
        world_app(world, rows[i].profile, app);
        for (int made = 0; made < 6; made++) {
            struct reply reply = world_app_ask(world, "POST", app, "/webhooks", rows[i].body);
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
                struct reply later = world_app_ask(world, "GET", app, rest, NULL);
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
    world_app(world, "stablemint", app);
    struct reply first = world_app_ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(first.status, 201);
    struct reply second = world_app_ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(second.status, 409);
    assert_non_null(strstr(reply_text(&second, "detail"), "OutwardPaymentSent"));
    reply_done(&second);

    struct reply types = world_app_ask(world, "GET", app, "/event-types", NULL);
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
    struct reply gone = world_app_ask(world, "DELETE", app, rest, NULL);
    assert_int_equal(gone.status, 204);
    reply_done(&gone);
    struct reply third = world_app_ask(world, "POST", app, "/webhooks", body);
    assert_int_equal(third.status, 201);
    reply_done(&third);
    world_free(world);
}

static void test_patch(void **state)
{
    struct world *world = world_new();
    char app[160], id[160], rest[300], path[600], tag[200], more[300];

    (void)state;
    world_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL ",\"headers\":{\"X-Shop\":\"s3cret-value\"}}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s", id);
    snprintf(path, sizeof path, "/v1/apps/%s%s", app, rest);

    struct reply reply = world_app_ask(world, "GET", app, rest, NULL);
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
    reply =
        world_app_ask(world, "PATCH", app, rest, "{\"timeout_s\":null,\"enabled\":false}");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    reply = world_app_ask(world, "GET", app, rest, NULL);
    assert_string_equal(reply_text(&reply, "name"), "New");
    assert_true(json_is_null(json_object_get(reply.json, "timeout_s")));
    assert_int_equal(json_array_size(json_object_get(reply.json, "waits")), 2);
    assert_true(json_is_false(json_object_get(reply.json, "enabled")));
    assert_true(reply_text(&reply, "disabled_reason")[0] != '\0');
    assert_non_null(json_object_get(json_object_get(reply.json, "headers"), "X-Shop"));
    reply_done(&reply);
    world_free(world);
}

// RFC 9110 §13.1.1: one of the tags, compared strongly, or whatever is there. %s: the tag.
static const struct {
    const char *lines;
    bool holds;
} tag_lists[] = {
    {"If-Match: %s\r\n", true},
    {"If-Match: \"0\", %s\r\n", true},
    {"If-Match: ,%s  ,, W/\"0,\" ,\r\n", true},
    {"If-Match: *\r\n", true},
    {"", true},
    {"If-Match: \"0\", \"00\"\r\n", false},
    {"If-Match: W/%s\r\n", false},
    {"If-Match: \"0\" %s\r\n", false},
    {"If-Match: %s, unquoted\r\n", false},
    {"If-Match: %s, \"open\r\n", false},
    {"If-Match: *, %s\r\n", false},
    {"If-Match: \r\n", false},
    {"If-Match: \"0\"\r\nIf-Match: %s\r\n", false},
};

// Each change answers the tag that the next one needs.
static void test_lists_of_tags(void **state)
{
    enum { ROWS = sizeof tag_lists / sizeof *tag_lists };
    struct world *world = world_new();
    char app[160], id[160], paths[2][600], path[600], tag[200], now[200], lines[600];

    (void)state;
    world_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL "}", NULL, id);
    snprintf(paths[0], sizeof paths[0], "/v1/apps/%s/webhooks/%s", app, id);
    snprintf(paths[1], sizeof paths[1], "/v1/apps/%s", app);
    for (size_t i = 0; i < 2 * ROWS; i++) {
        const char *at = paths[i / ROWS], *form = tag_lists[i % ROWS].lines;
        const char *place = strstr(form, "%s");
        char body[40];
        struct reply reply = world_ask(world, "GET", at, world_operator(world), "", NULL);
        reply_header(&reply, "ETag", tag);
        reply_done(&reply);
        if (i % ROWS != 0 && tag_lists[i % ROWS - 1].holds) {
            assert_string_equal(tag, now);
        }
        snprintf(lines, sizeof lines, "%.*s%s%s",
                 (int)(place != NULL ? (size_t)(place - form) : strlen(form)), form,
                 place != NULL ? tag : "", place != NULL ? place + 2 : "");
        snprintf(body, sizeof body, "{\"name\":\"N%zu\"}", i);
        reply = world_ask(world, "PATCH", at, world_operator(world), lines, body);
        if (reply.status != (tag_lists[i % ROWS].holds ? 200 : 412)) {
            fail_msg("%s: %s: %d", at, lines, reply.status);
        }
        if (reply.status == 200) {
            reply_header(&reply, "ETag", now);
        }
        reply_done(&reply);
    }
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
        world_refuses(world, "", "", rows[i].body, 404, "not_found", NULL); // no such path
        struct reply reply =
            world_ask(world, "POST", "/v1/apps", world_operator(world), "", rows[i].body);
        char *text = json_dumps(json_object_get(reply.json, "errors"), 0);
        assert_int_equal(reply.status, rows[i].status);
        assert_non_null(text != NULL ? strstr(text, rows[i].place) : NULL);
        free(text);
        reply_done(&reply);
    }
    struct reply reply = world_app_ask(world, "GET", "shop.77", "", NULL); // by uid
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
    reply = world_app_ask(world, "PATCH", id, "", "{\"uid\":\"shop.78\"}");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    reply = world_app_ask(world, "GET", "shop.77", "", NULL);
    assert_int_equal(reply.status, 404);
    reply_done(&reply);
    reply = world_app_ask(world, "GET", "shop.78", "", NULL);
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
        cmocka_unit_test(test_lists_of_tags),
        cmocka_unit_test(test_apps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
