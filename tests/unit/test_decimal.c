#include "hook/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool read_it(const char *text, struct decimal *ret)
{
    return decimal_read(text, strlen(text), ret);
}

static void differences_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *total, *plus, *minus;
        bool holds;
    } rows[] = {
        {"0.1", "0.3", "0.2", true}, // not so in binary
        {"460", "500", "40", true},
        {"460.000", "5e2", "4.0e1", true},
        {"-0.01", "0", "0.01", true},
        {"1", "0", "-1", true},
        {"-0", "0", "0", true},
        {"999999999999999999", "999999999999999999", "0", true},
        {"999999999999999998", "999999999999999999", "0", false},
        {"0.000000001", "0.000000002", "0.000000001", true},
        {"1e9", "2E+9", "1000000000", true},
        {"460.01", "500", "40", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decimal total, plus, minus;
        assert_true(read_it(rows[i].total, &total));
        assert_true(read_it(rows[i].plus, &plus));
        assert_true(read_it(rows[i].minus, &minus));
        assert_int_equal(decimal_is_difference(total, plus, minus), rows[i].holds);
    }
}

static void what_no_money_has_is_not_judged(void **state)
{
    (void)state;
    static const char *const texts[] = {"1e400",        "1e10",
                                        "1e-10",        "1234567890123456789",
                                        "1.0000000000", "1e99999999999999999999",
                                        "0.1e-9"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct decimal decimal;
        if (read_it(texts[i], &decimal))
            fail_msg("read: %s", texts[i]);
    }
}

static void values_of_any_length_are_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"0", "-0.000e5", 0},
        {"1", "1.000", 0},
        {"100", "1e2", 0},
        {"0.001", "1E-3", 0},
        {"12345678901234567890", "12345678901234567890.0", 0},
        {"12345678901234567890", "12345678901234567891", -1},
        {"0.1000000000000000000000000000001", "0.1", 1},
        {"9", "10", -1},
        {"-9", "-10", 1},
        {"-1", "1", -1},
        {"0", "-1e-999999999999", 1},
        {"1e-999999999999", "0", 1},
        {"1e999999999999", "1e5", 1},
        {"0.09", "0.1", -1},
        {"1.5", "1.45", 1},
        {"10.0", "9.99", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *a = rows[i].a, *b = rows[i].b;
        int order = decimal_compare(a, strlen(a), b, strlen(b));
        int back = decimal_compare(b, strlen(b), a, strlen(a));
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        assert_int_equal((back > 0) - (back < 0), -rows[i].order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_exact),
        cmocka_unit_test(what_no_money_has_is_not_judged),
        cmocka_unit_test(values_of_any_length_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
