#include "thread/mailbox.h"

#include "base/clock.h"
#include "thread/thread.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static bool is_readable(const struct mailbox *mailbox)
{
    struct pollfd readable = {.fd = mailbox_fd(mailbox), .events = POLLIN};

    return poll(&readable, 1, 0) == 1;
}

static void mail_is_taken_in_order(void **state)
{
    (void)state;
    struct mail mails[10] = {{0}};
    struct mailbox *mailbox = mailbox_new();
    struct mail *first;

    assert_null(mailbox_take(mailbox));
    assert_false(is_readable(mailbox));
    for (int i = 0; i < 10; i++) {
        mails[i].kind = i;
        mails[i].next = &mails[0]; // what stood there before does not matter
        mailbox_post(mailbox, &mails[i]);
        assert_true(is_readable(mailbox));
    }
    first = mailbox_take(mailbox);
    assert_false(is_readable(mailbox));
    for (int i = 0; i < 10; i++, first = first->next)
        assert_ptr_equal(first, &mails[i]);
    assert_null(first);
    assert_null(mailbox_take(mailbox));
    mailbox_free(mailbox);
    mailbox_free(NULL);
}

static void a_chain_is_posted_at_once(void **state)
{
    (void)state;
    struct mail c = {.kind = 'c'};
    struct mail b = {.next = &c, .kind = 'b'};
    struct mail a = {.kind = 'a'};
    struct mail d = {.kind = 'd'};
    struct mailbox *mailbox = mailbox_new();
    struct mail *first;

    mailbox_post_all(mailbox, NULL);
    assert_false(is_readable(mailbox));
    mailbox_post(mailbox, &a);
    mailbox_post_all(mailbox, &b);
    mailbox_post(mailbox, &d);
    first = mailbox_take(mailbox);
    for (int kind = 'a'; kind <= 'd'; kind++, first = first->next)
        assert_int_equal(first->kind, kind);
    assert_null(first);
    mailbox_free(mailbox);
}

static void waiting_ends(void **state)
{
    (void)state;
    struct mail mail = {.kind = 1};
    struct mailbox *mailbox = mailbox_new();
    int64_t before = clock_mono_us();

    assert_null(mailbox_wait(mailbox, 30));
    assert_true(clock_mono_us() - before >= 29000);
    assert_null(mailbox_wait(mailbox, 0));
    mailbox_post(mailbox, &mail);
    assert_ptr_equal(mailbox_wait(mailbox, -1), &mail);
    mailbox_free(mailbox);
}

enum { POSTERS = 4, MAILS = 20000 };

struct numbered {
    struct mail mail;
    int number;
};

struct poster {
    struct mailbox *mailbox;
    struct numbered *mails;
    int kind;
};

static void post_all(void *argument)
{
    struct poster *poster = argument;

    for (int i = 0; i < MAILS;) {
        struct numbered *mail = &poster->mails[i++];
        *mail = (struct numbered){{NULL, poster->kind}, i - 1};
        if (i % 7 == 0 && i < MAILS) { // now and then a chain of two
            struct numbered *second = &poster->mails[i++];
            *second = (struct numbered){{NULL, poster->kind}, i - 1};
            mail->mail.next = &second->mail;
        }
        mailbox_post_all(poster->mailbox, &mail->mail);
    }
}

// Each poster's mails come in its order, none is lost, and no wake-up is lost either: the
// taker waits without end.
static void many_post_to_one(void **state)
{
    (void)state;
    static struct numbered mails[POSTERS][MAILS];
    struct mailbox *mailbox = mailbox_new();
    struct poster posters[POSTERS];
    struct thread *threads[POSTERS];
    int next[POSTERS] = {0};
    int left = POSTERS * MAILS;

    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){mailbox, mails[i], i};
        threads[i] = thread_start("poster", post_all, &posters[i]);
    }
    while (left > 0) {
        struct mail *mail = mailbox_wait(mailbox, -1);
        assert_non_null(mail);
        for (; mail; mail = mail->next, left--)
            assert_int_equal(((struct numbered *)(void *)mail)->number, next[mail->kind]++);
    }
    for (int i = 0; i < POSTERS; i++)
        thread_join(threads[i]);
    assert_false(is_readable(mailbox));
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_is_taken_in_order),
        cmocka_unit_test(a_chain_is_posted_at_once),
        cmocka_unit_test(waiting_ends),
        cmocka_unit_test(many_post_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
