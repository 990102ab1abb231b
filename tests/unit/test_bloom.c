#include "store/bloom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 10000 };

static void make_key(uint64_t number, unsigned char ret[16])
{
    for (int half = 0; half < 2; half++) {
        number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
        number ^= number >> 29;
        number *= UINT64_C(0xbf58476d1ce4e5b9);
        number ^= number >> 32;
        memcpy(ret + 8 * half, &number, 8);
    }
}

static void never_denies_what_was_added(void **state)
{
    struct bloom bloom;
    struct bloom copy = {0};
    unsigned char key[16];
    int wrong = 0;

    (void)state;
    bloom_init(&bloom, KEYS);
    for (uint64_t i = 0; i < KEYS; i++) {
        make_key(i, key);
        bloom_add(&bloom, key);
    }
    assert_true(bloom_load(&copy, bloom.bits, bloom.len));
    for (uint64_t i = 0; i < 2 * KEYS; i++) {
        make_key(i, key);
        assert_int_equal(bloom_may_hold(&copy, key), bloom_may_hold(&bloom, key));
        if (i < KEYS)
            assert_true(bloom_may_hold(&bloom, key));
        else
            wrong += bloom_may_hold(&bloom, key);
    }
    assert_in_range(wrong, 1, KEYS / 50); // about one in a hundred
    bloom_done(&bloom);
    bloom_done(&copy);
}

static void no_filter_denies_nothing(void **state)
{
    struct bloom bloom = {0};
    unsigned char key[16] = {1};

    (void)state;
    assert_false(bloom_load(&bloom, NULL, 0));
    assert_true(bloom_may_hold(&bloom, key));
    bloom_init(&bloom, 0);
    assert_false(bloom_may_hold(&bloom, key));
    bloom_done(&bloom);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(never_denies_what_was_added),
                                       cmocka_unit_test(no_filter_denies_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
