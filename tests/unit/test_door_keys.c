// Keys of apps in each platform's form, and the secrets and key pairs of webhooks.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

static void test_rotation(void **state)
{
    struct world *world = world_new();
    char app[160], id[160], rest[300], path[600], secret[160];

    (void)state;
    world_app(world, "mesilat", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{\"name\":\"x\"," URL "}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret/rotate", id);
    struct reply reply = world_app_ask(world, "POST", app, rest, "{\"overlap_s\":60}");
    assert_int_equal(reply.status, 422); // a static key cannot be doubled
    reply_done(&reply);
    reply = world_app_ask(world, "POST", app, rest, "{}");
    assert_int_equal(reply.status, 200);
    snprintf(secret, sizeof secret, "%s", reply_text(&reply, "secret"));
    assert_true(json_is_null(json_object_get(reply.json, "overlap_until")));
    reply_done(&reply);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret", id);
    reply = world_app_ask(world, "GET", app, rest, NULL);
    assert_string_equal(reply_text(&reply, "secret"), secret);
    reply_done(&reply);

    world_app(world, "stablemint", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL ",\"events\":[\"InwardPaymentFailed\"]}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s/secret/rotate", id);
    reply = world_app_ask(world, "POST", app, rest, "{}");
    assert_int_equal(reply.status, 409); // it has none
    reply_done(&reply);
    world_free(world);
}

// A private key in PEM, as a JSON text.
static void write_pem(EVP_PKEY *key, char ret[8192])
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &pem);
    json_t *text = json_stringn(pem, (size_t)len);
    char *dumped = json_dumps(text, JSON_ENCODE_ANY);
    snprintf(ret, 8192, "{\"pem\":%s}", dumped);
    free(dumped);
    json_decref(text);
    BIO_free(bio);
    EVP_PKEY_free(key);
}

static void test_signing_keys(void **state)
{
    static const char *const profiles[] = {"standard", "stablemint", "mileston"};
    static const char *const events[] = {"", ",\"events\":[\"InwardPaymentFailed\"]",
                                         ("," TOKEN)};
    // of no key, an Ed25519 key, an RSA key, a short RSA key, no PEM at all
    static const int statuses[3][5] = {
        {200, 200, 422, 422, 422}, {200, 422, 200, 422, 422}, {409, 409, 409, 409, 409}};
    static const char *const begins[] = {"whpk_", "-----BEGIN PUBLIC KEY-----"};
    static char bodies[5][8192] = {"{}", "", "", "", "{\"pem\":\"no\"}"};
    struct world *world = world_new();

    (void)state;
    write_pem(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), bodies[1]);
    write_pem(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), bodies[2]);
    write_pem(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), bodies[3]);
    for (size_t i = 0; i < 3; i++) {
        char app[160], id[160], path[400], body[300], rest[300];
        world_app(world, profiles[i], app);
        snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
        snprintf(body, sizeof body, "{" URL "%s}", events[i]);
        world_make(world, path, body, NULL, id);
        snprintf(rest, sizeof rest, "/webhooks/%s/signing-key", id);
        for (size_t k = 0; k < 5; k++) {
            struct reply reply = world_app_ask(world, "PUT", app, rest, bodies[k]);
            char *text = json_dumps(reply.json, 0);
            if (reply.status != statuses[i][k]) {
                fail_msg("%s, key %zu: %d %s", profiles[i], k, reply.status, text);
            }
            assert_null(strstr(text, "PRIVATE"));
            assert_true(reply.status != 200 || strncmp(reply_text(&reply, "public_key"),
                                                       begins[i], strlen(begins[i])) == 0);
            free(text);
            reply_done(&reply);
        }
    }
    world_free(world);
}

// Making an RSA key holds the worker up, so there is one in three seconds.
static void test_rsa_keys_take_turns(void **state)
{
    static const struct {
        int64_t after_ms;
        int status;
    } rows[] = {{0, 200}, {0, 503}, {3001, 200}};
    struct world *world = world_new();
    char app[160], id[160], path[400], rest[300];

    (void)state;
    world_app(world, "stablemint", app);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", app);
    world_make(world, path, "{" URL ",\"events\":[\"InwardPaymentFailed\"]}", NULL, id);
    snprintf(rest, sizeof rest, "/webhooks/%s/signing-key", id);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_skip_ms(world, rows[i].after_ms);
        struct reply reply = world_app_ask(world, "PUT", app, rest, NULL);
        assert_int_equal(reply.status, rows[i].status);
        reply_done(&reply);
    }
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
        world_app(world, rows[i].profile, app);
        snprintf(body, sizeof body,
                 "{\"name\":\"Till\",\"scopes\":[\"webhook:read\",\"key:create\"],"
                 "\"mode\":\"%s\",\"expires_at\":\"2999-01-01T00:00:00Z\"}",
                 rows[i].mode);
        struct reply reply = world_app_ask(world, "POST", app, "/keys", body);
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
        reply = world_app_ask(world, "GET", app, "/keys", NULL);
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
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_refuses(world, app, "/keys", rows[i].body, 422, "invalid_field", rows[i].place);
    }
    world_free(world);
}

static void test_an_expired_key(void **state)
{
    struct world *world = world_new();
    char app[160], path[300], key[160], id[160];

    (void)state;
    world_app(world, "standard", app);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    world_make(world, path, "{\"name\":\"a\",\"expires_at\":\"2999-01-01T00:00:00Z\"}", "key",
               key);
    world_make(world, path, "{\"name\":\"b\"}", NULL, id);
    assert_int_equal(world_status(world, "GET", path, key, NULL), 200);
    world_skip_ms(world, INT64_C(1000) * 365 * 86400000); // to the year 3025 or so
    assert_int_equal(world_status(world, "GET", path, key, NULL), 401);
    world_free(world);
}

// A key's mode bounds what it publishes. Where an event has an order_key, whoever reads it
// sees it.
static void test_events_of_a_key(void **state)
{
    static const struct {
        const char *key, *more;
        int status;
        const char *mode, *order_key;
    } rows[] = {
        {"live", "", 202, "live", ""},
        {"live", ",\"mode\":\"test\"", 202, "test", ""},
        {"live", ",\"mode\":\"live\",\"order_key\":\"o-1\"", 202, "live", "o-1"},
        {"test", "", 202, "test", ""},
        {"test", ",\"mode\":null,\"order_key\":\"o/\\\"2\"", 202, "test", "o/\"2"},
        {"test", ",\"mode\":\"test\",\"order_key\":null", 202, "test", ""},
        {"test", ",\"mode\":\"live\"", 403, NULL, NULL},
    };
    struct world *world = world_new();
    char app[160], key[160], path[400], body[200];

    (void)state;
    world_app(world, "standard", app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
        snprintf(body, sizeof body, "{\"name\":\"Till\",\"mode\":\"%s\"}", rows[i].key);
        world_make(world, path, body, "key", key);
        snprintf(path, sizeof path, "/v1/apps/%s/events", app);
        snprintf(body, sizeof body, "{\"type\":\"a\",\"payload\":1%s}", rows[i].more);
        struct reply reply = world_ask(world, "POST", path, key, "", body);
        assert_int_equal(reply.status, rows[i].status);
        if (rows[i].status == 403) {
            assert_string_equal(reply_text(&reply, "code"), "forbidden_scope");
            assert_non_null(strstr(reply.text, "\"pointer\":\"/mode\""));
            reply_done(&reply);
            continue;
        }
        assert_string_equal(reply_text(&reply, "mode"), rows[i].mode);
        assert_string_equal(reply_text(&reply, "order_key"), rows[i].order_key);
        snprintf(body, sizeof body, "/events/%s", reply_text(&reply, "id"));
        reply_done(&reply);
        reply = world_app_ask(world, "GET", app, body, NULL);
        assert_string_equal(reply_text(&reply, "mode"), rows[i].mode);
        assert_string_equal(reply_text(&reply, "order_key"), rows[i].order_key);
        reply_done(&reply);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_of_a_key),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_signing_keys),
        cmocka_unit_test(test_rsa_keys_take_turns),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_an_expired_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
