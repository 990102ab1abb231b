// The ring of owed replies, beyond its first room and around the wrap of its turns.

#include "net/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

// From each of these first turns: fill to a depth, take half, fill again; the marks that were
// put in must come out in order.
static void test_order_and_growth(void **state)
{
    static const uint32_t firsts[] = {0, 3, UINT32_MAX - 1, UINT32_MAX - 50};
    static const uint32_t depths[] = {1, 4, 5, 16, 17, 100};

    (void)state;
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
        for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
            struct ring ring;
            uint32_t turn = firsts[i];
            ring_init(&ring);
            ring.first = ring.next = turn;
            for (int round = 0; round < 3; round++) {
                while (ring_count(&ring) < depths[d]) {
                    uint32_t pushed = ring_push(&ring, false, false);
                    ring_find(&ring, pushed)->len = pushed;
                }
                for (uint32_t left = (depths[d] + 1) / 2; left > 0; left--, turn++) {
                    assert_int_equal(ring_first(&ring)->len, turn);
                    ring_pop(&ring);
                }
            }
            ring_done(&ring);
        }
}

static void test_what_is_not_owed(void **state)
{
    struct ring ring;
    uint32_t turn;

    (void)state;
    ring_init(&ring);
    assert_null(ring_first(&ring));
    assert_null(ring_find(&ring, 0));
    turn = ring_push(&ring, true, false);
    assert_true(ring_find(&ring, turn)->is_last);
    assert_null(ring_find(&ring, turn + 1));
    assert_null(ring_find(&ring, turn - 1));
    ring_find(&ring, turn)->bytes = malloc(8); // freed by ring_done
    ring_done(&ring);
    assert_null(ring_first(&ring));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_growth),
        cmocka_unit_test(test_what_is_not_owed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
