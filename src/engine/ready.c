#include "engine/ready.h"

#include "engine/core.h"
#include "engine/lane.h"
#include "engine/mutant.h"
#include "hook/card.h"
#include "hook/parcel.h"

static bool has_window(const struct lane *lane)
{
    const struct lane_awake *awake = lane->awake;

    if (MUTANT_IS(WINDOW_IGNORED))
        return true;
    if (awake->is_alone ||
        awake->in_flight >= window_size(&lane->window, awake->card->in_flight_max))
        return false;
    return awake->in_flight == 0 || lane_first(lane)->parcel->crashes < SUSPECT_CRASHES;
}

static int64_t pace_of(const struct lane *lane)
{
    return pace_at_ms(&lane->awake->pace, lane->awake->card->per_second_max);
}

bool ready_now(const struct engine *engine, const struct lane *lane)
{
    const struct held *first = lane_first(lane);

    return first && first->due.key <= engine->now.mono_ms && lane->awake->card &&
           has_window(lane) && pace_of(lane) <= engine->now.mono_ms && !engine->is_draining;
}

int64_t ready_at_ms(const struct engine *engine, const struct lane *lane)
{
    const struct held *first = lane_first(lane);
    int64_t at = first ? first->due.key : INT64_MAX;

    if (first && lane->awake->card && has_window(lane) && pace_of(lane) > at)
        at = pace_of(lane);
    return at > engine->now.mono_ms ? at : INT64_MAX;
}
