// A world for the tests of the server: a loop, a server whose handlers do what the path says,
// and clients over real sockets, all in one thread. Its clock is its own: a turn takes a
// millisecond, so that no machine is too slow for a limit. Include after <cmocka.h>.

#ifndef SUPPORT_SERVER_WORLD_H
#define SUPPORT_SERVER_WORLD_H

#include "base/buf.h"
#include "net/loop.h"
#include "net/server.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, headers) "POST " path " HTTP/1.1\r\nHost: a\r\n" headers "\r\n"

enum { LATER_MAX = 256, RECEIVED_MAX = 1 << 22 };

// /later is answered by the test, /big with 300,000 bytes, /locked refused at its head, and
// everything else with "METHOD path?query body".
struct world {
    struct loop *loop;
    struct server *server;
    struct timer tick;
    struct reply_handle later[LATER_MAX]; // of requests to /later
    size_t later_count;
    size_t requests, heads, gone, closed;
    int trusted;   // connections, of those that are open
    size_t faults; // requests that cannot be served
    bool pauses;   // stop reading after each request
};

int world_init(void **state);
int world_done(void **state);         // and all limits are normal again
void world_turn(struct world *world); // one turn, which waits for nothing
void world_pass(int64_t ms);          // time passes between two turns
void world_answer(struct world *world, struct reply_handle handle, const char *text,
                  size_t len);

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_init, world_done)

struct client {
    int fd;
    struct buf received;
    bool is_tcp;
    bool is_closed; // by the server
};

void client_init(struct client *client, struct world *world);     // over a socket pair
void client_init_tcp(struct client *client, struct world *world); // over the loopback
void client_done(struct client *client);
// All of it, while turns pass and what comes is received; less if the server closes.
void client_send(struct client *client, struct world *world, const char *bytes, size_t len);
void client_wait(struct client *client, struct world *world); // until nothing more comes
void client_say(struct client *client, struct world *world, const char *text); // both
bool client_wait_close(struct client *client, struct world *world, int64_t max_ms);

// The statuses of all that was received, as "200 404", and the bodies one after the other
// (NULL: any).
void assert_received(const struct client *client, const char *statuses, const char *bodies);

#endif
