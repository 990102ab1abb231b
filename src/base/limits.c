#include "base/limits.h"

#include <assert.h>

static const struct limit_row rows[] = {
#define X(name, option, unit, normal, least, greatest, text) \
    [LIMIT_##name] = {#name, option, unit, text, normal, least, greatest},
    LIMITS(X)
#undef X
};

// Threads read these without a lock: nothing writes them once the first one runs.
static int64_t values[] = {
#define X(name, option, unit, normal, least, greatest, text) [LIMIT_##name] = normal,
    LIMITS(X)
#undef X
};

const struct limit_row *limit_row(enum limit limit)
{
    assert(limit < LIMITS_COUNT);
    return &rows[limit];
}

int64_t limit(enum limit limit)
{
    assert(limit < LIMITS_COUNT);
    return values[limit];
}

_Bool limit_set(enum limit limit, int64_t value)
{
    const struct limit_row *row = limit_row(limit);

    if (value < row->least || value > row->greatest)
        return 0;
    values[limit] = value;
    return 1;
}
