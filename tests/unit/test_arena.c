#include "base/arena.h"

#include "seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_filled(const unsigned char *bytes, size_t len, unsigned char with)
{
    for (size_t at = 0; at < len; at++)
        if (bytes[at] != with)
            return false;
    return true;
}

static void pieces_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    uint64_t seed = 1;
    struct arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = seeded_below(&seed, i % 100 == 0 ? 200000 : 100);
        pieces[i] = arena_take(&arena, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        assert_true(is_filled(pieces[i], sizes[i], 0));
        memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        assert_true(is_filled(pieces[i], sizes[i], (unsigned char)(i % 255 + 1)));
    arena_done(&arena);
}

static void clear_keeps_the_first_block(void **state)
{
    (void)state;
    struct arena arena;
    unsigned char *first;

    arena_init(&arena);
    first = arena_take(&arena, 100);
    memset(first, 0xff, 100);
    for (int i = 0; i < 1000; i++)
        arena_take(&arena, 1000);
    arena_clear(&arena);
    assert_ptr_equal(arena_take(&arena, 100), first);
    assert_true(is_filled(first, 100, 0)); // the old content does not shine through
    arena_done(&arena);
}

static void an_arena_can_be_used_after_done(void **state)
{
    (void)state;
    struct arena arena;

    arena_init(&arena);
    arena_clear(&arena);
    arena_done(&arena);
    assert_non_null(arena_take(&arena, 0));
    assert_non_null(arena_take(&arena, 1));
    arena_done(&arena);
    arena_done(&arena);
}

static void text_is_copied_and_formatted(void **state)
{
    (void)state;
    struct arena arena;
    char *copy;
    char *none;
    char *text;
    char *wide;

    arena_init(&arena);
    copy = arena_copy(&arena, "a\0bc", 3);
    none = arena_copy(&arena, NULL, 0);
    text = arena_format(&arena, "%s-%d", "app", 42);
    wide = arena_format(&arena, "%9000d", 1);
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(none, "");
    assert_string_equal(text, "app-42");
    assert_int_equal(strlen(wide), 9000);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(clear_keeps_the_first_block),
        cmocka_unit_test(an_arena_can_be_used_after_done),
        cmocka_unit_test(text_is_copied_and_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
