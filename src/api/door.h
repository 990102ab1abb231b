// The API of one worker: reads requests, checks who asks, fills ops, and turns finished ops
// into answers. Everything it needs of the world is in door_options; it speaks to the store
// with store_submit() and to its clients with server_reply().
//
// It is owned by its worker's thread. Cards and keys that it caches are dropped by
// door_on_change(), which the worker calls in the stream of the store's messages.

#ifndef API_DOOR_H
#define API_DOOR_H

#include "base/moment.h"
#include "net/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEPPER_KEY_LEN = 32 };

struct attempt_row;
struct buf;
struct door;
struct event;
struct guard;
struct id_cipher;
struct keyring;
struct limit_table;
struct op;
struct profile_set;
struct store;

struct door_options {
    int worker; // ops come back to it
    struct store *store;
    const struct profile_set *profiles;
    const struct keyring *keyring;
    const unsigned char *pepper_key;     // of PEPPER_KEY_LEN, under which keys are hashed
    struct limit_table *key_limits;      // shared by all workers
    struct limit_table *stranger_limits; // by address
    struct limit_table *test_limits;     // by webhook, and by app
    struct limit_table *audit_limits;    // refusals in the audit log, by key
    const struct guard *guard;
    struct id_cipher *cipher; // the worker's
    int minter;               // number for ids minted here: unique among threads and boots
    int64_t newest_event;     // ids minted here go on above it
    bool metrics_need_key;    // the listener is not loopback
    const char *base_url;     // of this server as people reach it, "https://hooks.example";
                              // NULL: it is not known, and there are no portal links
    bool has_plain_cookie;    // sessions' cookies go without TLS: loopback, for trying it out
    int time_scale;           // deliver_at comes so many times sooner; 0: as 1
    void *owner;              // of the callbacks
    struct moment (*now)(void *owner);
    // NULL: ready. Else why not, in words ("the store has not answered for 7 s").
    const char *(*not_ready)(void *owner);
    void (*metrics)(void *owner, struct buf *ret); // append the server's figures as text
    // Posts the event to the webhook at once, outside of its lane. found: an OP_GET_WEBHOOK
    // that is done; it and the event stay until door_on_sent(), which comes once, not from
    // inside this call. False: as many tests as may be are under way; nothing comes.
    bool (*send)(void *owner, void *asker, const struct op *found, struct event *event);
};

struct door *door_new(const struct door_options *options);
void door_free(struct door *door);

struct server_events door_events(struct door *door);            // for server_new()
void door_set_server(struct door *door, struct server *server); // before the first request

void door_on_op(struct door *door,
                struct op *op); // finished; op->asker is the door's; takes it
// What came of a test; detail is copied.
void door_on_sent(struct door *door, void *asker, const struct attempt_row *attempt,
                  bool was_received);
void door_on_change(struct door *door, int64_t app_id, int64_t webhook_id);
// Called at least each 250 ms: requests that waited too long for room at the store are
// answered 503.
void door_on_timer(struct door *door);
size_t door_waiting(const struct door *door); // requests that are not answered yet

// The key that opens everything, made at the first start: its text (shown once) and its row.
struct key_row;
void door_make_key(const unsigned char pepper_key[PEPPER_KEY_LEN], const char *prefix,
                   const unsigned char dice[64], char ret_text[128], struct key_row *ret_row,
                   char ret_lookup[16], char ret_hint[8]);

#endif
