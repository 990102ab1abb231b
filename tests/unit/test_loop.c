// The loop: who is told what in a turn, and who is not told any more.

#include "net/loop.h"

#include "base/clock.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

// One end of a pair that has a byte to read, and what it does when it is told so.
struct end {
    struct watch watch;
    struct timer timer;
    struct loop *loop;
    struct end *victim; // unwatched when this one is told
    struct end *heir;   // watches, and wants nothing of, the victim's descriptor from then on
    int other_fd;
    int told;
};

static void on_ready(struct watch *watch, uint32_t epoll_events)
{
    struct end *end = container_of(watch, struct end, watch);

    assert_true(epoll_events & EPOLLIN);
    end->told++;
    if (!end->victim)
        return;
    loop_unwatch(end->loop, &end->victim->watch);
    if (end->heir) {
        end->heir->watch.fd = end->victim->watch.fd;
        loop_watch(end->loop, &end->heir->watch, 0);
    }
}

static void on_due(struct timer *timer)
{
    struct end *end = container_of(timer, struct end, timer);

    end->told++;
    loop_timer(end->loop, timer, loop_now(end->loop).mono_ms);
}

static void end_init(struct end *end, struct loop *loop)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    *end = (struct end){.watch = {.on_ready = on_ready, .fd = fds[0]},
                        .timer = {.on_due = on_due},
                        .loop = loop,
                        .other_fd = fds[1]};
    loop_watch(loop, &end->watch, EPOLLIN);
}

static void end_done(struct end *end)
{
    loop_unwatch(end->loop, &end->watch);
    close(end->watch.fd);
    close(end->other_fd);
}

static void test_an_unwatched_one_is_not_told_in_the_same_turn(void **state)
{
    struct loop *loop = loop_new();
    struct end a, b;

    (void)state;
    end_init(&a, loop);
    end_init(&b, loop);
    a.victim = &b;
    b.victim = &a;
    loop_turn(loop);
    assert_int_equal(a.told + b.told, 1);
    loop_turn(loop);
    assert_int_equal(a.told + b.told, 2);
    end_done(&a);
    end_done(&b);
    loop_free(loop);
}

static void test_an_event_does_not_pass_to_the_next_watch(void **state)
{
    struct loop *loop = loop_new();
    struct end heir = {.watch = {.on_ready = on_ready}, .loop = loop};
    struct end a, b;

    (void)state;
    end_init(&a, loop);
    end_init(&b, loop);
    a.victim = &b;
    b.victim = &a;
    a.heir = b.heir = &heir;
    loop_turn(loop);
    assert_int_equal(a.told + b.told, 1);
    assert_int_equal(heir.told, 0);
    loop_unwatch(loop, &heir.watch);
    end_done(&a);
    end_done(&b);
    loop_free(loop);
}

static void on_nothing(struct timer *timer)
{
    (void)timer;
}

// So that a turn does not wait.
static struct timer at_once = {.on_due = on_nothing};

static void test_a_changed_watch_hears_what_it_asks_for(void **state)
{
    struct loop *loop = loop_new();
    struct end a;

    (void)state;
    end_init(&a, loop);
    loop_watch(loop, &a.watch, 0);
    loop_timer(loop, &at_once, 0);
    loop_turn(loop);
    assert_int_equal(a.told, 0);
    loop_watch(loop, &a.watch, EPOLLIN);
    loop_turn(loop);
    assert_int_equal(a.told, 1);
    end_done(&a);
    loop_free(loop);
}

static void test_timers(void **state)
{
    struct loop *loop = loop_new();
    struct end soon = {.timer = {.on_due = on_due}, .loop = loop};
    struct end never = soon;
    int64_t start = clock_now().mono_ms;

    (void)state;
    loop_timer(loop, &soon.timer, start + 20);
    loop_timer(loop, &never.timer, start + 10);
    loop_timer_stop(loop, &never.timer);
    loop_turn(loop);
    assert_int_equal(soon.told, 1); // not twice, though it set itself again for at once
    assert_int_equal(never.told, 0);
    assert_true(loop_now(loop).mono_ms >= start + 20);
    loop_turn(loop);
    assert_int_equal(soon.told, 2);
    loop_free(loop);
}

static char order[8];

static void note(void *argument)
{
    strncat(order, argument, 1);
}

static void stop(void *argument)
{
    loop_stop(argument);
}

static void test_turn_hooks_come_last_and_in_order(void **state)
{
    struct loop *loop = loop_new();

    (void)state;
    loop_on_turn(loop, note, "a");
    loop_on_turn(loop, note, "b");
    loop_on_turn(loop, stop, loop);
    loop_timer(loop, &at_once, 0);
    loop_run(loop);
    loop_on_turn_stop(loop, note, "a");
    loop_timer(loop, &at_once, 0);
    loop_run(loop);
    assert_string_equal(order, "abb");
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unwatched_one_is_not_told_in_the_same_turn),
        cmocka_unit_test(test_an_event_does_not_pass_to_the_next_watch),
        cmocka_unit_test(test_a_changed_watch_hears_what_it_asks_for),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_turn_hooks_come_last_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
