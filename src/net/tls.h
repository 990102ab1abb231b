// OpenSSL's contexts: one for calling (TLS >= 1.2, the chain and name verified, ALPN
// http/1.1, session resumption by origin) and one for serving.

#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/error.h"

struct tls_client;
struct tls_server;

enum error_code tls_client_new(const char *ca_file, struct tls_client **ret,
                               struct error *error) MUST_CHECK;
void tls_client_free(struct tls_client *client);

enum error_code tls_server_new(const char *cert_file, const char *key_file,
                               struct tls_server **ret, struct error *error) MUST_CHECK;
void tls_server_free(struct tls_server *server);

#endif
