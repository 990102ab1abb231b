#include "base/heap.h"

#include "seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ITEMS = 300 };

struct model {
    struct heap_item items[ITEMS];
    uint64_t arrived[ITEMS]; // when the item got its key; 0: not in the heap
};

static struct heap_item *first_of(struct model *model)
{
    struct heap_item *first = NULL;

    for (size_t i = 0; i < ITEMS; i++) {
        struct heap_item *item = &model->items[i];
        if (!model->arrived[i])
            continue;
        if (!first || item->key < first->key ||
            (item->key == first->key &&
             model->arrived[i] < model->arrived[first - model->items]))
            first = item;
    }
    return first;
}

static void random_changes_match_a_model(void **state)
{
    (void)state;
    static struct model model;
    uint64_t random = 3;
    struct heap heap;

    heap_init(&heap);
    for (uint64_t step = 1; step <= 30000; step++) {
        size_t i = seeded_below(&random, ITEMS);
        int64_t key = (int64_t)seeded_below(&random, 50) - 25; // many are equal
        if (seeded_below(&random, 10) < (step / 3000 % 2 ? 3 : 7)) {
            heap_move(&heap, &model.items[i], key);
            model.arrived[i] = step;
        } else {
            heap_remove(&heap, &model.items[i]);
            model.arrived[i] = 0;
        }
        assert_int_equal(model.items[i].place != 0, model.arrived[i] != 0);
        assert_ptr_equal(heap_first(&heap), first_of(&model));
    }
    heap_done(&heap);
}

// Removing from the middle puts the last item there, which may have to go up or down; the
// order of all the rest shows whether it did.
static void what_is_left_comes_out_in_order(void **state)
{
    (void)state;
    static struct model model;
    uint64_t random = 5;
    struct heap heap;

    heap_init(&heap);
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < 60; i++) {
            heap_add(&heap, &model.items[i], (int64_t)seeded_below(&random, 1000));
            model.arrived[i] = i + 1;
        }
        for (size_t i = 0; i < 20; i++) {
            size_t gone = seeded_below(&random, 60);
            heap_remove(&heap, &model.items[gone]);
            model.arrived[gone] = 0;
        }
        for (struct heap_item *item; (item = heap_first(&heap));) {
            assert_ptr_equal(item, first_of(&model));
            heap_remove(&heap, item);
            model.arrived[item - model.items] = 0;
        }
        assert_null(first_of(&model));
    }
    heap_done(&heap);
}

static void equal_keys_keep_their_order(void **state)
{
    (void)state;
    struct heap_item items[100] = {{0}};
    struct heap heap;

    heap_init(&heap);
    for (size_t i = 0; i < 100; i++)
        heap_add(&heap, &items[i], (int64_t)(i % 3));
    for (size_t key = 0; key < 3; key++)
        for (size_t i = key; i < 100; i += 3) {
            assert_ptr_equal(heap_first(&heap), &items[i]);
            heap_remove(&heap, &items[i]);
        }
    assert_null(heap_first(&heap));
    heap_done(&heap);
}

static void moving_makes_an_item_the_last_of_its_key(void **state)
{
    (void)state;
    struct heap_item a = {0};
    struct heap_item b = {0};
    struct heap heap;

    heap_init(&heap);
    heap_add(&heap, &a, 5);
    heap_add(&heap, &b, 5);
    heap_move(&heap, &a, 5);
    assert_ptr_equal(heap_first(&heap), &b);
    heap_done(&heap);
}

static void items_outside_know_it(void **state)
{
    (void)state;
    struct heap_item item = {0};
    struct heap heap;

    heap_init(&heap);
    assert_null(heap_first(&heap));
    heap_remove(&heap, &item); // in none: nothing happens
    heap_add(&heap, &item, INT64_MIN);
    assert_int_equal(item.place, 1);
    heap_move(&heap, &item, INT64_MAX);
    heap_remove(&heap, &item);
    assert_int_equal(item.place, 0);
    assert_null(heap_first(&heap));
    heap_done(&heap);
}

static void the_items_may_go_first(void **state)
{
    (void)state;
    struct heap_item *item = calloc(1, sizeof *item);
    struct heap heap;

    assert_non_null(item);
    heap_init(&heap);
    heap_add(&heap, item, 1);
    free(item);
    heap_done(&heap);
    assert_null(heap_first(&heap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_match_a_model),
        cmocka_unit_test(what_is_left_comes_out_in_order),
        cmocka_unit_test(equal_keys_keep_their_order),
        cmocka_unit_test(moving_makes_an_item_the_last_of_its_key),
        cmocka_unit_test(items_outside_know_it),
        cmocka_unit_test(the_items_may_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
