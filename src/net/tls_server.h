// A TLS session with a client that connected: what the server's connections do with a
// struct tls_server (net/tls.h). TLS 1.2 and 1.3, ALPN http/1.1, no renegotiation.
//
// OpenSSL writes with write(2): the process must ignore or block SIGPIPE.

#ifndef NET_TLS_SERVER_H
#define NET_TLS_SERVER_H

#include <stddef.h>

struct ssl_st; // OpenSSL's SSL
struct tls_server;

// What became of an attempt to move bytes, or to shake hands.
enum tls_step {
    TLS_STEP_DONE,
    TLS_STEP_WANTS_READ, // again when the descriptor is readable
    TLS_STEP_WANTS_WRITE,
    TLS_STEP_END, // the client said that it sends no more
    TLS_STEP_FAILED,
};

// fd stays the caller's and becomes non-blocking. NULL: there is no room for a session.
struct ssl_st *tls_session_new(struct tls_server *server, int fd);
void tls_session_free(struct ssl_st *session); // sends nothing

enum tls_step tls_session_handshake(struct ssl_st *session);
// *ret_len is 0 unless DONE. Reads all that is there, as long as a whole record fits into
// room; so nothing stays behind unseen in the session.
enum tls_step tls_session_read(struct ssl_st *session, char *bytes, size_t room,
                               size_t *ret_len);
enum tls_step tls_session_write(struct ssl_st *session, const char *bytes, size_t len,
                                size_t *ret_len);
void tls_session_end(struct ssl_st *session); // tells the client that no more will come

#endif
