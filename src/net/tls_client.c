#include "net/tls_client.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECURITY_LEVEL = 2, // no SHA-1, no RSA under 2048 bits
    CHAIN_DEPTH = 10,
    CHAIN_BYTES_MAX = 64 * 1024,
    SESSION_BYTES_MAX = 8 * 1024, // a peer chooses its ticket's size
};

static const int64_t session_life_us = 3600LL * 1000 * 1000;

struct tls_client {
    SSL_CTX *context;
};

void tls_session_done(struct tls_session *session)
{
    if (session->bytes)
        memory_wipe(session->bytes, session->len);
    free(session->bytes);
    *session = (struct tls_session){0};
}

// Returns 0: the library keeps its reference and drops it.
static int on_new_session(SSL *ssl, SSL_SESSION *offered)
{
    struct tls_session *session = SSL_get_app_data(ssl);
    int len = i2d_SSL_SESSION(offered, NULL);
    tls_session_done(session);
    if (len <= 0 || len > SESSION_BYTES_MAX || !SSL_SESSION_is_resumable(offered))
        return 0;
    session->bytes = memory_new((size_t)len);
    session->len = (size_t)len;
    session->until_us = clock_mono_us() + session_life_us;
    unsigned char *end = session->bytes;
    i2d_SSL_SESSION(offered, &end);
    return 0;
}

static void free_refused(void *parent, void *refused, CRYPTO_EX_DATA *data, int index,
                         long argument, void *pointer)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argument;
    (void)pointer;
    X509_free(refused);
}

// Where a connection keeps the certificate that was refused: OpenSSL forgets it.
static int refused_index = -1;

static void make_index(void)
{
    refused_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_refused);
    assert(refused_index >= 0);
}

static int on_verified(int is_good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    if (is_good || !cert || SSL_get_ex_data(ssl, refused_index))
        return is_good;
    X509_up_ref(cert);
    if (SSL_set_ex_data(ssl, refused_index, cert) != 1)
        X509_free(cert);
    return is_good;
}

static bool context_set_up(SSL_CTX *context)
{
    static const unsigned char http11[] = "\x08http/1.1";
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verified);
    SSL_CTX_set_verify_depth(context, CHAIN_DEPTH);
    SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MAX);
    SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_new_session);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_alpn_protos(context, http11, sizeof http11 - 1) == 0;
}

enum error_code tls_client_new(const char *ca_file, struct tls_client **ret,
                               struct error *error)
{
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
    if (CRYPTO_THREAD_run_once(&once, make_index) != 1)
        return error_set(error, ERR_BROKEN, "OpenSSL does not start");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || !context_set_up(context)) {
        SSL_CTX_free(context);
        return error_set(error, ERR_BROKEN, "OpenSSL gives no context for TLS");
    }
    int loaded = ca_file ? SSL_CTX_load_verify_file(context, ca_file)
                         : SSL_CTX_set_default_verify_paths(context);
    if (loaded != 1) {
        SSL_CTX_free(context);
        ERR_clear_error();
        return error_set(error, ERR_CONFIG,
                         "no certificate authorities could be read from %s",
                         ca_file ? ca_file : "the system's folder");
    }
    *ret = NEW(struct tls_client);
    (*ret)->context = context;
    return ERR_OK;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->context);
    free(client);
}

static bool is_literal(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

// A literal address is checked as one, and not sent as server name (RFC 6066 section 3). One
// dot at a name's end is not part of it.
static bool set_name(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (is_literal(host))
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1;
    char name[256];
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len == 0 || len >= sizeof name)
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

// A ticket of TLS 1.3 is used once (RFC 8446 appendix C.4): the peer gives a new one.
static void resume(SSL *ssl, struct tls_session *session)
{
    if (!session->bytes)
        return;
    const unsigned char *at = session->bytes;
    SSL_SESSION *old = d2i_SSL_SESSION(NULL, &at, (long)session->len);
    bool is_fresh = old && clock_mono_us() < session->until_us;
    if (is_fresh)
        SSL_set_session(ssl, old);
    if (!is_fresh || SSL_SESSION_get_protocol_version(old) >= TLS1_3_VERSION)
        tls_session_done(session);
    SSL_SESSION_free(old);
}

SSL *tls_client_open(struct tls_client *client, int fd, const char *host,
                     struct tls_session *session)
{
    SSL *ssl = SSL_new(client->context);
    if (!ssl || SSL_set_fd(ssl, fd) != 1 || !set_name(ssl, host)) {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_app_data(ssl, session);
    resume(ssl, session);
    SSL_set_connect_state(ssl);
    return ssl;
}

// Not every OpenSSL compares the choice with what was offered.
bool tls_client_speaks_http(const SSL *ssl)
{
    const unsigned char *protocol;
    unsigned len;
    SSL_get0_alpn_selected(ssl, &protocol, &len);
    return len == 0 || (len == 8 && memcmp(protocol, "http/1.1", 8) == 0);
}

static void put(char *ret_detail, const char *text)
{
    size_t len = strnlen(text, TLS_DETAIL_MAX - 1);
    memcpy(ret_detail, text, len);
    ret_detail[len] = '\0';
}

// "valid from … until …", so that the developer sees which of the two it is.
static void put_validity(const SSL *ssl, char *ret_detail)
{
    X509 *cert = SSL_get_ex_data(ssl, refused_index);
    BIO *text = BIO_new(BIO_s_mem());
    if (cert && text) {
        BIO_puts(text, "valid from ");
        ASN1_TIME_print_ex(text, X509_get0_notBefore(cert), ASN1_DTFLGS_ISO8601);
        BIO_puts(text, " until ");
        ASN1_TIME_print_ex(text, X509_get0_notAfter(cert), ASN1_DTFLGS_ISO8601);
        int len = BIO_read(text, ret_detail, TLS_DETAIL_MAX - 1);
        ret_detail[len > 0 ? len : 0] = '\0';
    }
    BIO_free(text);
}

static enum call_result certificate_fault(const SSL *ssl, long verdict, char *ret_detail)
{
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        put_validity(ssl, ret_detail);
        return CALL_TLS_EXPIRED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return CALL_TLS_NAME;
    default:
        put(ret_detail, X509_verify_cert_error_string(verdict));
        return CALL_TLS_UNTRUSTED;
    }
}

enum call_result tls_client_fault(const SSL *ssl, char ret_detail[TLS_DETAIL_MAX])
{
    ret_detail[0] = '\0';
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    int number = ERR_GET_REASON(code);
    ERR_clear_error();
    long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
        return certificate_fault(ssl, verdict, ret_detail);
    if (number == SSL_R_UNSUPPORTED_PROTOCOL ||
        number == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || number == SSL_R_VERSION_TOO_LOW)
        return CALL_TLS_VERSION;
    bool is_closed = !reason || number == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    put(ret_detail, is_closed ? "the connection was closed during the handshake" : reason);
    return CALL_TLS;
}
