// The demo's own server: this very program on a free port of loopback, with a folder that
// goes with it, and nothing of the environment's.

#ifndef CLI_DEMO_SERVER_H
#define CLI_DEMO_SERVER_H

#include "base/json_span.h"
#include "cli/client.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

enum { DEMO_FACTOR = 300 }; // every wait passes that many times faster

struct demo_server {
    char folder[PATH_MAX];
    char url[64];
    pid_t pid; // 0: none
    struct client *client;
};

// Starts it, and waits until it takes events. profiles: a folder, or NULL. Returns 0, or the
// exit code after having said why; demo_server_end() in either case.
int demo_server_start(struct demo_server *server, const char *profiles);
void demo_server_end(struct demo_server *server); // and removes the folder

// Asks the API; *ret->json is what came, and *ret is to be released with
// client_answer_done() in either case. A refusal is returned as false.
struct demo_answer {
    struct client_answer raw;
    struct json_span json;
};
bool demo_ask(const struct demo_server *server, const char *method, const char *path,
              const char *body, struct demo_answer *ret);
void demo_answer_done(struct demo_answer *answer);

#endif
