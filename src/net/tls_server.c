#include "net/tls_server.h"

#include "base/memory.h"
#include "net/tls.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_MAX = 16384 };

struct tls_server {
    SSL_CTX *context;
};

// The first of ours that the client offers. One that offers ALPN without it is refused, as
// RFC 7301 asks.
static int choose_protocol(SSL *session, const unsigned char **ret, unsigned char *ret_len,
                           const unsigned char *offered, unsigned offered_len, void *argument)
{
    static const char ours[] = "http/1.1";

    (void)session;
    (void)argument;
    for (unsigned at = 0; at < offered_len; at += 1 + offered[at]) {
        unsigned char len = offered[at];
        if (len == sizeof ours - 1 && at + 1 + len <= offered_len &&
            memcmp(offered + at + 1, ours, len) == 0) {
            *ret = offered + at + 1;
            *ret_len = len;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static enum error_code fail(struct tls_server *server, struct error *error, const char *file)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    tls_server_free(server);
    return error_set(error, ERR_CONFIG, "%s: %s", file, reason ? reason : "cannot be used");
}

enum error_code tls_server_new(const char *cert_file, const char *key_file,
                               struct tls_server **ret, struct error *error)
{
    struct tls_server *server = NEW(struct tls_server);

    ERR_clear_error();
    server->context = SSL_CTX_new(TLS_server_method());
    if (!server->context || !SSL_CTX_set_min_proto_version(server->context, TLS1_2_VERSION) ||
        SSL_CTX_use_certificate_chain_file(server->context, cert_file) != 1)
        return fail(server, error, cert_file);
    if (SSL_CTX_use_PrivateKey_file(server->context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(server->context) != 1)
        return fail(server, error, key_file);
    SSL_CTX_set_options(server->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                             SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(server->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                          SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(server->context, choose_protocol, NULL);
    // Sessions are resumed by tickets, which cost no memory here.
    SSL_CTX_set_session_cache_mode(server->context, SSL_SESS_CACHE_OFF);
    *ret = server;
    return ERR_OK;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    SSL_CTX_free(server->context); // sessions hold their own reference
    free(server);
}

struct ssl_st *tls_session_new(struct tls_server *server, int fd)
{
    SSL *session = SSL_new(server->context);
    int flags = fcntl(fd, F_GETFL);

    if (session && flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        SSL_set_fd(session, fd) == 1) {
        SSL_set_accept_state(session);
        return session;
    }
    SSL_free(session);
    return NULL;
}

void tls_session_free(struct ssl_st *session)
{
    SSL_free(session);
}

static enum tls_step step_of(SSL *session, int result)
{
    switch (SSL_get_error(session, result)) {
    case SSL_ERROR_NONE: return TLS_STEP_DONE;
    case SSL_ERROR_WANT_READ: return TLS_STEP_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return TLS_STEP_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return TLS_STEP_END;
    default: return TLS_STEP_FAILED;
    }
}

enum tls_step tls_session_handshake(struct ssl_st *session)
{
    ERR_clear_error();
    return step_of(session, SSL_do_handshake(session));
}

enum tls_step tls_session_read(struct ssl_st *session, char *bytes, size_t room,
                               size_t *ret_len)
{
    enum tls_step step = TLS_STEP_DONE;
    size_t len = 0;

    ERR_clear_error();
    while (step == TLS_STEP_DONE && room - len >= RECORD_MAX) {
        size_t got = 0;
        step = step_of(session, SSL_read_ex(session, bytes + len, room - len, &got));
        len += got;
    }
    *ret_len = len;
    return len > 0 ? TLS_STEP_DONE : step; // what ended it comes again with the next call
}

enum tls_step tls_session_write(struct ssl_st *session, const char *bytes, size_t len,
                                size_t *ret_len)
{
    *ret_len = 0;
    ERR_clear_error();
    return step_of(session, SSL_write_ex(session, bytes, len, ret_len));
}

void tls_session_end(struct ssl_st *session)
{
    ERR_clear_error();
    SSL_shutdown(session); // may fail: the client is gone, and nothing is to be said
}
