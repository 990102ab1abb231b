// What a receiver that speaks TLS has, and what it saw: the argument of its script.

#ifndef TESTS_TLS_SERVICE_H
#define TESTS_TLS_SERVICE_H

#include "certificates.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct service {
    SSL_CTX *context;
    atomic_int requests;
    atomic_int resumed;
    atomic_int alpn; // handshakes that ended with http/1.1
    char server_name[64];
};

// With the recipe's certificate, speaking at most this version (0: any), however weak.
struct service *service_new(const struct recipe *recipe, int version_max);
void service_free(struct service *service);

#endif
