// The machine's clocks. Only loops call this; everything below is told the time.

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/moment.h"

struct moment
clock_now(void);             // mono_ms is CLOCK_BOOTTIME: it goes on while the machine sleeps
int64_t clock_mono_us(void); // for the timings of an attempt

#endif
