#include "hook/trigger.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[] = {
    [TRIGGER_SCHEDULED] = "scheduled",
    [TRIGGER_MANUAL] = "manual",
    [TRIGGER_TEST] = "test",
    [TRIGGER_REPLAY] = "replay",
};

const char *trigger_name(enum trigger trigger)
{
    assert((size_t)trigger < TRIGGERS);
    return names[trigger];
}

enum trigger trigger_next(bool is_asked, bool is_replayed)
{
    if (is_asked)
        return TRIGGER_MANUAL;
    return is_replayed ? TRIGGER_REPLAY : TRIGGER_SCHEDULED;
}

bool trigger_is_of_schedule(enum trigger trigger)
{
    return trigger == TRIGGER_SCHEDULED || trigger == TRIGGER_REPLAY;
}
