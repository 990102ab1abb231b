// Memory that never fails: when it runs out the process ends, because everything accepted is
// in the store and every size a stranger controls has a ceiling (base/limits.h).

#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t size);                    // zeroed; never NULL; free() releases it
void *memory_resize(void *memory, size_t size);   // as realloc, never NULL
void *memory_copy(const void *bytes, size_t len); // a copy with a NUL behind it
void memory_wipe(void *memory, size_t len);       // not removed by the optimiser

#define NEW(type) ((type *)memory_new(sizeof(type)))
#define NEW_ARRAY(type, count) ((type *)memory_new_array(count, sizeof(type)))
void *memory_new_array(size_t count,
                       size_t size); // ends the process where count * size overflows

#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
