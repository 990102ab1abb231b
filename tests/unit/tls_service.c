#include "tls_service.h"

#include <assert.h>
#include <stdlib.h>

static int on_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                   const unsigned char *offered, unsigned offered_len, void *argument)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    (void)ssl;
    (void)argument;
    int found = SSL_select_next_proto((unsigned char **)(uintptr_t)ret, ret_len, both,
                                      sizeof both - 1, offered, offered_len);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

struct service *service_new(const struct recipe *recipe, int version_max)
{
    struct service *service = calloc(1, sizeof *service);
    assert(service);
    service->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(service->context, 0);
    SSL_CTX_set_min_proto_version(service->context, 0);
    SSL_CTX_set_max_proto_version(service->context, version_max);
    SSL_CTX_set_alpn_select_cb(service->context, on_alpn, NULL);
    SSL_CTX_set_session_id_context(service->context, (const unsigned char *)"t", 1);
    X509 *cert = certificates_make(recipe);
    int is_good = SSL_CTX_use_certificate(service->context, cert) == 1 &&
                  SSL_CTX_use_PrivateKey(service->context, certificates_key(recipe)) == 1;
    assert(is_good);
    X509_free(cert);
    return service;
}

void service_free(struct service *service)
{
    SSL_CTX_free(service->context);
    free(service);
}
