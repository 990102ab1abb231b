#include "engine/turn.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { QUARTER = 4, FREE_TIMES = 3 };

static struct turn_app *app_of(struct link *link)
{
    return container_of(link, struct turn_app, link);
}

void turn_init(struct turn *turn, int slots_max)
{
    *turn = (struct turn){.slots_max = slots_max};
    list_init(&turn->apps);
    map_init(&turn->by_id, 0);
}

void turn_done(struct turn *turn)
{
    assert(turn->by_id.count == 0);
    map_done(&turn->by_id);
}

struct turn_app *turn_app_hold(struct turn *turn, int64_t app_id)
{
    struct turn_app *app = map_find(&turn->by_id, map_key(app_id));

    if (!app) {
        app = NEW(struct turn_app);
        app->id = app_id;
        list_init(&app->link);
        list_init(&app->lanes);
        map_put(&turn->by_id, map_key(app_id), app);
    }
    app->refs++;
    return app;
}

void turn_app_drop(struct turn *turn, struct turn_app *app)
{
    if (--app->refs)
        return;
    assert(app->slots == 0 && list_is_empty(&app->lanes));
    map_remove(&turn->by_id, map_key(app->id));
    free(app);
}

void turn_add(struct turn *turn, struct turn_app *app, struct link *lane)
{
    if (!list_is_empty(lane))
        return;
    if (list_is_empty(&app->lanes))
        list_add_last(&turn->apps, &app->link);
    list_add_last(&app->lanes, lane);
}

void turn_remove(struct turn_app *app, struct link *lane)
{
    list_remove(lane);
    if (list_is_empty(&app->lanes))
        list_remove(&app->link);
}

static bool is_below_quarter(const struct turn *turn, const struct turn_app *app)
{
    return app->slots * QUARTER < turn->slots_max;
}

static bool leaves_room(const struct turn *turn, const struct turn_app *app)
{
    return app->slots < FREE_TIMES * (turn->slots_max - turn->slots);
}

// At most four apps can be at their quarter, so the walk is short unless slots are nearly
// out.
static struct turn_app *next_app(struct turn *turn)
{
    struct turn_app *above = NULL;

    for (struct link *at = turn->apps.next; at != &turn->apps; at = at->next) {
        struct turn_app *app = app_of(at);
        if (!leaves_room(turn, app))
            continue;
        if (is_below_quarter(turn, app))
            return app;
        if (!above)
            above = app;
    }
    return above;
}

struct link *turn_next(struct turn *turn)
{
    struct turn_app *app;
    struct link *lane;

    if (turn->slots >= turn->slots_max)
        return NULL;
    app = next_app(turn);
    if (!app)
        return NULL;
    list_remove(&app->link);
    list_add_last(&turn->apps, &app->link);
    lane = app->lanes.next;
    list_remove(lane);
    list_add_last(&app->lanes, lane);
    return lane;
}

void turn_take_slot(struct turn *turn, struct turn_app *app)
{
    turn->slots++;
    app->slots++;
}

void turn_give_slot(struct turn *turn, struct turn_app *app)
{
    turn->slots--;
    app->slots--;
}
