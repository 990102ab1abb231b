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
