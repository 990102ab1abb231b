// One event on its way to one webhook, as the store knows it. That an attempt is in flight is
// not a state: it would cost a write per attempt, and a crash would leave it lying. Stored:
// append only.

#ifndef HOOK_DELIVERY_H
#define HOOK_DELIVERY_H

#include <stdbool.h>

enum delivery_state {
    DELIVERY_FRESH,     // born into its lane's memory, never settled
    DELIVERY_PARKED,    // found by webhook and due time
    DELIVERY_HELD,      // waits for an earlier event of its order key
    DELIVERY_DELIVERED, // the receiver said what the contract calls received
    DELIVERY_FAILED,    // no attempt is left; a person may retry it
    DELIVERY_CANCELLED, // by a person, or its webhook was disabled or deleted
    DELIVERY_STATES
};

// As far as attempts are counted. Whoever has had so many is given up, for good.
enum { DELIVERY_ATTEMPTS_MAX = 65535 };

bool delivery_is_open(enum delivery_state state); // fresh, parked or held

// May this state follow that one? The store asks before every write; a step that the table
// does not have is a bug of ours.
bool delivery_may_follow(enum delivery_state from, enum delivery_state to);

#endif
