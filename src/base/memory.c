#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *memory_must(void *memory)
{
    if (!memory) {
        fputs("posthorn: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *memory_new(size_t size)
{
    return memory_must(calloc(1, size ? size : 1));
}

void *memory_new_array(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return memory_must(NULL);
    return memory_new(bytes);
}

void *memory_resize(void *memory, size_t size)
{
    return memory_must(realloc(memory, size ? size : 1));
}

void *memory_copy(const void *bytes, size_t len)
{
    char *copy = memory_must(malloc(len + 1));

    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void memory_wipe(void *memory, size_t len)
{
    if (len)
        explicit_bzero(memory, len);
}
