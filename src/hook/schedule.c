#include "hook/schedule.h"

#include "base/limits.h"
#include "hook/card.h"
#include "hook/profile.h"

#include <assert.h>

enum { JITTER_STEPS = 10000 };

static int64_t jitter_ms(int64_t wait_ms, int percent, uint64_t dice)
{
    int64_t share = (int64_t)(dice % (JITTER_STEPS + 1));
    return wait_ms * percent / 100 * share / JITTER_STEPS;
}

int64_t schedule_wait_ms(const struct hook_card *card, int step, int status,
                         int64_t retry_after_ms, int time_scale, uint64_t dice)
{
    const struct profile *profile = card->profile;
    bool has_own = card->settings.wait_count >= 0;
    const int64_t *waits = has_own ? card->settings.waits_ms : profile->waits_ms;
    int count = has_own ? card->settings.wait_count : profile->wait_count;
    assert(step >= 1 && time_scale >= 1);
    if (step > count)
        return -1;

    int64_t wait = waits[step - 1];
    wait += jitter_ms(wait, profile->jitter_percent, dice);
    if (profile->honours_retry_after && (status == 429 || status == 503)) {
        int64_t asked = retry_after_ms;
        if (asked > limit(LIMIT_RETRY_AFTER_MS))
            asked = limit(LIMIT_RETRY_AFTER_MS);
        if (asked > wait)
            wait = asked;
    }
    return wait / time_scale;
}
