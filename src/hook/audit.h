// The audit log's rows and what holds them together. Each row's hash is a keyed hash over the
// hash before it and all that the row says, so none can be changed, dropped or moved without
// the ones behind it telling. A record of both ends is kept beside them and authenticated,
// too: of the end, so that a cut tail is missed; of the start, so that rows may be dropped
// when they are old enough and the rest still holds.
//
// Whoever can write the database and has an old copy of it can put that whole copy back. Only
// a head that was noted elsewhere tells (hook/audit_check.h, noted).
//
// Pure. To add somebody who acts: a row in AUDIT_ACTORS.

#ifndef HOOK_AUDIT_H
#define HOOK_AUDIT_H

#include "hook/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIT_HASH_LEN = 32, AUDIT_KEY_LEN = 32 };

// X(NAME, text, kind of its id). The order is stored: append only.
#define AUDIT_ACTORS(X)           \
    X(SERVER, "server", NONE)     \
    X(KEY, "key", KEY)            \
    X(STRANGER, "stranger", NONE) \
    X(SESSION, "session", SESSION)

enum audit_actor {
#define X(name, text, id) AUDIT_##name,
    AUDIT_ACTORS(X)
#undef X
        AUDIT_ACTORS_COUNT
};
const char *audit_actor_text(enum audit_actor actor); // "?" for what is none of them
enum id_kind audit_actor_id(enum audit_actor actor);

// Nothing of it is a secret: ids, versions, and names of what was changed.
struct audit_row {
    int64_t seq, at_ms; // the store's own
    enum audit_actor actor;
    int64_t actor_id;    // 0: none
    int mode;            // enum event_mode of the key
    const char *address; // the client's; NULL: none
    int64_t app_id;      // 0: none
    const char *action;  // "webhook.update"
    enum id_kind kind;   // of the thing it was about …
    int64_t object_id;   // … which is this one; 0: none
    uint16_t object_n;
    const char *name; // what the thing is called by, where it has no id; NULL: none
    // What of it: the members that a change named ("url,enabled"), or the request that was
    // refused ("GET /v1/apps"); NULL: none.
    const char *detail;
    int before, after;  // the thing's version; 0: none
    const char *result; // "done", or why it was refused: "forbidden_scope"
    int left_out;       // refusals before this one that no row was spent on
    unsigned char hash[AUDIT_HASH_LEN];
};

// Both ends of the chain.
struct audit_ends {
    int64_t before;                      // the row that was dropped last; 0: none was
    unsigned char start[AUDIT_HASH_LEN]; // its hash, from which the rest goes on
    int64_t last;                        // the newest row; same as before: there is none
    unsigned char head[AUDIT_HASH_LEN];  // its hash
    unsigned char mac[AUDIT_HASH_LEN];   // of all of these
};

struct audit_mac; // a key, ready for use; one per thread

struct audit_mac *audit_mac_new(const unsigned char key[AUDIT_KEY_LEN]);
void audit_mac_free(struct audit_mac *mac); // does nothing to NULL

void audit_hash(struct audit_mac *mac, const unsigned char before[AUDIT_HASH_LEN],
                const struct audit_row *row, unsigned char ret[AUDIT_HASH_LEN]);
// Gives the row its number and its hash, and moves the end behind it.
void audit_append(struct audit_mac *mac, struct audit_ends *ends, struct audit_row *row);
// The oldest row, of that hash, goes: the start moves behind it.
void audit_drop(struct audit_mac *mac, struct audit_ends *ends,
                const unsigned char hash[AUDIT_HASH_LEN]);
bool audit_ends_hold(struct audit_mac *mac, const struct audit_ends *ends);

// Makes ends fit to be appended to, when a server starts: has_ends says that there is a
// record of them, newest is the greatest number among the rows (0: none), is_new that there
// need not be any of both. False: they are not
// what a server left behind. Rows go on all the same, behind a number that is left out where
// the end is not known, so that it shows for ever.
bool audit_ends_open(struct audit_mac *mac, struct audit_ends *ends, bool has_ends,
                     int64_t newest, bool is_new);

#endif
