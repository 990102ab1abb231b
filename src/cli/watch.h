// Waits for deliveries: polls them until each has come to its end, or made the attempt that
// was asked for, and shows every attempt and its words meanwhile.

#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct args;
struct json_span;
struct session;

enum { WATCH_ID_MAX = 80 };

struct watched {
    char id[WATCH_ID_MAX];
    uint64_t shown;  // attempts that were already shown
    uint64_t wanted; // over with that many attempts; 0: when the delivery has ended
    bool is_over;
    bool is_delivered;
};

// False: the object has no id that could be one.
bool watched_init(struct watched *watched, const struct json_span *delivery);

// How long --wait-max lets it wait. Returns 0, or the exit code after having said why.
int watch_time(const struct args *args, int64_t *ret_ms);

// Returns 0, EXIT_NOT_DELIVERED where one was not delivered, EXIT_FAILED when the time has
// passed; both after having said so.
int watch_deliveries(struct session *session, struct watched *list, size_t count,
                     int64_t most_ms);

#endif
