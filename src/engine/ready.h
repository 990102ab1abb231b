// May a lane's next attempt start? What is due must be in hand, with the card to make it; the
// window and the webhook's own limit per second must allow one more.

#ifndef ENGINE_READY_H
#define ENGINE_READY_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct lane;

bool ready_now(const struct engine *engine, const struct lane *lane);
// When the first one in hand may start where only time is in its way; INT64_MAX: it is not,
// or nothing is.
int64_t ready_at_ms(const struct engine *engine, const struct lane *lane);

#endif
