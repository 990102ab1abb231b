// When keys were last used, for people who want to know which are still needed, and sessions,
// which end when they are not. A use is noted at most once a minute for each, and what was
// noted goes to the store in one op on the door's next timer: the hot path compares two
// numbers.

#ifndef API_KEY_USES_H
#define API_KEY_USES_H

#include "hook/rows.h"

#include <stddef.h>
#include <stdint.h>

struct door;
struct known_key;

enum { KEY_USES_MAX = 256 }; // between two timers; what is more is noted by a later use

struct key_uses {
    struct key_use rows[KEY_USES_MAX];
    size_t count;
};

void key_uses_note(struct key_uses *uses, struct known_key *key, int64_t now_ms);
void key_uses_flush(struct door *door); // on the door's timer

#endif
