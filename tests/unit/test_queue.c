#include "engine/queue.h"

#include "engine/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Takes all; the places that the young had, as bits.
static unsigned take_all(struct queue *queue)
{
    unsigned places = 0;
    struct held *held;

    for (unsigned place = 0; (held = queue_first(queue)); place++) {
        places |= (unsigned)held->is_young << place;
        queue_take(queue, held);
    }
    return places;
}

static void every_fourth_place_is_for_the_young(void **state)
{
    const struct {
        int old, young;
        unsigned places;
    } rows[] = {
        {0, 0, 0},   {3, 0, 0},      {0, 3, 7}, {9, 1, 1u << 3}, {9, 2, 1u << 3 | 1u << 7},
        {1, 3, 0xe}, {6, 9, 0x7f88},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct held held[16];
        struct queue queue;
        memset(held, 0, sizeof held);
        queue_init(&queue);
        for (int n = 0; n < rows[i].old; n++)
            queue_put(&queue, &held[n], 100 + n);
        for (int n = 0; n < rows[i].young; n++)
            queue_put_young(&queue, &held[rows[i].old + n], 500 + n);
        assert_int_equal(queue_count(&queue), rows[i].old + rows[i].young);
        assert_int_equal(take_all(&queue), rows[i].places);
        assert_int_equal(queue_count(&queue), 0);
        queue_done(&queue);
    }
}

// What is due later never stands before a young one, and of two that are due the older one
// that is young goes first anyway.
static void due_times_still_count(void **state)
{
    struct held held[3];
    struct queue queue;

    (void)state;
    memset(held, 0, sizeof held);
    queue_init(&queue);
    queue_put(&queue, &held[0], 900);
    queue_put_young(&queue, &held[1], 500);
    assert_ptr_equal(queue_first(&queue), &held[1]);
    queue_put(&queue, &held[2], 499);
    assert_ptr_equal(queue_first(&queue), &held[2]);
    queue_put(&queue, &held[1], 100); // moves to the other line
    assert_false(held[1].is_young);
    assert_ptr_equal(queue_first(&queue), &held[1]);
    queue_remove(&queue, &held[1]);
    queue_remove(&queue, &held[1]); // in neither
    assert_int_equal(queue_count(&queue), 2);
    queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fourth_place_is_for_the_young),
        cmocka_unit_test(due_times_still_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
