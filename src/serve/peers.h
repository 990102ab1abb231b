// How many connections each address has open, and how many of these have shown no key yet:
// main counts them in, workers count them out. A fixed table of atomics, so nobody waits and
// nothing grows; two addresses that share a place share its count (one in 65,536 pairs does).

#ifndef SERVE_PEERS_H
#define SERVE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct address;
struct peers;

struct peers *peers_new(uint64_t seed);
void peers_free(struct peers *peers);

// A stranger comes. False: over LIMIT_CONNECTIONS_PER_ADDRESS, LIMIT_STRANGERS_PER_ADDRESS,
// or LIMIT_CONNECTIONS in all; not counted then.
bool peers_enter(struct peers *peers, const struct address *peer);
void peers_trust(struct peers *peers, const struct address *peer); // no longer a stranger
void peers_leave(struct peers *peers, const struct address *peer, bool was_trusted);

#endif
