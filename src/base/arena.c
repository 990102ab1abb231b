#include "base/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096, BLOCK_SIZE_MAX = 65536 };

struct arena_block {
    struct arena_block *next; // older
    size_t size;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_clear(struct arena *arena)
{
    while (arena->blocks && arena->blocks->next) {
        struct arena_block *older = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = older;
    }
    arena->used = 0;
}

void arena_done(struct arena *arena)
{
    arena_clear(arena);
    free(arena->blocks);
    arena->blocks = NULL;
}

// Each block is twice as big as the one before, up to a bound; a piece bigger than that
// gets a block of its own size.
static void add_block(struct arena *arena, size_t least)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_SIZE;
    struct arena_block *block;

    if (size > BLOCK_SIZE_MAX)
        size = BLOCK_SIZE_MAX;
    if (size < least)
        size = least;
    block = memory_resize(NULL, sizeof *block + size);
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used = 0;
}

static void *take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    void *piece;

    assert(size < SIZE_MAX / 2);
    size = (size + (size == 0) + align - 1) / align * align;
    if (!arena->blocks || arena->blocks->size - arena->used < size)
        add_block(arena, size);
    piece = arena->blocks->bytes + arena->used;
    arena->used += size;
    return piece;
}

void *arena_take(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = take(arena, len + 1);

    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    text = take(arena, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
