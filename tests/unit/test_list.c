#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    struct link link;
    char name;
};

static void assert_order(const struct link *head, const char *names)
{
    const struct link *at = head->next;

    for (; *names; names++, at = at->next) {
        assert_ptr_not_equal(at, head);
        assert_int_equal(((const struct row *)(const void *)at)->name, *names);
        assert_ptr_equal(at->prev->next, at);
        assert_ptr_equal(at->next->prev, at);
    }
    assert_ptr_equal(at, head);
}

static void links_come_and_go(void **state)
{
    (void)state;
    struct link head;
    struct row a = {.name = 'a'};
    struct row b = {.name = 'b'};
    struct row c = {.name = 'c'};

    list_init(&head);
    assert_true(list_is_empty(&head));
    list_add_last(&head, &b.link);
    list_add_last(&head, &c.link);
    list_add_first(&head, &a.link);
    assert_order(&head, "abc");
    list_remove(&b.link);
    assert_order(&head, "ac");
    list_remove(&b.link); // in none: nothing happens
    assert_order(&head, "ac");
    list_add_last(&head, &b.link);
    assert_order(&head, "acb");
    list_remove(&a.link);
    list_remove(&b.link);
    list_remove(&c.link);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(links_come_and_go)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
