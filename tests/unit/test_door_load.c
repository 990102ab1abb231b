// The door when the store is slow: so many writes may be unanswered, then clients wait in
// their sockets, and who has waited for two seconds is told so. Nothing is answered twice or
// lost.

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"

enum { ROOM = 64, CONNECTIONS = 4, EACH = 50, ALL = CONNECTIONS * EACH };

static const char event[] = "{\"type\":\"a\",\"payload\":1}";

static size_t count_of(const int *statuses, size_t count, int status)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        found += statuses[i] == status;
    }
    return found;
}

static size_t events_kept(struct world *world, const char *path)
{
    char query[400];
    struct reply reply;

    snprintf(query, sizeof query, "%s?limit=250", path);
    reply = world_ask(world, "GET", query, world_operator(world), "", NULL);
    size_t count = json_array_size(json_object_get(reply.json, "data"));
    reply_done(&reply);
    return count;
}

static void make_app(struct world *world, char path[300])
{
    char app[160];

    world_make(world, "/v1/apps", "{\"name\":\"Shop\",\"profile\":\"standard\"}", NULL, app);
    snprintf(path, 300, "/v1/apps/%s/events", app);
    assert_int_equal(world_status(world, "POST", path, world_operator(world), event), 202);
}

// Clients send while the store is away for that long: so many of them are accepted, and all
// others refused.
static void stall(int64_t ms, size_t accepted)
{
    struct world *world = world_new();
    struct pipeline *pipelines[CONNECTIONS];
    int statuses[ALL];
    char path[300];

    make_app(world, path);
    world_hold(world, true);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        pipelines[i] = world_begin(world, "POST", path, world_operator(world), event, EACH);
    }
    world_skip_ms(world, ms);
    for (int i = 0; i < 100; i++) { // turns pass, and the door's timer with them
        world_hold(world, true);
    }
    if (accepted < ALL) { // the door no longer waits, and serves what needs no store
        assert_int_equal(world_status(world, "GET", "/healthz", NULL, NULL), 200);
    }
    world_hold(world, false);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        world_end(world, pipelines[i], statuses + i * EACH);
    }
    assert_int_equal(count_of(statuses, ALL, 202), accepted);
    assert_int_equal(count_of(statuses, ALL, 503), ALL - accepted);
    assert_int_equal(events_kept(world, path), accepted + 1);
    assert_int_equal(world_status(world, "POST", path, world_operator(world), event), 202);
    world_free(world);
}

static void test_a_long_stall(void **state)
{
    (void)state;
    stall(2100, ROOM);
}

static void test_a_short_stall(void **state)
{
    (void)state;
    stall(1000, ALL);
}

// The app changes while an event is on its way to the store: it is planned again with what
// holds then, and its client sees nothing of it.
static void test_a_plan_made_too_early(void **state)
{
    struct world *world = world_new();
    char app[160], webhook[160], webhooks[300], path[600], events[300];
    int statuses[2];

    (void)state;
    world_app(world, "standard", app);
    snprintf(webhooks, sizeof webhooks, "/v1/apps/%s/webhooks", app);
    snprintf(events, sizeof events, "/v1/apps/%s/events", app);
    world_make(world, webhooks, "{" URL "}", NULL, webhook);
    snprintf(path, sizeof path, "%s/%s", webhooks, webhook);
    assert_int_equal(world_status(world, "POST", events, world_operator(world), event), 202);

    world_hold_changes(world, true);
    struct pipeline *change =
        world_begin(world, "DELETE", path, world_operator(world), NULL, 1);
    struct pipeline *early =
        world_begin(world, "POST", events, world_operator(world), event, 1);
    world_end(world, early, statuses + 1);
    assert_true(world_hold_changes(world, false)); // the door did not know of it
    world_end(world, change, statuses);
    assert_int_equal(statuses[0], 204);
    assert_int_equal(statuses[1], 202);
    snprintf(path, sizeof path, "/v1/apps/%s/deliveries", app);
    struct reply reply = world_ask(world, "GET", path, world_operator(world), "", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "data")), 1);
    reply_done(&reply);
    assert_int_equal(events_kept(world, events), 2);
    world_free(world);
}

static int lower_the_limit(void **state)
{
    (void)state;
    return limit_set(LIMIT_STORE_OPS, ROOM) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_stall),
        cmocka_unit_test(test_a_short_stall),
        cmocka_unit_test(test_a_plan_made_too_early),
    };
    return cmocka_run_group_tests(tests, lower_the_limit, NULL);
}
