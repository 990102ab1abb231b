// When to try again. Pure: no clock, no randomness of its own, so a test can ask it anything.

#ifndef HOOK_SCHEDULE_H
#define HOOK_SCHEDULE_H

#include <stdint.h>

struct hook_card;

// Milliseconds to wait after a scheduled attempt failed that leaves the delivery at step (1:
// the first attempt failed), or −1: no attempt is left. Honours the webhook's own waits, the
// profile's jitter (only added) and, where the profile does, a Retry-After (only longer) on
// 429 and 503. time_scale divides the result. dice is any number: the same one always gives
// the same jitter.
int64_t schedule_wait_ms(const struct hook_card *card, int step, int status,
                         int64_t retry_after_ms, int time_scale, uint64_t dice);

#endif
