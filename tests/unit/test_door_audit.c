// Refusals in the audit log, which neither a key nor all strangers together can fill: those
// that no row is spent on are counted, and a row says how many they were.

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

enum { MINUTE_MS = 60000, FAILURES_A_MINUTE = 20, PATIENCE = 5000 };

struct count {
    int rows, left_out;
};

// The log's rows of that action, page after page.
static struct count count_of(struct world *world, const char *action)
{
    struct count count = {0};
    char path[400], cursor[200] = "";

    do {
        snprintf(path, sizeof path, "/v1/audit?limit=250&action=%s%s%s", action,
                 cursor[0] != '\0' ? "&cursor=" : "", cursor);
        struct reply reply = world_ask(world, "GET", path, world_operator(world), "", NULL);
        assert_int_equal(reply.status, 200);
        json_t *row;
        size_t i;
        json_array_foreach(json_object_get(reply.json, "data"), i, row)
        {
            count.rows++;
            count.left_out += (int)json_integer_value(json_object_get(row, "left_out"));
        }
        snprintf(cursor, sizeof cursor, "%s", reply_text(&reply, "next_cursor"));
        reply_done(&reply);
    } while (cursor[0] != '\0');
    return count;
}

// Nobody waits for these rows to be on the disk: they come when they come.
static void expect_rows(struct world *world, const char *action, int rows)
{
    struct count count = {0};

    for (int i = 0; i < PATIENCE && count.rows != rows; i++) {
        world_turn(world);
        count = count_of(world, action);
    }
    assert_int_equal(count.rows, rows);
}

// A key of a new app that may do nothing.
static void make_key(struct world *world, char ret_id[160], char ret_path[400], char ret[160])
{
    char app[160];

    world_app(world, "standard", app);
    snprintf(ret_path, 400, "/v1/apps/%s/keys", app);
    world_make(world, ret_path, "{\"name\":\"Till\",\"scopes\":[]}", "key", ret);
    struct reply keys = world_ask(world, "GET", ret_path, world_operator(world), "", NULL);
    const json_t *key = json_array_get(json_object_get(keys.json, "data"), 0);
    snprintf(ret_id, 160, "%s", json_string_value(json_object_get(key, "id")));
    reply_done(&keys);
}

static void test_a_keys_refusals(void **state)
{
    const int most = (int)limit(LIMIT_AUDIT_FORBIDDEN);
    struct world *world = world_new();
    char id[160], path[400], key[160];

    (void)state;
    make_key(world, id, path, key);
    for (int i = 0; i < most - 1; i++) {
        assert_int_equal(world_status(world, "GET", path, key, NULL), 403);
    }
    expect_rows(world, "access.refused", most - 1);
    assert_int_equal(world_status(world, "GET", path, key, NULL), 403);
    expect_rows(world, "access.refused", most);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(world_status(world, "GET", path, key, NULL), 403);
    }
    expect_rows(world, "access.refused", most);
    expect_rows(world, "access.left_out", 0);

    // Nothing else happens: within a minute or so they are told of.
    world_skip_ms(world, MINUTE_MS + 1);
    expect_rows(world, "access.left_out", 1);
    assert_int_equal(count_of(world, "access.left_out").left_out, 7);
    world_skip_ms(world, MINUTE_MS + 1);
    assert_int_equal(world_status(world, "GET", path, key, NULL),
                     403); // one more an interval
    expect_rows(world, "access.refused", most + 1);
    expect_rows(world, "access.left_out", 1);
    world_free(world);
}

// They come from many addresses, or from one that does not cease.
static void test_strangers_refusals(void **state)
{
    const int most = (int)limit(LIMIT_AUDIT_STRANGERS), minutes = 90;
    struct world *world = world_new();
    char id[160], path[400], key[160], own[800];
    int failed = 0;

    (void)state;
    make_key(world, id, path, key);
    snprintf(own, sizeof own, "%s/%s", path, id);
    assert_int_equal(world_status(world, "DELETE", own, world_operator(world), NULL), 204);
    for (int minute = 0; minute < minutes; minute++) {
        for (int i = 0; i < FAILURES_A_MINUTE; i++, failed++) {
            assert_int_equal(world_status(world, "GET", path, key, NULL), 401);
        }
        world_skip_ms(world, MINUTE_MS);
    }
    struct count noted = {0};
    int told_of = failed - FAILURES_A_MINUTE; // the last few may not be told of yet
    for (int i = 0; i < PATIENCE && noted.rows + noted.left_out < told_of; i++) {
        world_turn(world);
        noted = count_of(world, "access.");
    }
    assert_in_range(noted.rows + noted.left_out, told_of, failed + minutes);
    assert_in_range(noted.rows, most, most + most * minutes / 60 + minutes);
    assert_true(noted.left_out > 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_keys_refusals),
        cmocka_unit_test(test_strangers_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
