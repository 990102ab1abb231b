#include "base/histogram.h"

#include <string.h>

enum { EXACT = 8, SUB_BITS = 3, LARGEST_BIT = 19, BYTE_BITS = 7, COUNT_BYTES_MAX = 5 };

static int highest_bit(uint64_t value)
{
    return 63 - __builtin_clzll(value);
}

static size_t bucket_of(int64_t value)
{
    int bit;

    if (value < EXACT)
        return value < 0 ? 0 : (size_t)value;
    bit = highest_bit((uint64_t)value);
    if (bit > LARGEST_BIT)
        return HISTOGRAM_BUCKETS - 1;
    return (size_t)(EXACT + ((bit - SUB_BITS) << SUB_BITS)) +
           (size_t)((value >> (bit - SUB_BITS)) & (EXACT - 1));
}

static int64_t middle_of(size_t bucket)
{
    int shift;

    if (bucket < EXACT)
        return (int64_t)bucket;
    shift = (int)(bucket - EXACT) >> SUB_BITS;
    return ((int64_t)(EXACT + ((bucket - EXACT) & (EXACT - 1))) << shift) +
           ((INT64_C(1) << shift) >> 1);
}

static void count(struct histogram *histogram, size_t bucket, uint32_t more)
{
    uint32_t room = UINT32_MAX - histogram->counts[bucket];

    histogram->counts[bucket] += more < room ? more : room;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    count(histogram, bucket_of(value), 1);
}

void histogram_merge(struct histogram *histogram, const struct histogram *more)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        count(histogram, i, more->counts[i]);
}

int64_t histogram_quantile(const struct histogram *histogram, int percent)
{
    uint64_t total = 0;
    uint64_t seen = 0;
    size_t i;

    for (i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += histogram->counts[i];
    if (total == 0)
        return 0;
    for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += histogram->counts[i];
        if (seen > 0 && seen * 100 >= total * (uint64_t)percent)
            break;
    }
    return middle_of(i);
}

size_t histogram_pack(const struct histogram *histogram,
                      unsigned char ret[HISTOGRAM_PACKED_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint32_t left = histogram->counts[i];
        if (left == 0)
            continue;
        ret[len++] = (unsigned char)i;
        for (; left >> BYTE_BITS; left >>= BYTE_BITS)
            ret[len++] = (unsigned char)(left | 1u << BYTE_BITS);
        ret[len++] = (unsigned char)left;
    }
    return len;
}

bool histogram_unpack(const unsigned char *packed, size_t len, struct histogram *ret)
{
    size_t at = 0;

    memset(ret, 0, sizeof *ret);
    while (at < len) {
        size_t bucket = packed[at++];
        uint64_t value = 0;
        int byte = 0;
        bool has_more = true;
        for (; has_more && at < len && byte < COUNT_BYTES_MAX; byte++) {
            value |= (uint64_t)(packed[at] & ((1u << BYTE_BITS) - 1)) << (BYTE_BITS * byte);
            has_more = packed[at++] >> BYTE_BITS;
        }
        if (has_more || bucket >= HISTOGRAM_BUCKETS || value > UINT32_MAX)
            return false;
        count(ret, bucket, (uint32_t)value);
    }
    return true;
}
