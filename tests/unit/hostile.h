// Receivers that misbehave by a script, each on a port of 127.0.0.1 of its own and a thread
// per connection; and a caller on a loop to send to them. For the caller's tests.

#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "base/limits.h"
#include "net/caller.h"
#include "net/guard.h"
#include "net/loop.h"
#include "net/resolver.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostile;

// Serves one connection, the nth of this receiver (from 0); it is closed afterwards.
typedef void hostile_script(struct hostile *hostile, int fd, int nth);

struct hostile {
    hostile_script *script;
    const void *argument; // the script's
    uint16_t port;
    int fd;
    atomic_int connections;
    atomic_int requests; // read whole
    atomic_bool may_go;  // past hostile_hold()
    struct hostile_inside *inside;
};

struct hostile *hostile_new(hostile_script *script, const void *argument);
void hostile_free(struct hostile *hostile); // joins: scripts see their sockets shut down

bool hostile_read(struct hostile *hostile, int fd); // one request as world_call() sends it
bool hostile_send(int fd, const void *bytes, size_t len);
bool hostile_say(int fd, const char *text);
void hostile_wait(int fd);          // until the peer closes or we are freed
bool hostile_pause(int fd, int ms); // false: closed meanwhile
void hostile_reset(int fd);         // the next close sends RST
// A script stops here until the test, which has seen what it waited for, lets it go on.
void hostile_hold(struct hostile *hostile);
void hostile_go(struct hostile *hostile);

// A caller on its loop, and what became of the last call.
struct world {
    struct loop *loop;
    struct guard *guard;
    struct resolver *resolver;
    struct caller *caller;
    int64_t app_id;
    const char *host;
    bool tls;
    int64_t timeout_ms;
    const char *body;
    size_t body_len;

    int ended;
    int awaited;
    enum call_result result;
    int status;
    char detail[256];
    char head[4096];
    char answer[32768];
    size_t answer_len;
    bool is_cut;
    bool was_kept;
    int64_t retry_after_ms;
    struct call_timings timings;
    struct address remote;
};

// rule: for guard_allow(), or NULL.
void world_init(struct world *world, const char *rule, const char *ca_file);
void world_done(struct world *world);

void world_start(struct world *world, uint16_t port, uint64_t tag); // without waiting
void world_wait(struct world *world, int ended); // until so many have ended since init
enum call_result world_call(struct world *world, uint16_t port);
void world_run(struct world *world, int ms); // turns the loop for a while
void world_run_until(struct world *world, bool (*is_so)(const struct world *world));

// Time passes for everybody, on clocks that go on from there as the machine's do.
void hostile_pass(int64_t ms);

// What names resolve to, instead of the machine's: getaddrinfo is replaced in these tests.
struct script_name {
    const char *name;
    const char *addresses; // literals, separated by spaces; "" : error
    int error;
    int delay_ms; // or SCRIPT_HELD
};
enum { SCRIPT_HELD = -1 }; // as long as script_is_held
extern atomic_bool script_is_held;
extern const struct script_name *script_names; // ended by a NULL name
extern atomic_int script_asked;                // how often getaddrinfo was called
extern atomic_int script_running, script_most; // at once

#endif
