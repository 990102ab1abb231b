// How SQLite will run the writer's statements: each finds its rows by a key or an index. A
// scan of a table that grows, or a sort, would cost a commit its speed on the day the table
// is big.

#include "store/sqlite_sql.h"
#include "store/sqlite_stat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static sqlite3 *db;

static int set_up(void **state)
{
    (void)state;
    return sqlite3_open(":memory:", &db) || stat_define(db) != SQLITE_OK ||
           sqlite3_exec(db, sqlite_schema, NULL, NULL, NULL) != SQLITE_OK;
}

static int tear_down(void **state)
{
    (void)state;
    return sqlite3_close(db);
}

// The steps of the plan, one per line.
static void plan_of(enum sql sql, char *ret, size_t len)
{
    char text[2000];
    sqlite3_stmt *plan = NULL;

    snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sqlite_sql[sql]);
    ret[0] = '\0';
    if (sqlite3_prepare_v2(db, text, -1, &plan, NULL) != SQLITE_OK)
        return; // BEGIN and its like have no plan
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        snprintf(ret + strlen(ret), len - strlen(ret), "%s\n", step ? step : "");
    }
    sqlite3_finalize(plan);
}

static bool may_scan(enum sql sql)
{
    // All of a small table, once at start; an index or a table that is walked in its own
    // order, for a few rows.
    switch (sql) {
    case SQL_APP_ALL:
    case SQL_WEBHOOK_ALL:
    case SQL_REWIND_ALERT:
    case SQL_TRAIL_STATE:
    case SQL_TRAIL_SMALL:
    case SQL_TRAIL_EVENTS:
    case SQL_TRAIL_DELIVERIES:
    case SQL_RUN_ALL: return true;
    default: return false;
    }
}

static void nothing_is_scanned_or_sorted(void **state)
{
    char plan[2000];

    (void)state;
    for (int sql = 0; sql < SQL_COUNT; sql++) {
        plan_of((enum sql)sql, plan, sizeof plan);
        if (strstr(plan, "TEMP B-TREE") || (strstr(plan, "SCAN") && !may_scan((enum sql)sql)))
            fail_msg("%s\n%s", sqlite_sql[sql], plan);
    }
}

static void lanes_have_their_index(void **state)
{
    const struct {
        enum sql sql;
        const char *index;
    } rows[] = {
        {SQL_CLAIM, "delivery_lane"},        {SQL_LANE_NEXT, "delivery_lane"},
        {SQL_SWEEP_PARKED, "delivery_lane"}, {SQL_FRESH, "delivery_fresh"},
        {SQL_SWEEP_FRESH, "delivery_fresh"}, {SQL_REPLY_PRUNE, "reply_at"},
        {SQL_REWIND_NEXT, "delivery_lane"},  {SQL_REWIND_FRESH, "delivery_fresh"},
    };
    char plan[2000];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        plan_of(rows[i].sql, plan, sizeof plan);
        if (!strstr(plan, rows[i].index))
            fail_msg("%s\n%s", sqlite_sql[rows[i].sql], plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_scanned_or_sorted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lanes_have_their_index, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
