#include "base/map.h"

#include "seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The model: value i stands for key i; NULL where the map must not have it.
enum { KEYS = 500 };

static int things[2 * KEYS]; // something to point at

static struct map_key key_of(size_t i)
{
    // Alike in their low bits and with two halves, as ids made of shifted numbers are.
    return (struct map_key){.high = i % 7, .low = (uint64_t)i << 20};
}

static void check_against(const struct map *map, void *const model[KEYS])
{
    size_t count = 0;
    size_t walked = 0;
    struct map_key key;
    void *value;

    for (size_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_find(map, key_of(i)), model[i]);
        count += model[i] != NULL;
    }
    assert_int_equal(map->count, count);
    for (size_t at = 0; map_next(map, &at, &key, &value); walked++) {
        size_t i = (size_t)(key.low >> 20);
        assert_true(i < KEYS && key.high == i % 7);
        assert_ptr_equal(value, model[i]);
    }
    assert_int_equal(walked, count);
}

static void random_changes_match_a_model(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 0x1234567890abcdef};

    for (size_t s = 0; s < 2; s++) {
        void *model[KEYS] = {NULL};
        uint64_t random = s;
        struct map map;
        map_init(&map, seeds[s]);
        for (size_t step = 0; step < 20000; step++) {
            size_t i = seeded_below(&random, KEYS);
            // Waves of mostly puts and mostly removes, so that it fills and empties.
            if (seeded_below(&random, 10) < (step / 2500 % 2 ? 2 : 8)) {
                void *value = &things[seeded_below(&random, 2 * KEYS)];
                assert_ptr_equal(map_put(&map, key_of(i), value), model[i]);
                model[i] = value;
            } else {
                assert_ptr_equal(map_remove(&map, key_of(i)), model[i]);
                model[i] = NULL;
            }
            if (step % 500 == 0)
                check_against(&map, model);
        }
        check_against(&map, model);
        map_done(&map);
    }
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map map;
    struct map_key key;
    void *value;
    size_t at = 0;

    map_init(&map, 0);
    assert_null(map_find(&map, map_key(1)));
    assert_null(map_remove(&map, map_key(1)));
    assert_false(map_next(&map, &at, &key, &value));
    map_done(&map);
}

static void both_halves_of_a_key_count(void **state)
{
    (void)state;
    struct map map;

    map_init(&map, 0);
    map_put(&map, map_key(0), &things[0]);
    map_put(&map, map_key(-1), &things[1]);
    map_put(&map, map_key2(1, 0), &things[2]);
    map_put(&map, map_key2(0, 1), &things[3]);
    map_put(&map, map_key2(-1, -1), &things[4]);
    assert_int_equal(map.count, 5);
    assert_ptr_equal(map_find(&map, map_key(0)), &things[0]);
    assert_ptr_equal(map_find(&map, map_key2(0, -1)), &things[1]);
    assert_ptr_equal(map_find(&map, map_key2(1, 0)), &things[2]);
    assert_ptr_equal(map_find(&map, map_key(1)), &things[3]);
    assert_ptr_equal(map_find(&map, map_key2(-1, -1)), &things[4]);
    assert_null(map_find(&map, map_key2(1, 1)));
    map_done(&map);
}

// A bad spread of ids that count up, in either half, would make runs long and searches slow.
static void plain_ids_spread(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct map map;

    for (unsigned shift = 0; shift < 48; shift += 4) {
        map_init(&map, 0);
        for (int64_t i = 1; i <= MANY; i++)
            map_put(&map, shift % 8 ? map_key2(i << shift, i) : map_key(i << shift),
                    &things[0]);
        assert_int_equal(map.count, MANY);
        assert_true(map.cap <= 4 * MANY);
        map_done(&map);
    }
}

static void order_does_not_depend_on_addresses(void **state)
{
    (void)state;
    struct map a;
    struct map b;
    size_t at_a = 0;
    size_t at_b = 0;

    map_init(&a, 0);
    map_init(&b, 0);
    for (int64_t i = 0; i < 1000; i++) {
        map_put(&a, map_key(i * i), &things[i % KEYS]);
        map_put(&b, map_key(i * i), &things[(i + 13) % KEYS]);
    }
    for (int64_t i = 0; i < 1000; i += 3) {
        map_remove(&a, map_key(i * i));
        map_remove(&b, map_key(i * i));
    }
    for (;;) {
        struct map_key key_a;
        struct map_key key_b;
        void *value;
        bool more = map_next(&a, &at_a, &key_a, &value);
        assert_int_equal(map_next(&b, &at_b, &key_b, &value), more);
        if (!more)
            break;
        assert_int_equal(key_a.low, key_b.low);
    }
    map_done(&a);
    map_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_match_a_model),
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(both_halves_of_a_key_count),
        cmocka_unit_test(plain_ids_spread),
        cmocka_unit_test(order_does_not_depend_on_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
