// The manners of the doors: which door a path is behind, what shows a key there, how an id is
// spelled, and how each says no.

#include "api/style.h"

#include "api/key_text.h"
#include "base/buf.h"
#include "hook/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct text_span span(const char *text)
{
    return (struct text_span){text, text != NULL ? strlen(text) : 0};
}

static void test_a_path_tells_the_door(void **state)
{
    static const struct {
        const char *path, *prefix;
    } rows[] = {
        {"/v1/apps", ""},
        {"/", ""},
        {"/api", ""},
        {"/API/v0/webhooks", ""},
        {"/api/v0/webhooks", "/api/v0/"},
        {"/api/v0/webhooks/wh_1", "/api/v0/"},
        {"/api/v0", "/api/"},
        {"/api/webhooks", "/api/"},
        {"/api/webhooks/sub_1", "/api/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(style_of(span(rows[i].path))->prefix, rows[i].prefix);
    }
}

enum { PAIR, SK, NATIVE, DOORS };
static const char *const paths[DOORS] = {"/api/v0/webhooks", "/api/webhooks", "/v1/apps"};

static void test_errors(void **state)
{
    static const struct {
        int door;
        enum error_code code;
        const char *field, *text;
        int status;
        const char *body;
    } rows[] = {
        {PAIR, ERR_INVALID_FIELD, "?take", "must be 1 to 100", 400,
         "{\"statusCode\":400,\"message\":\"Validation failed\",\"error\":\"Bad "
         "Request\",\"details\":\"take: must be 1 to 100\"}"},
        {SK, ERR_UNSUPPORTED_TYPE, "Content-Type:", "send JSON", 415,
         "{\"message\":\"Content-Type: send JSON\"}"},
        {PAIR, ERR_INVALID_URL, "url", "it is no URL", 400,
         "{\"statusCode\":400,\"message\":\"Invalid webhook URL format\",\"error\":\"Bad "
         "Request\",\"details\":\"url: it is no URL\"}"},
        {PAIR, ERR_INVALID_FIELD, "name", "must \"be\"", 400,
         "{\"statusCode\":400,\"message\":\"Validation failed\",\"error\":\"Bad Request\","
         "\"details\":\"name: must \\\"be\\\"\"}"},
        {PAIR, ERR_UNAUTHENTICATED, "", "give one", 401,
         "{\"statusCode\":401,\"message\":\"Invalid or missing API key\",\"error\":"
         "\"Unauthorized\",\"details\":\"give one\"}"},
        {PAIR, ERR_FORBIDDEN_SCOPE, "", "no", 403,
         "{\"statusCode\":403,\"message\":\"Insufficient scope\",\"error\":\"Forbidden\","
         "\"details\":\"no\"}"},
        {PAIR, ERR_NOT_FOUND, "", "none", 404,
         "{\"statusCode\":404,\"message\":\"Webhook not found\",\"error\":\"Not Found\","
         "\"details\":\"none\"}"},
        {PAIR, ERR_QUOTA_EXCEEDED, "", "", 409,
         "{\"statusCode\":409,\"message\":\"There are as many as are allowed\",\"error\":"
         "\"Conflict\",\"details\":\"There are as many as are allowed\"}"},
        {PAIR, ERR_RATE_LIMITED, "", "x", 429,
         "{\"statusCode\":429,\"message\":\"Rate limit exceeded\",\"retryAfter\":45}"},
        {PAIR, ERR_IDEMPOTENCY_MISMATCH, "", "x", 422,
         "{\"statusCode\":422,\"message\":\"The key was used with another body\",\"error\":"
         "\"Unprocessable Content\",\"details\":\"x\"}"},
        {SK, ERR_UNAUTHENTICATED, "", "give one", 403, "{\"message\":\"give one\"}"},
        {SK, ERR_FORBIDDEN_SCOPE, "", "no", 403, "{\"message\":\"no\"}"},
        {SK, ERR_INVALID_URL, "url", "no", 400, "{\"message\":\"url: no\"}"},
        {SK, ERR_BAD_JSON, "", "no", 400, "{\"message\":\"no\"}"},
        {SK, ERR_UNKNOWN_EVENT_TYPE, "", "no", 400, "{\"message\":\"no\"}"},
        {SK, ERR_QUOTA_EXCEEDED, "", "no", 409, "{\"message\":\"no\"}"},
        {SK, ERR_IN_PROGRESS, "", "no", 409, "{\"message\":\"no\"}"},
        {SK, ERR_IDEMPOTENCY_MISMATCH, "", "no", 422, "{\"message\":\"no\"}"},
        {NATIVE, ERR_INVALID_FIELD, "", "no", 422,
         "{\"type\":\"about:blank\",\"status\":422,\"code\":\"invalid_field\",\"title\":\"A "
         "field's value is not allowed\",\"detail\":\"no\",\"instance\":\"req_1\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct style *style = style_of(span(paths[rows[i].door]));
        struct error error = {.code = rows[i].code};
        struct buf body;
        snprintf(error.field, sizeof error.field, "%s", rows[i].field);
        snprintf(error.text, sizeof error.text, "%s", rows[i].text);
        buf_init(&body, 4096);
        int status = style->status_of(rows[i].code);
        assert_int_equal(status, rows[i].status);
        style->write_error(&error, status, 45, "req_1", &body);
        assert_int_equal(body.len, strlen(rows[i].body));
        assert_memory_equal(body.data, rows[i].body, body.len);
        buf_done(&body);
    }
}

// The longest error that there is fits an answer of a few KiB, escapes and all.
static void test_long_errors(void **state)
{
    struct error error = {.code = ERR_INVALID_FIELD};

    (void)state;
    memset(error.field, '"', sizeof error.field - 1);
    memset(error.text, '\\', sizeof error.text - 1);
    for (int door = 0; door < DOORS; door++) {
        struct buf body;
        buf_init(&body, 4096);
        style_of(span(paths[door]))->write_error(&error, 400, 1, "req_1", &body);
        assert_true(buf_ok(&body));
        assert_true(body.len < 2048);
        buf_done(&body);
    }
}

static void test_keys(void **state)
{
    char pair[KEY_TEXT_MAX], sk[KEY_TEXT_MAX], bearer[KEY_TEXT_MAX + 8], both[300];
    static const unsigned char dice[KEY_DICE] = {7, 1, 9};
    struct key_parts parts;

    (void)state;
    key_text_make("ck_test_", '.', dice, pair, &parts);
    key_text_make("sk_live_", '_', dice, sk, &parts);
    snprintf(bearer, sizeof bearer, "Bearer %s", sk);
    snprintf(both, sizeof both, "Bearer %s", pair);
    char *secret = strchr(pair, '.');
    *secret++ = '\0';
    const struct {
        int door;
        const char *authorization, *key, *secret;
        size_t secrets;
        bool is_one;
    } rows[] = {
        {PAIR, NULL, pair, secret, 1, true},    {PAIR, NULL, pair, secret, 2, false},
        {PAIR, NULL, pair, NULL, 0, false},     {PAIR, NULL, NULL, secret, 1, false},
        {PAIR, NULL, secret, pair, 1, false},   {PAIR, NULL, "", secret, 1, false},
        {PAIR, NULL, sk, secret, 1, false},     {PAIR, bearer, NULL, NULL, 0, false},
        {PAIR, both, NULL, NULL, 0, false},     {SK, bearer, NULL, NULL, 0, true},
        {SK, both, NULL, NULL, 0, false},       {SK, sk, NULL, NULL, 0, false},
        {SK, NULL, pair, secret, 1, false},     {SK, "Bearer sk_", NULL, NULL, 0, false},
        {NATIVE, bearer, NULL, NULL, 0, true},  {NATIVE, both, NULL, NULL, 0, true},
        {NATIVE, NULL, pair, secret, 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request request = {.authorization = span(rows[i].authorization),
                                  .authorization_count = rows[i].authorization != NULL,
                                  .client_key = span(rows[i].key),
                                  .client_key_count = rows[i].key != NULL,
                                  .client_secret = span(rows[i].secret),
                                  .client_secret_count = rows[i].secrets};
        bool is_one = style_of(span(paths[rows[i].door]))->read_key(&request, &parts);
        if (is_one != rows[i].is_one) {
            fail_msg("row %zu", i);
        }
    }
}

static void test_ids(void **state)
{
    static const unsigned char key[ID_KEY_LEN] = {1, 2, 3};
    struct id_cipher *cipher = id_cipher_new(key);
    const struct style *pair = style_of(span(paths[PAIR]));
    const struct style *sk = style_of(span(paths[SK]));
    char hex[ID_TEXT_MAX], padded[ID_TEXT_MAX], native[ID_TEXT_MAX], uuid[ID_TEXT_MAX];
    int64_t id = 0;

    (void)state;
    id_text_hex(cipher, ID_WEBHOOK, 77, style_pair_prefix, hex);
    id_text_padded(cipher, ID_WEBHOOK, 77, style_sk_prefix, STYLE_SK_WIDTH, padded);
    id_text(cipher, ID_WEBHOOK, 77, 0, native);
    const char *at = hex + strlen(style_pair_prefix);
    snprintf(uuid, sizeof uuid, "%.8s-%.4s-%.4s-%.4s-%.12s", at, at + 8, at + 12, at + 16,
             at + 20);
    assert_true(pair->parse_webhook(cipher, span(hex), &id) && id == 77);
    assert_true(pair->parse_webhook(cipher, span(uuid), &id) && id == 77);
    assert_true(sk->parse_webhook(cipher, span(padded), &id) && id == 77);
    const char *const wrong[] = {"", "wh_", at, native,
                                 "wh_0000000000000000000000000000000g"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(pair->parse_webhook(cipher, span(wrong[i]), &id));
        assert_false(sk->parse_webhook(cipher, span(wrong[i]), &id));
    }
    uuid[8] = '_'; // the dashes are part of it
    assert_false(pair->parse_webhook(cipher, span(uuid), &id));
    assert_false(pair->parse_webhook(cipher, span(padded), &id));
    assert_false(sk->parse_webhook(cipher, span(hex), &id));
    id_cipher_free(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_tells_the_door),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_long_errors),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
