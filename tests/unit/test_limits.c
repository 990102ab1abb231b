#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_row_makes_sense(void **state)
{
    (void)state;
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);
        assert_true(row->least > 0 || i == LIMIT_RETENTION_DAYS); // 0: for ever
        assert_true(row->least <= row->normal && row->normal <= row->greatest);
        assert_int_equal(limit((enum limit)i), row->normal);
        assert_true(strlen(row->name) && strlen(row->text) && strlen(row->option));
        assert_true(!strcmp(row->unit, "bytes") || !strcmp(row->unit, "count") ||
                    !strcmp(row->unit, "ms") || !strcmp(row->unit, "levels") ||
                    !strcmp(row->unit, "days"));
    }
    assert_string_equal(limit_row(LIMIT_JSON_DEPTH)->name, "JSON_DEPTH");
}

static void no_two_rows_share_an_option(void **state)
{
    (void)state;
    for (int i = 0; i < LIMITS_COUNT; i++)
        for (int j = 0; j < i; j++) {
            const char *a = limit_row((enum limit)i)->option;
            const char *b = limit_row((enum limit)j)->option;
            assert_true(strcmp(a, "-") == 0 || strcmp(a, b) != 0);
        }
}

static void values_outside_the_range_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const enum limit name = (enum limit)i;
        const struct limit_row *row = limit_row(name);
        const struct {
            int64_t value;
            _Bool fits;
        } rows[] = {
            {row->least - 1, 0},    {row->greatest + 1, 0}, {INT64_MIN, 0},
            {INT64_MAX, 0},         {row->least, 1},        {row->greatest, 1},
            {row->greatest + 1, 0}, {row->normal, 1},
        };
        int64_t in_force = row->normal;
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            assert_int_equal(limit_set(name, rows[k].value), rows[k].fits);
            in_force = rows[k].fits ? rows[k].value : in_force;
            assert_int_equal(limit(name), in_force);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_makes_sense),
        cmocka_unit_test(no_two_rows_share_an_option),
        cmocka_unit_test(values_outside_the_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
