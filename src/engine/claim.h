// What a lane asks of the store: the head of its parked deliveries. It keeps 16 in hand while
// there are that many, one claim out at a time, and asks a little before the next one is due.
// Claims of all lanes take turns and are bounded together, so that memory is.

#ifndef ENGINE_CLAIM_H
#define ENGINE_CLAIM_H

#include <stdint.h>

struct claimed;
struct engine;
struct lane;

// When the lane is to claim, as things stand; INT64_MAX: not by time alone.
int64_t claim_at_ms(const struct engine *engine, const struct lane *lane);

// Takes its place among the claimers if it is time, or leaves it if there is nothing to
// claim.
void claim_queue(struct engine *engine, struct lane *lane);

void claim_pump(struct engine *engine); // makes the claims that may be made now
void claim_answered(struct engine *engine, const struct claimed *claimed);

#endif
