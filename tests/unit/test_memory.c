#include "base/memory.h"

#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void new_memory_is_zeroed(void **state)
{
    (void)state;
    static const char zeros[4096];
    char *memory = memory_new(sizeof zeros);

    assert_memory_equal(memory, zeros, sizeof zeros);
    free(memory);
}

static void no_bytes_are_memory_too(void **state)
{
    (void)state;
    void *memory = memory_new(0);
    void *array = memory_new_array(0, 8);

    assert_non_null(memory);
    assert_non_null(array);
    memory = memory_resize(memory, 0);
    assert_non_null(memory);
    free(memory);
    free(array);
}

static void resize_keeps_the_content(void **state)
{
    (void)state;
    char *memory = memory_resize(NULL, 4);

    memcpy(memory, "abc", 4);
    memory = memory_resize(memory, 100000);
    assert_string_equal(memory, "abc");
    free(memory);
}

static void copy_ends_in_nul(void **state)
{
    (void)state;
    char *copy = memory_copy("abcdef", 3);
    char *none = memory_copy(NULL, 0);

    assert_string_equal(copy, "abc");
    assert_string_equal(none, "");
    free(copy);
    free(none);
}

static void wipe_leaves_zeros(void **state)
{
    (void)state;
    char password[] = "swordfish";

    memory_wipe(password, sizeof password - 1);
    for (size_t at = 0; at < sizeof password; at++)
        assert_int_equal(password[at], 0);
    memory_wipe(NULL, 0);
}

static void ask_for_too_many(void)
{
    free(memory_new_array(SIZE_MAX / 4, 8));
}

static void too_many_items_end_the_process(void **state)
{
    (void)state;
    assert_true(dies(ask_for_too_many));
}

struct outer {
    int number;
    struct inner {
        int x;
    } inner;
};

static void container_of_finds_the_outer(void **state)
{
    (void)state;
    struct outer outer = {.number = 7};
    struct inner *inner = &outer.inner;

    assert_ptr_equal(container_of(inner, struct outer, inner), &outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed),
        cmocka_unit_test(no_bytes_are_memory_too),
        cmocka_unit_test(resize_keeps_the_content),
        cmocka_unit_test(copy_ends_in_nul),
        cmocka_unit_test(wipe_leaves_zeros),
        cmocka_unit_test(too_many_items_end_the_process),
        cmocka_unit_test(container_of_finds_the_outer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
