// How often durations came up, in buckets that grow with them: exact below eight, then eight
// to each doubling, so that a quantile is right within a sixteenth. Two of them add up, and
// packed they take a few bytes for each bucket that is used.

#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 144, HISTOGRAM_PACKED_MAX = HISTOGRAM_BUCKETS * 6 };

struct histogram { // zeroed: empty
    uint32_t counts[HISTOGRAM_BUCKETS];
};

// Less than 0 counts as 0; 2^20 and more as the last bucket. A full count stays full.
void histogram_add(struct histogram *histogram, int64_t value);
void histogram_merge(struct histogram *histogram, const struct histogram *more);

// The value that so many of 100 do not exceed: the middle of its bucket. 0 where it is empty.
int64_t histogram_quantile(const struct histogram *histogram, int percent);

size_t histogram_pack(const struct histogram *histogram,
                      unsigned char ret[HISTOGRAM_PACKED_MAX]);
// False: damaged; ret then holds what was read.
bool histogram_unpack(const unsigned char *packed, size_t len, struct histogram *ret);

#endif
