// TLS at the server's end: a client of OpenSSL's own speaks with it over a socket pair.

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 200000 };

struct world {
    struct loop *loop;
    struct server *server;
    struct tls_server *tls;
    struct timer tick;
    size_t requests;
};

static char cert_file[] = "/tmp/posthorn-cert-XXXXXX";
static char key_file[] = "/tmp/posthorn-key-XXXXXX";

static void write_files(X509 *cert, EVP_PKEY *key)
{
    FILE *cert_stream = fdopen(mkstemp(cert_file), "w");
    FILE *key_stream = fdopen(mkstemp(key_file), "w");

    assert_true(cert_stream && key_stream);
    assert_true(PEM_write_X509(cert_stream, cert));
    assert_true(PEM_write_PrivateKey(key_stream, key, NULL, NULL, 0, NULL, NULL));
    assert_int_equal(fclose(cert_stream), 0);
    assert_int_equal(fclose(key_stream), 0);
}

static int make_files(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_true(key && cert);
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                           (const unsigned char *)"localhost", -1, -1, 0));
    assert_true(X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    write_files(cert, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(cert_file) | unlink(key_file);
}

static void on_request(void *owner, struct reply_handle handle,
                       const struct http_request *request)
{
    struct world *world = owner;

    assert_true(request->is_tls);
    world->requests++;
    server_reply(world->server, handle, 200, NULL, NULL, 0, request->body, request->body_len);
}

static enum error_code on_head(void *owner, const struct http_request *request,
                               struct error *error)
{
    (void)owner, (void)request, (void)error;
    return ERR_OK;
}

static const char *on_refused(void *owner, const struct error *error, struct buf *ret_body)
{
    (void)owner;
    buf_add_str(ret_body, error_slug(error->code));
    return "text/plain";
}

static void on_tick(struct timer *timer)
{
    (void)timer;
}

static int world_init(void **state)
{
    struct world *world = NEW(struct world);
    struct server_events events = {.owner = world,
                                   .on_request = on_request,
                                   .on_head = on_head,
                                   .on_refused = on_refused};
    struct error error;

    world->loop = loop_new();
    world->server = server_new(world->loop, &events);
    world->tick.on_due = on_tick;
    assert_int_equal(tls_server_new(cert_file, key_file, &world->tls, &error), ERR_OK);
    *state = world;
    return 0;
}

static int world_done(void **state)
{
    struct world *world = *state;

    server_free(world->server);
    tls_server_free(world->tls);
    loop_free(world->loop);
    free(world);
    return 0;
}

static void turn(struct world *world)
{
    loop_timer(world->loop, &world->tick, clock_now().mono_ms + 1);
    loop_turn(world->loop);
}

static int connect_pair(struct world *world)
{
    struct address peer;
    int fds[2];

    assert_true(address_parse("127.0.0.1:7", &peer));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    server_accept(world->server, fds[0], &peer, world->tls);
    return fds[1];
}

// What the client offers.
struct offer {
    int version_max;
    const char *protocols; // as ALPN writes them; "": none
};

static SSL *client_new(SSL_CTX *context, const struct offer *offer, int fd)
{
    SSL *client = SSL_new(context);

    assert_non_null(client);
    assert_true(SSL_set_max_proto_version(client, offer->version_max));
    assert_int_equal(SSL_set_alpn_protos(client, (const unsigned char *)offer->protocols,
                                         (unsigned)strlen(offer->protocols)),
                     0);
    assert_true(SSL_set_fd(client, fd));
    SSL_set_connect_state(client);
    return client;
}

static bool shake_hands(SSL *client, struct world *world)
{
    for (int i = 0; i < 50; i++) {
        int result = SSL_do_handshake(client);
        if (result == 1)
            return true;
        if (SSL_get_error(client, result) != SSL_ERROR_WANT_READ)
            return false;
        turn(world);
    }
    return false;
}

static void exchange(SSL *client, struct world *world, const char *bytes, size_t len,
                     struct buf *ret)
{
    static char room[65536];

    for (int quiet = 0; quiet < 10; quiet++) {
        size_t moved = 0;
        if (len > 0 && SSL_write_ex(client, bytes, len, &moved)) {
            bytes += moved;
            len -= moved;
            quiet = 0;
        }
        turn(world);
        while (SSL_read_ex(client, room, sizeof room, &moved)) {
            buf_add(ret, room, moved);
            quiet = 0;
        }
    }
}

static void test_handshakes(void **state)
{
    static const struct {
        struct offer offer;
        bool succeeds;
        const char *chosen;
    } rows[] = {
        {{TLS1_3_VERSION, "\x08http/1.1"}, true, "http/1.1"},
        {{TLS1_3_VERSION, "\x02h2\x08http/1.1"}, true, "http/1.1"},
        {{TLS1_2_VERSION, "\x08http/1.1"}, true, "http/1.1"},
        {{TLS1_2_VERSION, ""}, true, ""},
        {{TLS1_3_VERSION, "\x02h2"}, false, ""},
        {{TLS1_1_VERSION, ""}, false, ""},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        int fd = connect_pair(world);
        SSL *client = client_new(context, &rows[i].offer, fd);
        const unsigned char *chosen;
        unsigned chosen_len;
        SSL_set_security_level(client, 0); // so that it is the server that refuses 1.1
        assert_int_equal(shake_hands(client, world), rows[i].succeeds);
        SSL_get0_alpn_selected(client, &chosen, &chosen_len);
        assert_int_equal(chosen_len, strlen(rows[i].chosen));
        SSL_free(client);
        SSL_CTX_free(context);
        close(fd);
    }
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_int_equal(server_counts(world->server).open, 0);
}

static void test_requests_of_all_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 16000, 16384, 65535, 65536, BIG};
    struct offer offer = {TLS1_3_VERSION, "\x08http/1.1"};
    struct world *world = *state;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int fd = connect_pair(world);
    SSL *client = client_new(context, &offer, fd);

    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    assert_true(shake_hands(client, world));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf sent, received;
        buf_init(&sent, 1 << 20);
        buf_init(&received, 1 << 20);
        buf_add_format(&sent, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                       sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            buf_add_char(&sent, (char)('a' + at % 26));
        exchange(client, world, sent.data, sent.len, &received);
        assert_int_equal(world->requests, i + 1);
        assert_true(received.len > sizes[i]);
        assert_memory_equal(received.data + received.len - sizes[i],
                            sent.data + sent.len - sizes[i], sizes[i]);
        buf_done(&sent);
        buf_done(&received);
    }
    SSL_free(client);
    SSL_CTX_free(context);
    close(fd);
}

static size_t count_answered(const int *fds, size_t count)
{
    size_t answered = 0;
    char byte;

    for (size_t i = 0; i < count; i++)
        answered += recv(fds[i], &byte, 1, MSG_PEEK) == 1;
    return answered;
}

// A crowd that wants to shake hands does not hold a turn up.
static void test_handshakes_are_paced(void **state)
{
    enum { COUNT = 100 };
    struct offer offer = {TLS1_3_VERSION, "\x08http/1.1"};
    struct world *world = *state;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *clients[COUNT];
    int fds[COUNT];
    size_t answered;

    for (size_t i = 0; i < COUNT; i++) {
        fds[i] = connect_pair(world);
        clients[i] = client_new(context, &offer, fds[i]);
        assert_int_equal(SSL_do_handshake(clients[i]), -1);
    }
    turn(world);
    answered = count_answered(fds, COUNT);
    assert_true(answered > 0 && answered < COUNT);
    for (int i = 0; i < COUNT && answered < COUNT; i++) {
        turn(world);
        answered = count_answered(fds, COUNT);
    }
    assert_int_equal(answered, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        SSL_free(clients[i]);
        close(fds[i]);
    }
    SSL_CTX_free(context);
}

static void test_plain_bytes_are_cut_off(void **state)
{
    static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct world *world = *state;
    int fd = connect_pair(world);

    assert_int_equal(send(fd, bytes, sizeof bytes - 1, 0), sizeof bytes - 1);
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_int_equal(server_counts(world->server).open, 0);
    assert_int_equal(world->requests, 0);
    close(fd);
}

static void test_files_that_cannot_be_used(void **state)
{
    const char *rows[][2] = {{"/nonexistent", key_file},
                             {cert_file, "/nonexistent"},
                             {key_file, key_file},
                             {cert_file, cert_file}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_server *tls;
        struct error error;
        assert_int_equal(tls_server_new(rows[i][0], rows[i][1], &tls, &error), ERR_CONFIG);
        assert_true(strlen(error.text) > 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_init, world_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_handshakes),
        TEST(test_requests_of_all_sizes),
        TEST(test_handshakes_are_paced),
        TEST(test_plain_bytes_are_cut_off),
        cmocka_unit_test(test_files_that_cannot_be_used),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
