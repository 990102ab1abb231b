#include "engine/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { APPS = 6, LANES = 3 };

static struct scene {
    struct turn turn;
    struct turn_app *apps[APPS];
    struct link lanes[APPS][LANES];
} scene;

static void open_scene(int slots_max)
{
    turn_init(&scene.turn, slots_max);
    for (int a = 0; a < APPS; a++) {
        scene.apps[a] = turn_app_hold(&scene.turn, a + 1);
        for (int l = 0; l < LANES; l++)
            list_init(&scene.lanes[a][l]);
    }
}

static void ready(int app, int lane)
{
    turn_add(&scene.turn, scene.apps[app], &scene.lanes[app][lane]);
}

// Whose turn it is, as app * 10 + lane; it takes a slot. −1: nobody's.
static int next(void)
{
    struct link *link = turn_next(&scene.turn);

    if (!link)
        return -1;
    for (int a = 0; a < APPS; a++)
        for (int l = 0; l < LANES; l++)
            if (link == &scene.lanes[a][l]) {
                turn_take_slot(&scene.turn, scene.apps[a]);
                return a * 10 + l;
            }
    return -2;
}

static void close_scene(void)
{
    for (int a = 0; a < APPS; a++) {
        for (int l = 0; l < LANES; l++)
            turn_remove(scene.apps[a], &scene.lanes[a][l]);
        while (scene.apps[a]->slots)
            turn_give_slot(&scene.turn, scene.apps[a]);
        turn_app_drop(&scene.turn, scene.apps[a]);
    }
    turn_done(&scene.turn);
}

static void apps_take_turns_and_so_do_their_lanes(void **state)
{
    static const int wanted[] = {0, 10, 1, 11, 2, 10, 0, 11};

    (void)state;
    open_scene(1000);
    ready(0, 0), ready(0, 1), ready(0, 2), ready(1, 0), ready(1, 1);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_int_equal(next(), wanted[i]);
    turn_remove(scene.apps[0], &scene.lanes[0][1]);
    assert_int_equal(next(), 2);
    assert_int_equal(next(), 10);
    assert_int_equal(next(), 0);
    close_scene();
}

static int count_turns(int app)
{
    int turns = 0;

    for (int at; (at = next()) != -1; turns += at / 10 == app) {
    }
    return turns;
}

static void one_app_alone_leaves_a_quarter_free(void **state)
{
    (void)state;
    open_scene(100);
    ready(0, 0);
    assert_int_equal(count_turns(0), 75);
    ready(1, 0);
    assert_in_range(count_turns(1), 18, 25);
    ready(2, 0);
    assert_in_range(count_turns(2), 3, 25);
    close_scene();
}

static void an_app_stays_at_its_quarter_while_others_are_ready(void **state)
{
    (void)state;
    open_scene(100);
    ready(0, 0), ready(1, 0);
    for (int i = 0; i < 1000; i++) {
        if (next() >= 10) // the second app's end at once
            turn_give_slot(&scene.turn, scene.apps[1]);
        assert_true(scene.apps[0]->slots <= 25);
    }
    assert_int_equal(scene.apps[0]->slots, 25);
    close_scene();
}

static void a_single_slot_is_used(void **state)
{
    (void)state;
    open_scene(1);
    assert_int_equal(next(), -1);
    ready(4, 1);
    assert_int_equal(next(), 41);
    assert_int_equal(next(), -1);
    turn_give_slot(&scene.turn, scene.apps[4]);
    assert_int_equal(next(), 41);
    close_scene();
}

static void many_hogs_leave_room_for_one_more(void **state)
{
    (void)state;
    open_scene(64);
    for (int a = 0; a < APPS - 1; a++)
        ready(a, 0);
    while (next() != -1) {
    }
    ready(APPS - 1, 0);
    assert_int_equal(next(), (APPS - 1) * 10);
    close_scene();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apps_take_turns_and_so_do_their_lanes),
        cmocka_unit_test(one_app_alone_leaves_a_quarter_free),
        cmocka_unit_test(an_app_stays_at_its_quarter_while_others_are_ready),
        cmocka_unit_test(a_single_slot_is_used),
        cmocka_unit_test(many_hogs_leave_room_for_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
