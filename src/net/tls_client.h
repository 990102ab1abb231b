// TLS towards a receiver: what tls.h's client context does for one connection. The name in
// the certificate must be the URL's host (subjectAltName only; no partial wildcards), the
// chain must end at a known authority, the version must be 1.2 or newer. A session is kept as
// bytes with the origin it belongs to and used for the next handshake there.

#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include "net/caller.h"
#include "net/tls.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

enum { TLS_DETAIL_MAX = 160 };

// A session of one origin, to be resumed. Zero it before first use.
struct tls_session {
    unsigned char *bytes; // NULL: none
    size_t len;
    int64_t until_us; // by the monotonic clock
};

void tls_session_done(struct tls_session *session);

// A connection over the socket, before its handshake. host is a name or a literal address.
// *session is resumed, and receives what the peer offers for the next time, until SSL_free().
// NULL: out of resources.
SSL *tls_client_open(struct tls_client *client, int fd, const char *host,
                     struct tls_session *session);

// After the handshake: no other protocol than HTTP/1.1 was chosen.
bool tls_client_speaks_http(const SSL *ssl);

// After SSL_connect() failed for good: why, and more words for the merchant's developer. Call
// it before any other OpenSSL function on this thread.
enum call_result tls_client_fault(const SSL *ssl, char ret_detail[TLS_DETAIL_MAX]);

#endif
