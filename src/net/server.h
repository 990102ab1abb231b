// The HTTP/1.1 server of one loop: it reads requests with the strict parser (net/head.h),
// hands each whole one to on_request, and writes the replies in the order of the requests,
// whatever the order they were answered in. Keep-alive, pipelining, Expect: 100-continue,
// limits of size, time and count (base/limits.h), optional TLS.
//
// It knows no route. A request that cannot be taken whole is handed out with its fault, so
// that who answers it can say who asked; one that has not even a head is answered by the
// server itself, through on_refused for the words. Either way its connection is closed then.

#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "base/error.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct loop;
struct server;
struct tls_server; // net/tls.h

struct http_header {
    const char *name; // lower case
    size_t name_len;
    const char *value; // without white space around it
    size_t value_len;
};

// Borrowed until on_request returns; whoever answers later keeps what it needs.
struct http_request {
    const char *method;
    size_t method_len;
    const char *path; // as sent, without the query; starts with '/'
    size_t path_len;
    const char *query; // without '?'; len 0: none
    size_t query_len;
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
    struct address peer;
    bool is_tls;
    const struct error *fault; // why there is no body: it cannot be served. NULL: none
};

// The header's value, or NULL; *ret_count (may be NULL) says how often it stands.
const struct http_header *http_request_header(const struct http_request *request,
                                              const char *name, size_t *ret_count);

// Names a reply that is still owed. Plain data: it may travel to other threads and back, and
// names nothing once its connection is gone (server_reply() then drops the reply).
struct reply_handle {
    uint32_t slot;
    uint32_t turn;       // which request of the connection
    uint64_t generation; // of the slot
};

struct server_events {
    void *owner;
    // Answer with server_reply(), now or later, exactly once.
    void (*on_request)(void *owner, struct reply_handle handle,
                       const struct http_request *request);
    // The head is complete and a body is announced but not read: ERR_OK to go on (and to send
    // 100 Continue if asked). Anything else is the request's fault, with which it is handed
    // out at once.
    enum error_code (*on_head)(void *owner, const struct http_request *request,
                               struct error *error);
    // Append the body of an answer to what has no head that could be read, and name its
    // content type.
    const char *(*on_refused)(void *owner, const struct error *error, struct buf *ret_body);
    // The reply was dropped unsent (its client is gone). May be NULL.
    void (*on_gone)(void *owner, struct reply_handle handle);
    // A connection that server_accept() took is closed; was_trusted: server_trust() had been
    // called for it. May be NULL.
    void (*on_closed)(void *counter, const struct address *peer, bool was_trusted);
    void (*on_trusted)(void *counter, const struct address *peer); // goes with on_closed
    void *counter; // connections are counted by another than answers them
};

struct server *server_new(struct loop *loop, const struct server_events *events);
void server_free(struct server *server); // closes all, without a callback

// Take a connected descriptor over. tls: NULL for plain; else the process must ignore or
// block SIGPIPE. Nothing is called back from inside.
void server_accept(struct server *server, int fd, const struct address *peer,
                   struct tls_server *tls);

// One extra header line of a reply; name and value are copied.
struct reply_header {
    const char *name;
    const char *value;
};

// Content-Length, Date, Connection and the security headers are added here, and
// Cache-Control: no-store unless headers has one. The body is copied; that of an answer to
// HEAD is left out. A handle that is not owed (any more) does nothing. May be called from
// inside on_request.
void server_reply(struct server *server, struct reply_handle handle, int status,
                  const char *content_type, const struct reply_header *headers,
                  size_t header_count, const char *body, size_t body_len);

// The client that is owed this reply has shown who it is: its connection no longer counts
// among those of strangers. May be called again; nothing for a reply that is not owed.
void server_trust(struct server *server, struct reply_handle handle);

// Stop reading, and handing requests out, on all connections: the answer to an overfull
// store. The clients' deadlines stand still meanwhile.
void server_pause_reading(struct server *server, bool paused);

// Answer what is owed, then close; new requests have the fault ERR_UNAVAILABLE. True once no
// connection owes a reply, or has one unsent. Call it again until then.
bool server_drain(struct server *server);

struct server_counts {
    uint64_t accepted, requests, refused, open;
};
struct server_counts server_counts(const struct server *server);

#endif
