// The kernel's random bytes. Fails only by ending the process.

#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_fill(void *bytes, size_t len);
uint64_t random_u64(void);

#endif
