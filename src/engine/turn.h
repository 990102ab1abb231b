// Whose turn it is. Apps stand in a ring, and in each of them its ready lanes; a turn is one
// attempt. So neither many events, nor many webhooks, nor slow endpoints of one app delay
// another's.
//
// Slots are what attempts take up until their outcome is recorded. An app holds at most a
// quarter of them while another one below its quarter is ready, and never more than three
// times what is free: so an app that comes anew always finds some free.

#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "base/list.h"
#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>

struct turn_app {
    struct link link;  // in the ring while one of its lanes is ready
    struct link lanes; // those that are ready
    int64_t id;
    int slots;
    int refs;
};

struct turn {
    struct link apps;
    struct map by_id; // to struct turn_app
    int slots;        // taken, in all
    int slots_max;
};

void turn_init(struct turn *turn, int slots_max);
void turn_done(struct turn *turn); // all apps must have been dropped

// Counted: whoever holds an app's lane or slot holds the app.
struct turn_app *turn_app_hold(struct turn *turn, int64_t app_id);
void turn_app_drop(struct turn *turn, struct turn_app *app);

// The lane is ready, last of its app; it stays where it is if it was. Or it no longer is.
void turn_add(struct turn *turn, struct turn_app *app, struct link *lane);
void turn_remove(struct turn_app *app, struct link *lane); // nothing, if it is in no list

// The lane that may make one attempt now; it goes behind its app's others, the app behind the
// others. NULL: nobody may.
struct link *turn_next(struct turn *turn);

void turn_take_slot(struct turn *turn, struct turn_app *app);
void turn_give_slot(struct turn *turn, struct turn_app *app);

#endif
