#include "store/runs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 7 };

static struct run_row row_of(int number)
{
    struct run_row row = {.app_id = 1 + number % 2,
                          .event_id = 1000 + number,
                          .log_id = 1 + number,
                          .at_ms = 10 * number,
                          .kind = 1};

    for (size_t i = 0; i < sizeof row.key; i++)
        row.key[i] = (unsigned char)((number + 1) * 89 >> (i % 3));
    row.key[15] = (unsigned char)number;
    return row;
}

static const struct run_row *find(const struct runs *runs, int number)
{
    struct run_row row = row_of(number);

    return runs_find(runs, row.app_id, row.kind, row.key);
}

static void add(struct runs *runs, int number)
{
    struct run_row row = row_of(number);

    runs_mark(runs);
    runs_add(runs, &row);
    runs_commit(runs);
}

static void found_until_the_run_is_written(void **state)
{
    struct runs runs;
    int written = 0;
    const struct run_row *before = NULL;

    (void)state;
    runs_init(&runs, ROWS_MAX);
    for (int number = 0; number < ROWS_MAX; number++) {
        assert_null(find(&runs, number));
        assert_null(runs_next(&runs));
        add(&runs, number);
        assert_int_equal(find(&runs, number)->event_id, 1000 + number);
    }
    runs_mark(&runs);
    for (const struct run_row *row; (row = runs_next(&runs)); runs_wrote(&runs)) {
        assert_true(!before || memcmp(before->key, row->key, sizeof row->key) < 0);
        before = row;
        written++;
        assert_non_null(find(&runs, written - 1));
    }
    assert_int_equal(written, ROWS_MAX);
    assert_true(runs_is_full(&runs));
    runs_end(&runs);
    assert_false(runs_is_full(&runs));
    runs_commit(&runs);
    assert_null(find(&runs, 0));
    assert_int_equal(runs.complete_count, 1);
    assert_int_equal(runs.complete[0].last, ROWS_MAX);
    assert_int_equal(runs.complete[0].at_ms, 10 * (ROWS_MAX - 1));
    for (int number = 0; number < ROWS_MAX; number++) {
        struct run_row row = row_of(number);
        assert_true(bloom_may_hold(&runs.complete[0].bloom, row.key));
    }
    assert_int_equal(runs.number, 2);
    runs_drop_oldest(&runs);
    assert_int_equal(runs.complete_count, 0);
    assert_int_equal(runs.bloom_bytes, 0);
    runs_done(&runs);
}

static void rolled_back_is_forgotten(void **state)
{
    struct runs runs;

    (void)state;
    runs_init(&runs, 1000);
    for (int number = 0; number < 200; number++)
        add(&runs, number);
    runs_mark(&runs);
    for (int number = 200; number < 400; number++) {
        struct run_row row = row_of(number);
        runs_add(&runs, &row);
    }
    assert_non_null(find(&runs, 399));
    runs_rollback(&runs);
    for (int number = 0; number < 250; number++)
        assert_int_equal(find(&runs, number) != NULL, number < 200);
    runs_done(&runs);
}

static void writing_is_rolled_back(void **state)
{
    struct runs runs;
    unsigned char first[16];

    (void)state;
    runs_init(&runs, 3);
    for (int number = 0; number < 3; number++)
        add(&runs, number);
    memcpy(first, runs_next(&runs)->key, sizeof first);
    runs_mark(&runs);
    while (runs_next(&runs))
        runs_wrote(&runs);
    runs_end(&runs);
    runs_rollback(&runs);
    assert_false(runs_is_full(&runs));
    assert_memory_equal(runs_next(&runs)->key, first, sizeof first);
    assert_int_equal(runs.complete_count, 0);
    runs_done(&runs);
}

static void apps_and_kinds_are_apart(void **state)
{
    struct runs runs;
    struct run_row row = row_of(1);

    (void)state;
    runs_init(&runs, 1000);
    runs_mark(&runs);
    runs_add(&runs, &row);
    assert_non_null(runs_find(&runs, row.app_id, row.kind, row.key));
    assert_null(runs_find(&runs, row.app_id + 1, row.kind, row.key));
    assert_null(runs_find(&runs, row.app_id, row.kind + 1, row.key));
    runs_done(&runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_until_the_run_is_written),
        cmocka_unit_test(rolled_back_is_forgotten),
        cmocka_unit_test(writing_is_rolled_back),
        cmocka_unit_test(apps_and_kinds_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
