// What is asked of the machine's resolver and what never is; names asked once for all who
// wait; an app that asks for hanging names does not take the threads from the others.

#include "net/resolver.h"

#include "base/clock.h"
#include "hostile.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIND = 7, PATIENCE_MS = 20000 };

static const struct script_name names[] = {
    {"one.test", "192.0.2.1", 0, 0},
    {"both.test", "192.0.2.1 2001:db8::1", 0, 0},
    {"none.test", "", EAI_NONAME, 0},
    {"fail.test", "", EAI_FAIL, 0},
    {"empty.test", "", 0, 0},
    {"slow.test", "192.0.2.9", 0, 150},
    {"hang-1.test", "192.0.2.2", 0, SCRIPT_HELD},
    {"hang-2.test", "192.0.2.2", 0, SCRIPT_HELD},
    {"hang-3.test", "192.0.2.2", 0, SCRIPT_HELD},
    {NULL, NULL, 0, 0},
};

static struct resolved *ask(struct resolver *resolver, struct mailbox *mailbox,
                            const char *host)
{
    resolver_ask(resolver, 1, host, 443, mailbox, KIND, 42);
    struct mail *mail = mailbox_wait(mailbox, PATIENCE_MS);
    assert_non_null(mail);
    assert_null(mail->next);
    assert_int_equal(mail->kind, KIND);
    struct resolved *resolved = (struct resolved *)(void *)mail;
    assert_int_equal(resolved->tag, 42);
    return resolved;
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int error;
        size_t count;
        const char *first;
        bool is_asked; // of the machine
    } rows[] = {
        {"192.0.2.7", 0, 1, "192.0.2.7:443", false},
        {"2001:db8::7", 0, 1, "[2001:db8::7]:443", false},
        {"one.test", 0, 1, "192.0.2.1:443", true},
        {"both.test", 0, 2, "192.0.2.1:443", true},
        {"none.test", EAI_NONAME, 0, NULL, true},
        {"fail.test", EAI_FAIL, 0, NULL, true},
        {"empty.test", EAI_NONAME, 0, NULL, true},
        {"127.1", EAI_NONAME, 0, NULL, false},
        {"2130706433", EAI_NONAME, 0, NULL, false},
        {"0x7f000001", EAI_NONAME, 0, NULL, false},
        {"0x7f.1", EAI_NONAME, 0, NULL, false},
        {"0177.0.0.1", EAI_NONAME, 0, NULL, false},
        {"10.0.0.010", EAI_NONAME, 0, NULL, false},
        {"127.0.0.1.", EAI_NONAME, 0, NULL, false},
        {"1.2.3.0x4", EAI_NONAME, 0, NULL, false},
        {"fe80::1%lo", EAI_NONAME, 0, NULL, false},
        {"a_b.test", EAI_NONAME, 0, NULL, false},
        {"a b.test", EAI_NONAME, 0, NULL, false},
        {"a..test", EAI_NONAME, 0, NULL, false},
        {"-a.test", EAI_NONAME, 0, NULL, false},
        {"\xc3\xa9.test", EAI_NONAME, 0, NULL, false},
        {"", EAI_NONAME, 0, NULL, false},
        {".", EAI_NONAME, 0, NULL, false},
    };
    struct resolver *resolver = resolver_new(2);
    struct mailbox *mailbox = mailbox_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int before = script_asked;
        struct resolved *resolved = ask(resolver, mailbox, rows[i].host);
        char text[ADDRESS_TEXT_MAX] = "";
        if (resolved->count > 0)
            address_text(&resolved->addresses[0], text);
        if (resolved->error != rows[i].error || resolved->count != rows[i].count ||
            strcmp(text, rows[i].first ? rows[i].first : "") != 0 ||
            (script_asked > before) != rows[i].is_asked)
            fail_msg("%s: error %d, %zu addresses, %s", rows[i].host, resolved->error,
                     resolved->count, text);
        free(resolved);
    }
    mailbox_free(mailbox);
    resolver_free(resolver);
}

static size_t count_of(struct resolver *resolver, struct mailbox *mailbox, int addresses)
{
    char many[(RESOLVED_MAX + 2) * 24] = "";
    for (int i = 0; i < addresses; i++)
        snprintf(many + strlen(many), 24, "%s192.0.2.%d", i ? " " : "", i);
    const struct script_name rows[] = {{"many.test", many, 0, 0}, {NULL, NULL, 0, 0}};
    script_names = rows;
    struct resolved *resolved = ask(resolver, mailbox, "many.test");
    size_t count = resolved->count;
    assert_int_equal(resolved->error, count > 0 ? 0 : EAI_AGAIN);
    free(resolved);
    script_names = names;
    return count;
}

static void test_an_overfull_answer_is_none(void **state)
{
    (void)state;
    struct resolver *resolver = resolver_new(1);
    struct mailbox *mailbox = mailbox_new();
    assert_int_equal(count_of(resolver, mailbox, RESOLVED_MAX - 1), RESOLVED_MAX - 1);
    assert_int_equal(count_of(resolver, mailbox, RESOLVED_MAX), RESOLVED_MAX);
    assert_int_equal(count_of(resolver, mailbox, RESOLVED_MAX + 1), 0);
    mailbox_free(mailbox);
    resolver_free(resolver);
}

static size_t take(struct mailbox *mailbox, size_t wanted)
{
    size_t count = 0;
    int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;
    while (count < wanted && clock_mono_us() < until_us) {
        struct mail *mail = mailbox_wait(mailbox, 10);
        for (struct mail *next; mail; mail = next, count++) {
            next = mail->next;
            free(mail);
        }
    }
    return count;
}

static void wait_for_running(int wanted)
{
    for (int i = 0; i < PATIENCE_MS && script_running < wanted; i++)
        usleep(1000);
    assert_int_equal(script_running, wanted);
}

static void test_one_name_is_asked_once(void **state)
{
    (void)state;
    struct resolver *resolver = resolver_new(4);
    struct mailbox *mailbox = mailbox_new();
    int before = script_asked;
    for (uint64_t tag = 0; tag < 20; tag++)
        resolver_ask(resolver, (int64_t)tag % 3, "slow.test", 443, mailbox, KIND, tag);
    assert_int_equal(take(mailbox, 20), 20);
    assert_int_equal(script_asked - before, 1);
    mailbox_free(mailbox);
    resolver_free(resolver);
}

// 8 threads: an app may have two of them.
static void test_an_app_has_its_share_of_threads(void **state)
{
    (void)state;
    struct resolver *resolver = resolver_new(8);
    struct mailbox *mailbox = mailbox_new(), *other = mailbox_new();
    script_is_held = true;
    script_most = 0;
    resolver_ask(resolver, 1, "hang-1.test", 443, mailbox, KIND, 1);
    resolver_ask(resolver, 1, "hang-2.test", 443, mailbox, KIND, 2);
    resolver_ask(resolver, 1, "hang-3.test", 443, mailbox, KIND, 3);
    wait_for_running(2);
    resolver_ask(resolver, 2, "one.test", 443, other, KIND, 4);
    assert_int_equal(take(other, 1), 1); // while both hang
    usleep(30000);                       // time enough for a third
    assert_int_equal(script_running, 2);
    script_is_held = false;
    assert_int_equal(take(mailbox, 3), 3);
    assert_in_range(script_most, 2, 3);
    mailbox_free(mailbox);
    mailbox_free(other);
    resolver_free(resolver);
}

static void test_time_in_the_queue_counts(void **state)
{
    (void)state;
    struct resolver *resolver = resolver_new(1);
    struct mailbox *mailbox = mailbox_new();
    int before = script_asked;
    script_is_held = true;
    resolver_ask(resolver, 1, "hang-1.test", 443, mailbox, KIND, 1);
    wait_for_running(1);
    resolver_ask(resolver, 1, "one.test", 443, mailbox, KIND, 2);
    hostile_pass(limit(LIMIT_DNS_MS) + 1);
    script_is_held = false;
    assert_int_equal(take(mailbox, 2), 2);
    assert_int_equal(script_asked - before, 1); // the second waited too long to be asked
    mailbox_free(mailbox);
    resolver_free(resolver);
}

static void test_forgotten_mailboxes_get_nothing(void **state)
{
    (void)state;
    struct resolver *resolver = resolver_new(1);
    struct mailbox *gone = mailbox_new(), *mailbox = mailbox_new();
    resolver_ask(resolver, 1, "slow.test", 443, gone, KIND, 1);
    resolver_ask(resolver, 1, "slow.test", 443, mailbox, KIND, 2);
    resolver_ask(resolver, 1, "both.test", 443, gone, KIND, 3);
    resolver_forget(resolver, gone);
    mailbox_free(gone);
    assert_int_equal(take(mailbox, 1), 1);
    resolver_ask(resolver, 1, "one.test", 443, mailbox, KIND, 4);
    assert_int_equal(take(mailbox, 1), 1);
    mailbox_free(mailbox);
    resolver_free(resolver);
}

int main(void)
{
    script_names = names;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_an_overfull_answer_is_none),
        cmocka_unit_test(test_one_name_is_asked_once),
        cmocka_unit_test(test_an_app_has_its_share_of_threads),
        cmocka_unit_test(test_time_in_the_queue_counts),
        cmocka_unit_test(test_forgotten_mailboxes_get_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
