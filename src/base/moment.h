// A point in time, read once per turn of a loop and handed down. Waits are measured with
// mono_ms (never jumps); what is stored, signed or shown is wall_ms (milliseconds since 1970,
// UTC).

#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdint.h>

struct moment {
    int64_t mono_ms;
    int64_t wall_ms;
};

#endif
