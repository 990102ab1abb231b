// Scratch memory of one request or one attempt: many small pieces, dropped together.
// Alignment is that of max_align_t. Nothing taken from an arena is freed alone.

#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first
    size_t used;                // of the newest
};

void arena_init(struct arena *arena);
void arena_clear(struct arena *arena); // forget the content, keep the first block
void arena_done(struct arena *arena);

void *arena_take(struct arena *arena, size_t size);                   // zeroed
char *arena_copy(struct arena *arena, const char *bytes, size_t len); // with a NUL behind it
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
