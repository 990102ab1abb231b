// Which certificates and versions are accepted: every row is a receiver with a certificate
// made here, and what is made of it. The request must never reach one that is refused.

#include "net/tls_client.h"

#include "hostile.h"
#include "tls_service.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct script_name names[] = {{"hook.test", "127.0.0.1", 0, 0},
                                           {"a.b.hook.test", "127.0.0.1", 0, 0},
                                           {"x.hook.test", "127.0.0.1", 0, 0},
                                           {"hook.com", "127.0.0.1", 0, 0},
                                           {NULL, NULL, 0, 0}};

// Answers the first request, and closes, so that the next call shakes hands again.
static void serve_tls(struct hostile *hostile, int fd, int nth)
{
    struct service *service = (struct service *)(uintptr_t)hostile->argument;
    SSL *ssl = SSL_new(service->context);
    char bytes[4096];
    (void)nth;
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        const unsigned char *protocol;
        unsigned len;
        SSL_get0_alpn_selected(ssl, &protocol, &len);
        service->alpn += len == 8 && memcmp(protocol, "http/1.1", 8) == 0;
        service->resumed += SSL_session_reused(ssl);
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(service->server_name, sizeof service->server_name, "%s", name ? name : "");
        if (SSL_read(ssl, bytes, sizeof bytes) > 0) {
            service->requests++;
            SSL_write(ssl,
                      "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                      "Content-Length: 2\r\n\r\nok",
                      59);
            SSL_shutdown(ssl);
        }
    }
    SSL_free(ssl);
}

#define LEAF(names)                            \
    {                                          \
        "x", names, NULL, -HOUR, HOUR, 0, 0, 0 \
    }

static const struct {
    struct recipe recipe;
    const char *host;
    int version_max; // of the receiver; 0: any
    enum call_result result;
    const char *detail; // part of it
} rows[] = {
    {LEAF("DNS:hook.test"), "hook.test", 0, CALL_ANSWERED, ""},
    {LEAF("DNS:hook.test"), "hook.test", TLS1_2_VERSION, CALL_ANSWERED, ""},
    {LEAF("DNS:other.test,DNS:hook.test"), "hook.test", 0, CALL_ANSWERED, ""},
    {LEAF("IP:127.0.0.1"), "127.0.0.1", 0, CALL_ANSWERED, ""},
    {LEAF("DNS:*.hook.test"), "x.hook.test", 0, CALL_ANSWERED, ""},
    // names
    {LEAF("DNS:other.test"), "hook.test", 0, CALL_TLS_NAME, ""},
    {{"hook.test", NULL, NULL, -HOUR, HOUR, 0, 0, 0}, "hook.test", 0, CALL_TLS_NAME, ""},
    {{"hook.test", "email:a@hook.test", NULL, -HOUR, HOUR, 0, 0, 0},
     "hook.test",
     0,
     CALL_TLS_NAME,
     ""},
    {{"127.0.0.1", "DNS:127.0.0.1", NULL, -HOUR, HOUR, 0, 0, 0},
     "127.0.0.1",
     0,
     CALL_TLS_NAME,
     ""},
    {LEAF("IP:127.0.0.2"), "127.0.0.1", 0, CALL_TLS_NAME, ""},
    {LEAF("IP:127.0.0.1"), "hook.test", 0, CALL_TLS_NAME, ""},
    {LEAF("DNS:*.hook.test"), "a.b.hook.test", 0, CALL_TLS_NAME, ""},
    {LEAF("DNS:*.hook.test"), "hook.test", 0, CALL_TLS_NAME, ""},
    {LEAF("DNS:h*k.com.test,DNS:x*.hook.test"), "x.hook.test", 0, CALL_TLS_NAME, ""},
    {LEAF("DNS:*.com"), "hook.com", 0, CALL_TLS_NAME, ""},
    // time
    {{"x", "DNS:hook.test", NULL, -2 * HOUR, -HOUR, 0, 0, 0},
     "hook.test",
     0,
     CALL_TLS_EXPIRED,
     "valid from 20"},
    {{"x", "DNS:hook.test", NULL, HOUR, 2 * HOUR, 0, 0, 0},
     "hook.test",
     0,
     CALL_TLS_EXPIRED,
     " until 20"},
    // trust
    {{"x", "DNS:hook.test", NULL, -HOUR, HOUR, 1, 0, 0},
     "hook.test",
     0,
     CALL_TLS_UNTRUSTED,
     "self"},
    {{"x", "DNS:hook.test", "clientAuth", -HOUR, HOUR, 0, 0, 0},
     "hook.test",
     0,
     CALL_TLS_UNTRUSTED,
     "purpose"},
    {{"x", "DNS:hook.test", NULL, -HOUR, HOUR, 0, 1, 0},
     "hook.test",
     0,
     CALL_TLS_UNTRUSTED,
     "key too weak"},
    {{"x", "DNS:hook.test", NULL, -HOUR, HOUR, 0, 0, 1},
     "hook.test",
     0,
     CALL_TLS_UNTRUSTED,
     "digest"},
    // version
    {LEAF("DNS:hook.test"), "hook.test", TLS1_1_VERSION, CALL_TLS_VERSION, ""},
    {LEAF("DNS:hook.test"), "hook.test", TLS1_VERSION, CALL_TLS_VERSION, ""},
};

static void test_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        struct service *service = service_new(&rows[i].recipe, rows[i].version_max);
        struct hostile *hostile = hostile_new(serve_tls, service);
        world_init(&world, "127.0.0.0/8", certificates_authority);
        world.tls = true;
        world.host = rows[i].host;
        enum call_result result = world_call(&world, hostile->port);
        if (result != rows[i].result || !strstr(world.detail, rows[i].detail))
            fail_msg("row %zu: %s (%s)", i, call_result_slug(result), world.detail);
        bool is_good = result == CALL_ANSWERED;
        assert_int_equal(world.timings.tls >= 0, is_good);
        world_done(&world);
        hostile_free(hostile);
        assert_int_equal(service->requests, is_good);
        if (is_good) {
            assert_int_equal(service->alpn, 1);
            const char *name = strcmp(rows[i].host, "127.0.0.1") ? rows[i].host : "";
            assert_string_equal(service->server_name, name);
        }
        service_free(service);
    }
}

static const struct recipe good = LEAF("DNS:hook.test");

// The same certificate, but its authority is not among those the machine knows.
static void test_unknown_authority(void **state)
{
    (void)state;
    struct world world;
    struct service *service = service_new(&good, 0);
    struct hostile *hostile = hostile_new(serve_tls, service);
    world_init(&world, "127.0.0.0/8", NULL);
    world.tls = true;
    world.host = "hook.test";
    assert_int_equal(world_call(&world, hostile->port), CALL_TLS_UNTRUSTED);
    world_done(&world);
    hostile_free(hostile);
    assert_int_equal(service->requests, 0);
    service_free(service);
}

// More at once than a turn may shake hands with: the others wait, but not for ever.
static void test_many_handshakes(void **state)
{
    (void)state;
    enum { MANY = 150 };
    struct world world;
    struct service *service = service_new(&good, 0);
    struct hostile *hostile = hostile_new(serve_tls, service);
    world_init(&world, "127.0.0.0/8", certificates_authority);
    world.tls = true;
    world.host = "hook.test";
    world.timeout_ms = 15000;
    for (world.app_id = 1; world.app_id <= MANY; world.app_id++)
        world_start(&world, hostile->port, 1);
    world_wait(&world, MANY);
    assert_int_equal(world.result, CALL_ANSWERED);
    world_done(&world);
    hostile_free(hostile);
    assert_int_equal(service->requests, MANY);
    service_free(service);
}

static int force_h2(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                    const unsigned char *offered, unsigned offered_len, void *argument)
{
    (void)ssl;
    (void)offered;
    (void)offered_len;
    (void)argument;
    *ret = (const unsigned char *)"h2";
    *ret_len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static void test_forced_protocol(void **state)
{
    (void)state;
    struct world world;
    struct service *service = service_new(&good, 0);
    SSL_CTX_set_alpn_select_cb(service->context, force_h2, NULL);
    struct hostile *hostile = hostile_new(serve_tls, service);
    world_init(&world, "127.0.0.0/8", certificates_authority);
    world.tls = true;
    world.host = "hook.test";
    assert_int_equal(world_call(&world, hostile->port), CALL_TLS);
    world_done(&world);
    hostile_free(hostile);
    assert_int_equal(service->requests, 0);
    service_free(service);
}

static void test_sessions_are_resumed(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct world world;
        struct service *service = service_new(&good, versions[i]);
        struct hostile *hostile = hostile_new(serve_tls, service);
        world_init(&world, "127.0.0.0/8", certificates_authority);
        world.tls = true;
        world.host = "hook.test";
        for (int call = 0; call < 4; call++)
            assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        world.app_id++; // its first
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        world_done(&world);
        hostile_free(hostile);
        assert_int_equal(service->resumed, 3);
        service_free(service);
    }
}

struct says {
    const char *bytes;
    size_t len;
};

#define SAYS(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct says *bytes_of(const struct hostile *hostile)
{
    return hostile->argument;
}

static void serve_plain(struct hostile *hostile, int fd, int nth)
{
    char bytes[512];
    (void)nth;
    if (recv(fd, bytes, sizeof bytes, 0) > 0)
        hostile_send(fd, bytes_of(hostile)->bytes, bytes_of(hostile)->len);
}

static void serve_silence(struct hostile *hostile, int fd, int nth)
{
    (void)hostile;
    (void)nth;
    hostile_wait(fd);
}

static void serve_drip(struct hostile *hostile, int fd, int nth)
{
    (void)hostile;
    (void)nth;
    for (int i = 0; i < 200 && hostile_pause(fd, 10); i++)
        hostile_send(fd, i == 0 ? "\x16" : i < 3 ? "\x03" : "\x20", 1);
}

static void test_what_is_no_tls(void **state)
{
    (void)state;
    static const struct {
        hostile_script *script;
        struct says says;
        enum call_result result;
    } cases[] = {
        {serve_plain, SAYS("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), CALL_TLS},
        {serve_plain, SAYS(""), CALL_TLS},
        {serve_plain, SAYS("\x15\x03\x03\x00\x02\x02\x28"), CALL_TLS},
        {serve_plain, SAYS("\x15\x03\x01\x00\x02\x02\x46"), CALL_TLS_VERSION},
        {serve_silence, SAYS(""), CALL_TLS_TIMEOUT},
        {serve_drip, SAYS(""), CALL_TLS_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        struct hostile *hostile = hostile_new(cases[i].script, &cases[i].says);
        bool is_slow = cases[i].result == CALL_TLS_TIMEOUT;
        assert_true(limit_set(LIMIT_TLS_MS, is_slow ? 200 : 5000));
        world_init(&world, "127.0.0.0/8", certificates_authority);
        world.tls = true;
        world.host = "hook.test";
        enum call_result result = world_call(&world, hostile->port);
        if (result != cases[i].result)
            fail_msg("case %zu: %s (%s)", i, call_result_slug(result), world.detail);
        assert_int_equal(caller_counts(world.caller).open, 0);
        world_done(&world);
        hostile_free(hostile);
    }
    assert_true(limit_set(LIMIT_TLS_MS, 5000));
}

static void test_authorities_that_are_none(void **state)
{
    (void)state;
    struct tls_client *client;
    struct error error = {0};
    assert_int_equal(tls_client_new("/nonexistent", &client, &error), ERR_CONFIG);
    assert_non_null(strstr(error.text, "/nonexistent"));
    assert_int_equal(tls_client_new("/dev/null", &client, &error), ERR_CONFIG);
    assert_int_equal(tls_client_new(certificates_authority, &client, &error), ERR_OK);
    tls_client_free(client);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    script_names = names;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_unknown_authority),
        cmocka_unit_test(test_sessions_are_resumed),
        cmocka_unit_test(test_many_handshakes),
        cmocka_unit_test(test_forced_protocol),
        cmocka_unit_test(test_what_is_no_tls),
        cmocka_unit_test(test_authorities_that_are_none),
    };
    return cmocka_run_group_tests(tests, certificates_set_up, certificates_tear_down);
}
