#include "thread/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    pthread_t self;
    char name[16];
    int blocked;
};

static void look(void *argument)
{
    struct seen *seen = argument;
    sigset_t mask;

    seen->self = pthread_self();
    pthread_getname_np(seen->self, seen->name, sizeof seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT) &&
                    sigismember(&mask, SIGHUP) && sigismember(&mask, SIGCHLD) &&
                    sigismember(&mask, SIGPIPE);
}

static void a_thread_is_named_and_takes_no_signals(void **state)
{
    (void)state;
    struct seen seen = {0};
    sigset_t mask;

    thread_join(thread_start("store", look, &seen));
    assert_false(pthread_equal(seen.self, pthread_self()));
    assert_string_equal(seen.name, "store");
    assert_true(seen.blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM)); // the starter's own mask is as before
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    struct seen seen = {0};

    thread_join(thread_start("a-resolver-of-names", look, &seen));
    assert_string_equal(seen.name, "a-resolver-of-n");
    thread_join(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_is_named_and_takes_no_signals),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
