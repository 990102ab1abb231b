// What SQLite keeps of statistics, and how long: by looking into the file.

#include "store/scratch.h"
#include "store/steps.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * STATS_HOUR_MS)

static char folder[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, "store-statistics");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static int64_t rows_of_stat(const struct world *world, const char *where)
{
    const char *path = world->url + strlen("sqlite:");
    sqlite3 *db = NULL;
    sqlite3_stmt *count = NULL;
    char text[200];
    int64_t rows;

    snprintf(text, sizeof text, "SELECT count(*) FROM stat WHERE %s", where);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &count, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    rows = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return rows;
}

static void catch_up(struct world *world, int64_t after_ms)
{
    world->now_ms += after_ms;
    steps_all(world);
}

static void start(struct world *world)
{
    *world = world_in(folder, "");
    world_open(world);
    world->now_ms = NOW;
    make_app(world, APP);
    make_hook(world, HOOK);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
    settle_one(world, 1000, 1, SETTLE_DELIVERED);
    catch_up(world, 1000);
}

// The webhook and the app, an hour and all time each.
static void four_rows_of_a_delivery(void **state)
{
    struct world world;

    (void)state;
    start(&world);
    assert_int_equal(rows_of_stat(&world, "1"), 4);
    assert_int_equal(rows_of_stat(&world, "id = 200 AND hour >= 0"), 1);
    assert_int_equal(rows_of_stat(&world, "accepted = 1 AND delivered = 1"), 4);
    assert_int_equal(rows_of_stat(&world, "hour < 0 AND histogram IS NOT NULL"), 0);
    world_close(&world);
}

static void hours_go_after_90_days(void **state)
{
    struct world world;

    (void)state;
    start(&world);
    catch_up(&world, 90 * DAY_MS - 2 * STATS_HOUR_MS);
    assert_int_equal(rows_of_stat(&world, "hour >= 0"), 2);
    catch_up(&world, 4 * STATS_HOUR_MS);
    assert_int_equal(rows_of_stat(&world, "hour >= 0"), 0);
    assert_int_equal(rows_of_stat(&world, "hour < 0"), 2); // what there was of all time
    world_close(&world);
}

static void erased_with_the_app(void **state)
{
    struct world world;
    struct op *op = op_app(VERB_DELETE, APP, NULL);

    (void)state;
    start(&world);
    assert_int_equal(apply_one(&world, op), OP_DONE);
    op_free(op);
    catch_up(&world, 1000);
    assert_int_equal(rows_of_stat(&world, "1"), 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(four_rows_of_a_delivery, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hours_go_after_90_days, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erased_with_the_app, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
