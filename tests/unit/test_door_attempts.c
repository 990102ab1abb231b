// The record of attempts as the API shows it, and what of it is the operator's alone.

#include "hook/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

struct case_of {
    struct world *world;
    char app[160], webhook[160], delivery[160], key[160];
};

static void begin(struct case_of *the)
{
    char path[300];

    the->world = world_new();
    world_app(the->world, "standard", the->app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", the->app);
    world_make(the->world, path, "{" URL "}", NULL, the->webhook);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", the->app);
    world_make(the->world, path, "{\"name\":\"Till\"}", "key", the->key);
    struct reply reply = world_app_ask(the->world, "POST", the->app, "/events",
                                       "{\"type\":\"a\",\"payload\":1}");
    json_t *first = json_array_get(json_object_get(reply.json, "deliveries"), 0);
    snprintf(the->delivery, sizeof the->delivery, "%s",
             json_string_value(json_object_get(first, "id")));
    reply_done(&reply);
}

// The one attempt of the delivery, as the holder of that key sees it; the caller's.
static json_t *attempt(const struct case_of *the, const char *key)
{
    char path[600];

    snprintf(path, sizeof path, "/v1/apps/%s/deliveries/%s/attempts", the->app,
             the->delivery);
    struct reply reply = world_ask(the->world, "GET", path, key, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_int_equal(json_array_size(json_object_get(reply.json, "data")), 1);
    json_t *only = json_incref(json_array_get(json_object_get(reply.json, "data"), 0));
    reply_done(&reply);
    return only;
}

static void test_an_answered_attempt(void **state)
{
    static const char head[] = "HTTP/1.1 500 Oh no\r\nX-A: b \r\nX-A:\r\n\r\n";
    const struct outcome outcome = {.status = 500,
                                    .error = OUTCOME_STATUS,
                                    .detail = "500",
                                    .head = head,
                                    .head_len = sizeof head - 1,
                                    .body = "caf\xc3\xa9 \xff",
                                    .body_len = 7,
                                    .body_cut = true,
                                    .retry_after_ms = -1,
                                    .dns_us = -1,
                                    .connect_us = 1005,
                                    .tls_us = -1,
                                    .first_byte_us = 2500,
                                    .total_us = 3000,
                                    .remote = "192.0.2.1:443"};
    struct case_of the;

    (void)state;
    begin(&the);
    world_settle(the.world, the.app, the.webhook, the.delivery, &outcome);
    json_t *shown = attempt(&the, the.key);
    json_t *timings = json_object_get(shown, "timings");
    json_t *response = json_object_get(shown, "response");
    assert_int_equal(json_integer_value(json_object_get(shown, "number")), 1);
    assert_string_equal(json_string_value(json_object_get(shown, "trigger")), "scheduled");
    assert_int_equal(json_integer_value(json_object_get(shown, "status")), 500);
    assert_int_equal(json_integer_value(json_object_get(shown, "duration_ms")), 12);
    assert_true(json_is_null(json_object_get(timings, "dns")));
    assert_true(json_real_value(json_object_get(timings, "connect")) > 1.0049);
    assert_true(json_real_value(json_object_get(timings, "connect")) < 1.0051);
    assert_true(json_is_null(json_object_get(shown, "request"))); // nothing was sent here
    char *headers = json_dumps(json_object_get(response, "headers"), JSON_COMPACT);
    assert_string_equal(headers, "[[\"X-A\",\"b \"],[\"X-A\",\"\"]]");
    free(headers);
    assert_string_equal(json_string_value(json_object_get(response, "body_base64")),
                        "Y2Fmw6kg/w==");
    assert_true(json_is_true(json_object_get(response, "body_cut")));
    assert_string_equal(json_string_value(json_object_get(shown, "remote_address")),
                        "192.0.2.1:443");
    json_decref(shown);
    world_free(the.world);
}

static void test_a_blocked_address(void **state)
{
    const struct outcome outcome = {.error = OUTCOME_BLOCKED,
                                    .detail = "10.0.0.0/8 private",
                                    .dns_us = 700,
                                    .connect_us = -1,
                                    .tls_us = -1,
                                    .first_byte_us = -1,
                                    .total_us = 800,
                                    .retry_after_ms = -1,
                                    .remote = "10.1.2.3:443"};
    struct case_of the;

    (void)state;
    begin(&the);
    world_settle(the.world, the.app, the.webhook, the.delivery, &outcome);
    for (int i = 0; i < 2; i++) {
        bool is_operator = i == 0;
        json_t *shown = attempt(&the, is_operator ? world_operator(the.world) : the.key);
        char *text = json_dumps(shown, 0);
        json_t *error = json_object_get(shown, "error");
        assert_string_equal(json_string_value(json_object_get(error, "code")), "blocked");
        assert_int_equal(strstr(text, "10.1.2.3") != NULL, is_operator);
        assert_int_equal(strstr(text, "10.0.0.0/8") != NULL, is_operator);
        assert_int_equal(strstr(text, "0.700") != NULL || strstr(text, "0.69") != NULL,
                         is_operator);
        assert_true(json_is_null(json_object_get(shown, "response")));
        free(text);
        json_decref(shown);
    }
    world_free(the.world);
}

// Retry and cancel, and what they do to a delivery that has ended.
static void test_by_hand(void **state)
{
    const struct outcome outcome = {.error = OUTCOME_REFUSED, .detail = "", .remote = ""};
    struct case_of the;
    char path[600], rest[400];

    (void)state;
    begin(&the);
    snprintf(path, sizeof path, "/v1/apps/%s/deliveries/%s/retry", the.app, the.delivery);
    assert_int_equal(world_status(the.world, "POST", path, the.key, NULL), 409); // it is due
    world_settle(the.world, the.app, the.webhook, the.delivery, &outcome);
    snprintf(rest, sizeof rest, "/deliveries/%s", the.delivery);
    struct reply reply = world_app_ask(the.world, "GET", the.app, rest, NULL);
    assert_string_equal(reply_text(&reply, "state"), "failed");
    assert_true(json_is_null(json_object_get(reply.json, "next_attempt_at")));
    assert_true(reply_text(&reply, "ended_at")[0] != '\0');
    reply_done(&reply);
    snprintf(rest, sizeof rest, "/deliveries/%s/cancel", the.delivery);
    reply = world_app_ask(the.world, "POST", the.app, rest, NULL);
    assert_int_equal(reply.status, 409);
    reply_done(&reply);
    reply = world_ask(the.world, "POST", path, the.key, "", NULL);
    assert_int_equal(reply.status, 202);
    assert_string_equal(reply_text(&reply, "state"), "in_flight");
    reply_done(&reply);
    world_free(the.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answered_attempt),
        cmocka_unit_test(test_a_blocked_address),
        cmocka_unit_test(test_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
