#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Every byte is reached and only the asked ones: after 64 fills each byte has had a bit set.
static void fill_reaches_every_byte(void **state)
{
    (void)state;
    enum { LEN = 1000 };
    unsigned char seen[LEN + 1] = {0};

    for (int round = 0; round < 64; round++) {
        unsigned char bytes[LEN + 1] = {0};
        random_fill(bytes, LEN);
        for (size_t at = 0; at <= LEN; at++)
            seen[at] |= bytes[at];
    }
    for (size_t at = 0; at < LEN; at++)
        assert_int_not_equal(seen[at], 0);
    assert_int_equal(seen[LEN], 0);
    random_fill(NULL, 0);
}

static void numbers_differ(void **state)
{
    (void)state;
    uint64_t ones = 0;
    uint64_t zeros = 0;
    uint64_t last = random_u64();

    for (int i = 0; i < 200; i++) {
        uint64_t number = random_u64();
        assert_true(number != last);
        ones |= number;
        zeros |= ~number;
        last = number;
    }
    assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fill_reaches_every_byte),
        cmocka_unit_test(numbers_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
