#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

// Within a sixteenth, whatever the value.
static void one_value_is_its_own_quantile(void **state)
{
    (void)state;
    for (int64_t value = 0; value < (1 << 20); value += 1 + value / 37) {
        struct histogram histogram = {0};
        int64_t found;
        histogram_add(&histogram, value);
        found = histogram_quantile(&histogram, 50);
        assert_true(found - value <= value / 16 && value - found <= value / 16);
        assert_int_equal(histogram_quantile(&histogram, 99), found);
    }
}

static void quantiles_of_a_hundred(void **state)
{
    static const struct {
        int percent;
        int64_t low, high;
    } rows[] = {{1, 1, 1}, {50, 47, 53}, {95, 90, 100}, {99, 94, 104}, {100, 94, 106}};
    struct histogram histogram = {0};

    (void)state;
    for (int64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_in_range(histogram_quantile(&histogram, rows[i].percent), rows[i].low,
                        rows[i].high);
}

static void what_is_out_of_range(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    assert_int_equal(histogram_quantile(&histogram, 99), 0);
    histogram_add(&histogram, -5);
    assert_int_equal(histogram_quantile(&histogram, 99), 0);
    histogram_add(&histogram, INT64_MAX);
    assert_true(histogram_quantile(&histogram, 99) >= 900000);
    histogram.counts[3] = UINT32_MAX;
    histogram_add(&histogram, 3);
    assert_int_equal(histogram.counts[3], UINT32_MAX);
}

static void packed_and_back(void **state)
{
    unsigned char packed[HISTOGRAM_PACKED_MAX];
    struct histogram histogram = {0};
    struct histogram twice = {0};
    struct histogram back;
    size_t len;

    (void)state;
    assert_int_equal(histogram_pack(&histogram, packed), 0);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram.counts[i] = (uint32_t)(i * i * i * i);
    histogram.counts[7] = UINT32_MAX;
    len = histogram_pack(&histogram, packed);
    assert_true(histogram_unpack(packed, len, &back));
    assert_memory_equal(&back, &histogram, sizeof back);
    histogram_merge(&twice, &histogram);
    histogram_merge(&twice, &back);
    assert_int_equal(twice.counts[9], 2 * histogram.counts[9]);
    assert_int_equal(twice.counts[7], UINT32_MAX);
}

static void damage_is_seen(void **state)
{
    static const struct {
        unsigned char bytes[8];
        size_t len;
    } rows[] = {
        {{3}, 1},                                  // no count
        {{HISTOGRAM_BUCKETS, 1}, 2},               // no such bucket
        {{3, 0x80}, 2},                            // cut
        {{3, 0xff, 0xff, 0xff, 0xff, 0x7f}, 6},    // too large
        {{3, 0x80, 0x80, 0x80, 0x80, 0x80, 1}, 7}, // too long
    };
    struct histogram histogram;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(histogram_unpack(rows[i].bytes, rows[i].len, &histogram));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_is_its_own_quantile),
        cmocka_unit_test(quantiles_of_a_hundred),
        cmocka_unit_test(what_is_out_of_range),
        cmocka_unit_test(packed_and_back),
        cmocka_unit_test(damage_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
