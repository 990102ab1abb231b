#include "engine/pace.h"

#include "engine/mutant.h"

enum { SECOND_US = 1000000, MS_US = 1000, SLACK_US = 10000 };

int64_t pace_at_ms(const struct pace *pace, int per_second)
{
    if (MUTANT_IS(PACE_IGNORED))
        return 0;
    return per_second > 0 ? (pace->next_us + MS_US - 1) / MS_US : 0;
}

void pace_take(struct pace *pace, int per_second, int64_t now_ms)
{
    int64_t interval_us = per_second > 0 ? SECOND_US / per_second : 0;
    int64_t earliest_us = now_ms * MS_US - (interval_us < SLACK_US ? SLACK_US : 0);

    if (pace->next_us < earliest_us)
        pace->next_us = earliest_us;
    pace->next_us += interval_us;
}
