// A Bloom filter over keys that are hashes already: ten bits a key, seven probes, so about
// one look-up in a hundred goes to the run in vain. No key that was added is ever denied.

#ifndef STORE_BLOOM_H
#define STORE_BLOOM_H

#include <stdbool.h>
#include <stddef.h>

struct bloom {
    unsigned char *bits; // NULL: knows nothing, and denies nothing
    size_t len;          // bytes
};

void bloom_init(struct bloom *bloom, size_t keys); // room for that many
void bloom_done(struct bloom *bloom);
bool bloom_load(struct bloom *bloom, const void *bits,
                size_t len); // a copy; false: no filter

void bloom_add(struct bloom *bloom, const unsigned char key[16]);
bool bloom_may_hold(const struct bloom *bloom, const unsigned char key[16]);

#endif
