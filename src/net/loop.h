// One event loop: descriptors by epoll, timers from a heap by the timeout of epoll_wait, one
// "now" per turn. A loop belongs to one thread; another wakes it with a descriptor
// that it watches (thread/mailbox.h).
//
// A turn: wait; read the clock once; tell every ready watch; fire due timers; call the turn
// hooks. So what a turn gathered (writes for the store, bytes to send) leaves in one go at
// its end.

#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/heap.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;

// A descriptor that is watched. Embedded in its owner; lives until loop_unwatch(), and may be
// removed from inside any callback (then it is not called again, not even in this turn).
struct watch {
    void (*on_ready)(struct watch *watch, uint32_t epoll_events);
    int fd;
    uint32_t events;
    uint32_t generation; // the loop's; zero it before first use
};

// A timer that is set for now or earlier is due in the next turn, if a callback sets it.
struct timer {
    void (*on_due)(struct timer *timer);
    struct heap_item item; // the loop's; zero it before first use
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

void loop_watch(struct loop *loop, struct watch *watch,
                uint32_t epoll_events); // add, or change events
void loop_unwatch(struct loop *loop,
                  struct watch *watch); // does not close; nothing if not watched

void loop_timer(struct loop *loop, struct timer *timer, int64_t mono_ms); // set or move
void loop_timer_stop(struct loop *loop, struct timer *timer); // nothing if not set

// Called at the end of every turn, in the order added; several owners may each add one, and
// each removes its own before it goes.
void loop_on_turn(struct loop *loop, void (*on_turn)(void *argument), void *argument);
void loop_on_turn_stop(struct loop *loop, void (*on_turn)(void *argument), void *argument);
struct moment loop_now(const struct loop *loop); // this turn's

void loop_run(struct loop *loop);  // until loop_stop()
void loop_turn(struct loop *loop); // one turn, which may wait
void loop_stop(struct loop *loop); // from inside a callback: this turn is the last

#endif
