#include "net/loop.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, HOOKS_MAX = 8 };

// What is watched at a descriptor. The kernel is given (descriptor, generation), so that an
// event of a watch that is gone, or was replaced within the turn, finds nobody.
struct place {
    struct watch *watch; // NULL: nobody
    uint32_t generation;
};

struct hook {
    void (*on_turn)(void *argument);
    void *argument;
};

struct loop {
    int epoll_fd;
    bool stopped;
    uint32_t generation;
    struct place *places; // by descriptor
    size_t place_count;
    struct heap timers;
    struct moment now;
    struct hook hooks[HOOKS_MAX];
    size_t hook_count;
};

struct loop *loop_new(void)
{
    struct loop *loop = NEW(struct loop);

    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        abort(); // at start; a server without descriptors cannot begin
    heap_init(&loop->timers);
    loop->now = clock_now();
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll_fd);
    heap_done(&loop->timers);
    free(loop->places);
    free(loop);
}

static struct place *place_of(struct loop *loop, int fd)
{
    size_t index = (size_t)fd;

    if (index >= loop->place_count) {
        size_t count = loop->place_count ? loop->place_count : 64;
        while (count <= index)
            count *= 2;
        loop->places = memory_resize(loop->places, count * sizeof *loop->places);
        for (size_t i = loop->place_count; i < count; i++)
            loop->places[i] = (struct place){0};
        loop->place_count = count;
    }
    return &loop->places[index];
}

static void control(struct loop *loop, int operation, struct watch *watch)
{
    struct epoll_event event = {
        .events = watch->events,
        .data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)watch->fd,
    };

    // Fails for want of kernel memory, or for a bug of ours; neither can be gone on from.
    if (epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) < 0)
        abort();
}

void loop_watch(struct loop *loop, struct watch *watch, uint32_t epoll_events)
{
    struct place *place = place_of(loop, watch->fd);

    if (watch->generation) {
        assert(place->watch == watch);
        if (watch->events == epoll_events)
            return;
        watch->events = epoll_events;
        control(loop, EPOLL_CTL_MOD, watch);
        return;
    }
    assert(!place->watch);
    if (++loop->generation == 0)
        loop->generation = 1;
    watch->generation = loop->generation;
    watch->events = epoll_events;
    *place = (struct place){watch, watch->generation};
    control(loop, EPOLL_CTL_ADD, watch);
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
    if (!watch->generation)
        return;
    control(loop, EPOLL_CTL_DEL, watch);
    *place_of(loop, watch->fd) = (struct place){0};
    watch->generation = 0;
}

void loop_timer(struct loop *loop, struct timer *timer, int64_t mono_ms)
{
    heap_move(&loop->timers, &timer->item, mono_ms);
}

void loop_timer_stop(struct loop *loop, struct timer *timer)
{
    heap_remove(&loop->timers, &timer->item);
}

void loop_on_turn(struct loop *loop, void (*on_turn)(void *argument), void *argument)
{
    assert(loop->hook_count < HOOKS_MAX);
    loop->hooks[loop->hook_count++] = (struct hook){on_turn, argument};
}

void loop_on_turn_stop(struct loop *loop, void (*on_turn)(void *argument), void *argument)
{
    size_t kept = 0;

    for (size_t i = 0; i < loop->hook_count; i++)
        if (loop->hooks[i].on_turn != on_turn || loop->hooks[i].argument != argument)
            loop->hooks[kept++] = loop->hooks[i];
    loop->hook_count = kept;
}

struct moment loop_now(const struct loop *loop)
{
    return loop->now;
}

// The clock is asked again: the turn's own time is as old as the turn was long.
static int wait_ms(const struct loop *loop)
{
    const struct heap_item *first = heap_first(&loop->timers);
    int64_t left;

    if (!first)
        return -1;
    left = first->key - clock_now().mono_ms;
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static void tell_ready(struct loop *loop, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t fd = (uint32_t)events[i].data.u64;
        uint32_t generation = (uint32_t)(events[i].data.u64 >> 32);
        struct place *place = &loop->places[fd];
        if (place->watch && place->generation == generation)
            place->watch->on_ready(place->watch, events[i].events);
    }
}

// At most as many as there are now, so that a timer which sets itself again for at once does
// not keep the turn from ending.
static void fire_timers(struct loop *loop)
{
    for (size_t left = loop->timers.count; left > 0; left--) {
        struct heap_item *first = heap_first(&loop->timers);
        if (!first || first->key > loop->now.mono_ms)
            return;
        struct timer *timer = container_of(first, struct timer, item);
        heap_remove(&loop->timers, first);
        timer->on_due(timer);
    }
}

void loop_turn(struct loop *loop)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, wait_ms(loop));

    assert(count >= 0 || errno == EINTR);
    loop->now = clock_now();
    tell_ready(loop, events, count);
    fire_timers(loop);
    for (size_t i = 0; i < loop->hook_count; i++)
        loop->hooks[i].on_turn(loop->hooks[i].argument);
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        loop_turn(loop);
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}
