// Bytes over one connection, in both directions at once and more than fit: over TLS, where
// reading and writing get into each other's way. Plain ones are in test_caller.c.

#include "net/outbound.h"

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
                                           {NULL, NULL, 0, 0}};

static const struct recipe good = {"x", "DNS:hook.test", NULL, -HOUR, HOUR, 0, 0, 0};

enum { REQUEST_BODY = 40000, REPLY_BODY = 30000, LARGE_BODY = 12 << 20 };

// Several calls over one connection, each way more than a TLS record holds.
static void serve_tls_kept(struct hostile *hostile, int fd, int nth)
{
    static char page[REPLY_BODY], bytes[REQUEST_BODY];
    struct service *service = (struct service *)(uintptr_t)hostile->argument;
    SSL *ssl = SSL_new(service->context);
    (void)nth;
    memset(page, 'x', sizeof page);
    SSL_set_fd(ssl, fd);
    for (bool is_open = SSL_accept(ssl) == 1; is_open;) {
        int total = 0, len = 0;
        while (total <= REQUEST_BODY && (len = SSL_read(ssl, bytes, sizeof bytes)) > 0)
            total += len;
        is_open = len > 0;
        if (!is_open)
            break;
        service->requests++;
        const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n";
        is_open = SSL_write(ssl, head, sizeof head - 1) > 0 &&
                  SSL_write(ssl, page, sizeof page) > 0;
    }
    SSL_free(ssl);
}

static void test_connections_are_kept(void **state)
{
    (void)state;
    struct world world;
    struct service *service = service_new(&good, 0);
    struct hostile *hostile = hostile_new(serve_tls_kept, service);
    char *body = calloc(1, REQUEST_BODY);
    assert_non_null(body);
    world_init(&world, "127.0.0.0/8", certificates_authority);
    world.tls = true;
    world.host = "hook.test";
    world.body = body;
    world.body_len = REQUEST_BODY;
    for (int call = 0; call < 6; call++) {
        assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
        assert_int_equal(world.was_kept, call > 0);
        assert_int_equal(world.answer_len, limit(LIMIT_RESPONSE_KEPT));
        assert_true(world.is_cut);
        world_run(&world, call == 3 ? 150 : 0); // long enough to be looked at before its use
    }
    assert_int_equal(hostile->connections, 1);
    assert_int_equal(service->requests, 6);
    world_done(&world);
    hostile_free(hostile);
    service_free(service);
    free(body);
}

// Reads late and slowly, while its tickets already wait to be read.
static void serve_tls_slowly(struct hostile *hostile, int fd, int nth)
{
    static char bytes[65536];
    struct service *service = (struct service *)(uintptr_t)hostile->argument;
    SSL *ssl = SSL_new(service->context);
    int total = 0, len;
    (void)nth;
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        usleep(100000);
        while (total <= LARGE_BODY && (len = SSL_read(ssl, bytes, sizeof bytes)) > 0)
            total += len;
        SSL_write(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 40);
    }
    SSL_free(ssl);
}

static void test_large_requests(void **state)
{
    (void)state;
    struct world world;
    struct service *service = service_new(&good, 0);
    struct hostile *hostile = hostile_new(serve_tls_slowly, service);
    char *body = calloc(1, LARGE_BODY);
    assert_non_null(body);
    world_init(&world, "127.0.0.0/8", certificates_authority);
    world.tls = true;
    world.host = "hook.test";
    world.body = body;
    world.body_len = LARGE_BODY;
    world.timeout_ms = 10000;
    assert_int_equal(world_call(&world, hostile->port), CALL_ANSWERED);
    assert_in_range(world.timings.total, 95000, 9000000);
    world_done(&world);
    hostile_free(hostile);
    service_free(service);
    free(body);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    script_names = names;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_large_requests),
    };
    return cmocka_run_group_tests(tests, certificates_set_up, certificates_tear_down);
}
