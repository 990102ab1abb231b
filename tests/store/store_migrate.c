// The schema's steps: an older file is brought to the last of them, or left as it was.

#include "store/sqlite_migrate.h"

#include "store/offline.h"
#include "store/scratch.h"
#include "store/sqlite_open.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static char folder[SCRATCH_MAX];
static char path[SCRATCH_MAX + 8];

static int set_up(void **state)
{
    struct error error;

    (void)state;
    scratch_make(folder, "migrate");
    snprintf(path, sizeof path, "%s/s.db", folder);
    assert_int_equal(sqlite_make(path, NOW, &error), ERR_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

// Does the query find a row?
static bool finds(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    bool is_there;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    is_there = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return is_there;
}

static const char second[] = "ALTER TABLE app ADD COLUMN colour TEXT;"
                             "UPDATE app SET colour = 'red';";

static void lacking_steps_are_made_once(void **state)
{
    const struct migration steps[] = {
        migrations[0], {"apps have a colour", second}, {"a table", "CREATE TABLE hat(size)"}};
    struct error error;
    struct sqlite_look look;
    size_t from;

    (void)state;
    assert_int_equal(sqlite_migrate(path, steps, 3, NOW + 1, &from, &error), ERR_OK);
    assert_int_equal(from, 1);
    assert_true(finds("SELECT 1 FROM app WHERE colour = 'red'"));
    assert_true(finds("SELECT 1 FROM schema_migrations WHERE version = 3 AND "
                      "applied = 1000001"));
    assert_int_equal(sqlite_migrate(path, steps, 3, NOW + 2, &from, &error), ERR_OK);
    assert_int_equal(from, 3);
    assert_false(finds("SELECT 1 FROM schema_migrations WHERE applied = 1000002"));
    assert_int_equal(sqlite_look(path, &look, &error), ERR_DAMAGED); // newer than this one
    assert_non_null(strstr(error.text, "newer version"));
}

// A step that fails, one that takes away what this program needs: nothing has happened.
static void a_step_that_fails_changes_nothing(void **state)
{
    const char *const wrong[] = {"ALTER TABLE nothing ADD COLUMN x", "DROP TABLE notice"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct migration steps[] = {
            migrations[0], {"apps have a colour", second}, {"a wrong one", wrong[i]}};
        struct error error;
        size_t from;

        assert_int_equal(sqlite_migrate(path, steps, 3, NOW, &from, &error), ERR_DAMAGED);
        assert_non_null(strstr(error.text, "left as it was"));
        assert_false(finds("SELECT colour FROM app"));
        assert_true(finds("SELECT count(*) FROM notice"));
        assert_int_equal(sqlite_check(path, INT64_MAX, &error), ERR_OK);
    }
}

static void what_is_not_ours_is_left_alone(void **state)
{
    char other[SCRATCH_MAX + 16];
    struct error error;
    struct store_look look;
    uint32_t from;
    sqlite3 *db;

    (void)state;
    snprintf(other, sizeof other, "%s/other.db", folder);
    assert_int_equal(store_migrate(other, NOW, &from, &error), ERR_NOT_FOUND);
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE x(y)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_migrate(other, NOW, &from, &error), ERR_DAMAGED);
    assert_int_equal(store_migrate(path, NOW, &from, &error), ERR_OK);
    assert_int_equal(store_look(path, &look, &error), ERR_OK);
    assert_int_equal(look.version, look.known_version);
    assert_int_equal(from, look.version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lacking_steps_are_made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_that_fails_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_left_alone, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("store migrate", tests, NULL, NULL);
}
