#include "store/bloom.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_PER_KEY = 10, PROBES = 7 };

void bloom_init(struct bloom *bloom, size_t keys)
{
    bloom->len = keys * BITS_PER_KEY / 8 + 1;
    bloom->bits = memory_new(bloom->len);
}

void bloom_done(struct bloom *bloom)
{
    free(bloom->bits);
    *bloom = (struct bloom){0};
}

bool bloom_load(struct bloom *bloom, const void *bits, size_t len)
{
    if (!bits || len == 0)
        return false;
    *bloom = (struct bloom){memory_copy(bits, len), len};
    return true;
}

// Kirsch and Mitzenmacher: two hashes make all. The key's halves are hashes; the step is made
// odd, so that it is never zero.
static uint64_t place(const struct bloom *bloom, const unsigned char key[16], uint64_t probe)
{
    uint64_t start;
    uint64_t step;

    memcpy(&start, key, sizeof start);
    memcpy(&step, key + sizeof start, sizeof step);
    return (start + probe * (step | 1)) % (bloom->len * 8);
}

void bloom_add(struct bloom *bloom, const unsigned char key[16])
{
    for (uint64_t probe = 0; probe < PROBES; probe++) {
        uint64_t bit = place(bloom, key, probe);
        bloom->bits[bit / 8] |= (unsigned char)(1u << bit % 8);
    }
}

bool bloom_may_hold(const struct bloom *bloom, const unsigned char key[16])
{
    for (uint64_t probe = 0; bloom->bits && probe < PROBES; probe++) {
        uint64_t bit = place(bloom, key, probe);
        if (!(bloom->bits[bit / 8] & 1u << bit % 8))
            return false;
    }
    return true;
}
