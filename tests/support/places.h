// The three doors as the tests of who may do what see them: how each wants a key shown, how
// it says no, and the routes behind it. Include after <cmocka.h>.

#ifndef SUPPORT_PLACES_H
#define SUPPORT_PLACES_H

#include "support/door_world.h"

struct route;

enum { PLACE_LINES_MAX = 300, PLACE_KEY_MAX = 128 };

// How a key is shown: as a bearer, or in two headers.
enum way { BEARER, PAIR_OF_HEADERS, WAYS };

enum { NATIVE, DEVDRAFT, YOCO, DOORS };
struct place {
    const char *prefix;   // of its paths
    const char *profile;  // whose keys open it
    const char *forms[6]; // what such keys begin with
    enum way way;
    int stranger; // the status of who has no key for it
};
extern const struct place places[DOORS];

bool place_has(const struct place *place, const struct route *route);
bool names_a_webhook(const struct route *route);

// Makes a key of the app, spelled as a bearer. more: members beside its name, ",…" or "";
// ret_id: its id, may be NULL.
void place_make_key(struct world *world, const char *app, const char *more, char ret_id[160],
                    char ret[PLACE_KEY_MAX]);
// The header lines that show it.
void place_show(const char *key, enum way way, char ret[PLACE_LINES_MAX]);

// Asks a route about that webhook; body: where it reads one.
struct reply place_ask(struct world *world, const struct route *route, const char *webhook,
                       const char *lines, const char *body);

// The whole body of a door's refusal, to be released.
json_t *place_refusal(const struct place *place, int status, const char *message,
                      const char *error, const char *details);
// The same status, head and body; but for what is left of a limit, and the clock.
void expect_same(const struct reply *reply, const struct reply *as, const char *what);

#endif
