// One connection to a receiver, plain or TLS, on the loop: it connects to the address that
// was vetted, shakes hands, moves bytes. It never blocks and decides nothing. It stays
// watched from its start to its end, so that a kept connection costs no system call to watch
// again.

#ifndef NET_OUTBOUND_H
#define NET_OUTBOUND_H

#include "base/list.h"
#include "net/address.h"
#include "net/caller.h"
#include "net/loop.h"

#include <openssl/ssl.h>
#include <stdint.h>

struct origin;
struct tls_client;
struct tls_session;

struct outbound {
    struct watch watch;
    struct loop *loop;
    void (*on_ready)(struct outbound *outbound, uint32_t epoll_events);
    void *owner; // of on_ready
    SSL *ssl;    // NULL: plain
    struct address remote;
    int64_t opened_ms;
    uint64_t written; // over TLS: bytes that had gone out at outbound_begin()
    bool is_writing;  // outbound_write() waits

    // the pool's
    struct origin *origin;
    struct link of_origin;
    struct link of_pool;
    int64_t idle_ms;
    int64_t retire_ms;
};

enum outbound_state {
    OUTBOUND_DONE,   // the step is complete
    OUTBOUND_WAITS,  // on_ready will say when to go on
    OUTBOUND_CLOSED, // the peer ended it in good order
    OUTBOUND_FAILED,
};

// Starts to connect. WAITS: on_ready will come, then outbound_connected(). FAILED: *ret is
// NULL and *ret_result says why.
enum outbound_state outbound_new(struct loop *loop, const struct address *remote,
                                 struct outbound **ret, enum call_result *ret_result);
enum outbound_state outbound_connected(struct outbound *outbound,
                                       enum call_result *ret_result);
void outbound_free(struct outbound *outbound); // closes; does nothing to NULL

// host and session must live as long as the connection. False: out of resources.
bool outbound_start_tls(struct outbound *outbound, struct tls_client *client,
                        const char *host, struct tls_session *session);
enum outbound_state outbound_handshake(struct outbound *outbound);
void outbound_yield(struct outbound *outbound); // on_ready comes in the next turn

struct outbound_bytes {
    const char *head;
    size_t head_len;
    const char *body;
    size_t body_len;
    size_t sent; // of both together
};

// Sends what is not sent yet, as far as it goes.
enum outbound_state outbound_write(struct outbound *outbound, struct outbound_bytes *bytes);

void outbound_stop_writing(struct outbound *outbound); // what is not sent stays so

// At most room bytes; DONE: *ret_len of them, at least one.
enum outbound_state outbound_read(struct outbound *outbound, char *ret, size_t room,
                                  size_t *ret_len);
bool outbound_has_more(const struct outbound *outbound); // read again before waiting

// Nothing came and nothing ended: an idle connection may be used.
bool outbound_is_quiet(struct outbound *outbound);

// Whether any byte of this request, or of TLS around it, was given to the kernel.
// outbound_begin() comes before the request's first outbound_write().
void outbound_begin(struct outbound *outbound);
bool outbound_wrote(const struct outbound *outbound, const struct outbound_bytes *bytes);

#endif
