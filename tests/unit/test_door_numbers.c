// Numbers that are too big for a machine, in the bodies of requests: where a body is kept,
// each byte is; where a field wants a number, it is named.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

#define BIG "12345678901234567890123"
#define HUGE_ONE "-1.50e+99999"

struct shop {
    char app[160], webhook[400];
};

static void open_shop(struct world *world, struct shop *ret)
{
    char path[400], id[160];

    world_app(world, "standard", ret->app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", ret->app);
    world_make(world, path, "{" URL "}", NULL, id);
    snprintf(ret->webhook, sizeof ret->webhook, "/v1/apps/%s/webhooks/%s", ret->app, id);
}

// What is kept comes back byte for byte, at once, by itself and in the list.
static void test_kept_verbatim(void **state)
{
    static const char *const members[] = {
        "\"filter\":[{\"path\":\"a\",\"in\":[ " BIG ", " HUGE_ONE ",1.10]}]",
        "\"metadata\":{\"b\": " BIG ",\"a\":[1.10,\"\\u0061\"," HUGE_ONE "]}",
    };
    struct world *world = world_new();
    struct shop shop;
    char body[300], list[300];

    (void)state;
    open_shop(world, &shop);
    snprintf(list, sizeof list, "/v1/apps/%s/webhooks", shop.app);
    for (size_t i = 0; i < 2; i++) {
        const struct {
            const char *method, *path, *body;
        } rows[] = {
            {"PATCH", shop.webhook, body}, {"GET", shop.webhook, NULL}, {"GET", list, NULL}};
        snprintf(body, sizeof body, "{%s}", members[i]);
        for (size_t n = 0; n < 3; n++) {
            struct reply reply = world_ask(world, rows[n].method, rows[n].path,
                                           world_operator(world), "", rows[n].body);
            assert_int_equal(reply.status, 200);
            assert_non_null(strstr(reply.text, members[i]));
            reply_done(&reply);
        }
    }
    world_free(world);
}

static void test_types(void **state)
{
    static const struct {
        const char *body;
        int status;
    } rows[] = {
        {"{\"example\":" BIG "}", 201},
        {"{\"example\":{\"a\":[1.10," HUGE_ONE "]}}", 200},
        {"{\"schema\":{\"maximum\":" BIG "},\"example\":1}", 200},
        {"{\"schema\":" BIG "}", 422},
        {"{\"description\":" BIG "}", 422},
    };
    struct world *world = world_new();
    struct shop shop;
    char path[300];

    (void)state;
    open_shop(world, &shop);
    snprintf(path, sizeof path, "/v1/apps/%s/event-types/big", shop.app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply =
            world_ask(world, "PUT", path, world_operator(world), "", rows[i].body);
        assert_int_equal(reply.status, rows[i].status);
        if (rows[i].status != 422) {
            const char *value = strstr(rows[i].body, ":");
            char kept[200];
            snprintf(kept, sizeof kept, "%.*s", (int)strcspn(value, "}"), value);
            assert_non_null(strstr(reply.text, kept));
        }
        reply_done(&reply);
    }
    world_free(world);
}

static void test_fields(void **state)
{
    static const struct {
        const char *rest, *member; // of the app's paths
    } rows[] = {
        {"/webhooks", "url"},
        {"/webhooks", "name"},
        {"/webhooks", "enabled"},
        {"/webhooks", "events"},
        {"/webhooks", "filter"},
        {"/webhooks", "metadata"},
        {"/webhooks", "headers"},
        {"/webhooks", "waits"},
        {"/webhooks", "timeout_s"},
        {"/webhooks", "in_flight_max"},
        {"/webhooks", "per_second_max"},
        {"/webhooks", "encrypted"},
        {"/webhooks", "disable_after_days"},
        {"/webhooks", "alert_email"},
        {"/webhooks", "secret"},
        {"/webhooks", "colour"},
        {"/keys", "name"},
        {"/keys", "scopes"},
        {"/keys", "mode"},
        {"/keys", "expires_at"},
        {"/keys", "rate_per_s"},
        {"/keys", "burst"},
    };
    static const char *const forms[] = {"%s", "[%s]"};
    static const char *const numbers[] = {BIG, ("-" BIG), HUGE_ONE, "1e999"};
    struct world *world = world_new();
    struct shop shop;
    char body[300], value[100], place[100];

    (void)state;
    open_shop(world, &shop);
    for (size_t i = 0; i < sizeof rows / sizeof *rows * 8; i++) {
        const char *member = rows[i / 8].member;
        bool has_url = strcmp(member, "url") == 0 || rows[i / 8].rest[1] == 'k';
        bool has_name = strcmp(member, "name") == 0 || rows[i / 8].rest[1] == 'w';
        snprintf(value, sizeof value, forms[i / 4 % 2], numbers[i % 4]);
        snprintf(body, sizeof body, "{\"%s\":%s%s%s}", member, value, has_url ? "" : "," URL,
                 has_name ? "" : ",\"name\":\"a\"");
        snprintf(place, sizeof place, "\"/%s\"", member);
        bool is_new = strcmp(member, "colour") == 0;
        world_refuses(world, shop.app, rows[i / 8].rest, body, 422,
                      is_new ? "unknown_field" : "invalid_field", place);
    }
    world_free(world);
}

// A platform's own door answers from the same webhooks, and skips what it does not know.
static void test_a_platforms_door(void **state)
{
    struct world *world = world_new();
    char app[160], lines[300], path[400], body[300];

    (void)state;
    world_app(world, "devdraft", app);
    struct reply key = world_app_ask(world, "POST", app, "/keys", "{\"name\":\"Till\"}");
    snprintf(lines, sizeof lines, "x-client-key: %s\r\nx-client-secret: %s\r\n",
             reply_text(&key, "client_key"), reply_text(&key, "client_secret"));
    reply_done(&key);
    struct reply reply = world_ask(world, "POST", "/api/v0/webhooks", NULL, lines,
                                   "{\"name\":\"abc\"," URL ",\"more\":" BIG "}");
    assert_int_equal(reply.status, 201);
    snprintf(path, sizeof path, "/api/v0/webhooks/%s", reply_text(&reply, "id"));
    reply_done(&reply);

    reply = world_app_ask(world, "GET", app, "/webhooks", NULL);
    const json_t *row = json_array_get(json_object_get(reply.json, "data"), 0);
    snprintf(body, sizeof body, "/webhooks/%s",
             json_string_value(json_object_get(row, "id")));
    reply_done(&reply);
    reply = world_app_ask(world, "PATCH", app, body, "{\"metadata\":{\"a\":" BIG "}}");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);

    reply = world_ask(world, "PATCH", path, NULL, lines, "{\"name\":\"other\"}");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_text(&reply, "name"), "other");
    reply_done(&reply);
    reply = world_ask(world, "PATCH", path, NULL, lines, "{\"name\":" BIG "}");
    assert_int_equal(reply.status, 400);
    assert_string_equal(reply_text(&reply, "message"), "Validation failed");
    reply_done(&reply);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_verbatim),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_a_platforms_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
