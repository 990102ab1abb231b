#include "store/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t dice;

static uint64_t roll(void)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return dice >> 20;
}

static int by_order(const void *a, const void *b)
{
    return trail_compare(a, b);
}

// Owners of all signs and distances; of some, many entries close to each other.
static void make_entries(struct trail_entry *entries, size_t count)
{
    const int64_t far[] = {INT64_MIN, -1, 0, 1, INT64_MAX};

    for (size_t i = 0; i < count; i++) {
        entries[i].owner = i < 5 ? far[i] : (int64_t)(roll() << (roll() % 20));
        if (i % 3)
            entries[i].owner = entries[i - 1].owner;
        entries[i].event_id = i % 50 ? (int64_t)(roll() % 1000 + 7) << 22 : far[i / 50 % 5];
        entries[i].n = (int)(roll() % 3 ? 0 : roll() % 65536);
    }
    qsort(entries, count, sizeof *entries, by_order);
}

static void packs_and_unpacks(void **state)
{
    enum { COUNT = 3000 };
    static struct trail_entry entries[COUNT];
    struct trail_entry again[TRAIL_LEAF_MOST];
    struct trail_leaf leaf;
    size_t leaves = 0;

    (void)state;
    dice = 1;
    make_entries(entries, COUNT);
    for (size_t at = 0; at < COUNT; leaves++) {
        size_t taken = trail_pack(entries + at, COUNT - at, &leaf);
        assert_true(taken > 0 && leaf.len <= TRAIL_LEAF_BYTES);
        assert_int_equal(trail_compare(&leaf.first, &entries[at]), 0);
        assert_int_equal(trail_unpack(&leaf.first, leaf.bytes, leaf.len, again), taken);
        for (size_t i = 0; i < taken; i++)
            assert_int_equal(trail_compare(&again[i], &entries[at + i]), 0);
        at += taken;
    }
    assert_in_range(leaves, COUNT / TRAIL_LEAF_MOST, COUNT / 30);
}

// Cut off or made of anything, a leaf is refused or read within its bounds.
static void damaged_leaves(void **state)
{
    struct trail_entry entries[40];
    struct trail_entry again[TRAIL_LEAF_MOST];
    struct trail_leaf leaf;
    unsigned char bytes[TRAIL_LEAF_BYTES * 2];
    size_t taken;

    (void)state;
    dice = 2;
    make_entries(entries, 40);
    taken = trail_pack(entries, 40, &leaf);
    for (size_t len = 0; len < leaf.len; len++) {
        unsigned char *cut = malloc(len + 1); // so that a read past its end is seen
        memcpy(cut, leaf.bytes, len);
        assert_true(trail_unpack(&leaf.first, cut, len, again) < taken);
        free(cut);
    }
    for (int times = 0; times < 2000; times++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(roll() % 4 ? roll() & 0x7f : roll());
        assert_true(trail_unpack(&leaf.first, bytes, roll() % sizeof bytes, again) <=
                    TRAIL_LEAF_MOST);
    }
    memset(bytes, 0, sizeof bytes); // more entries than any leaf has
    assert_int_equal(trail_unpack(&leaf.first, bytes, sizeof bytes, again), 0);
}

static void owners_are_of_their_own(void **state)
{
    const int64_t owners[] = {
        trail_owner(1, NULL), trail_owner(2, NULL), trail_owner(1, "a"),
        trail_owner(2, "a"),  trail_owner(1, "b"),  trail_owner(INT64_MAX, "b"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        assert_true(owners[i] < 0);
        for (size_t k = 0; k < i; k++)
            assert_true(owners[i] != owners[k]);
    }
}

static void take(struct trail *trail, bool is_all, size_t count, int64_t last)
{
    size_t taken;
    int64_t ret_last;
    struct trail_entry *entries = trail_take(trail, is_all, &taken, &ret_last);

    assert_int_equal(taken, count);
    assert_int_equal(ret_last, last);
    for (size_t i = 1; i < taken; i++)
        assert_true(trail_compare(&entries[i - 1], &entries[i]) < 0);
    free(entries);
}

// A run takes the oldest, and all of an event; what is over stays for the next one.
static void gathers_for_a_run(void **state)
{
    struct trail trail;

    (void)state;
    trail_init(&trail, 8);
    trail_mark(&trail);
    for (int64_t id = 10; id < 13; id++) {
        trail_add_event(&trail, id, 1, "a");
        trail_add(&trail, 5, id, 0);
        assert_false(trail_is_due(&trail));
    }
    trail_add(&trail, 5, 9, 0); // late, but for this run
    assert_true(trail_is_due(&trail));
    take(&trail, false, 10, 12);
    trail_commit(&trail);
    trail_mark(&trail);
    trail_add_event(&trail, 13, 1, "a");
    trail.state.last = 12;
    trail.has_written = true;
    trail_rollback(&trail);
    assert_int_equal(trail.count, 10);
    assert_int_equal(trail.state.last, 0);
    trail_mark(&trail);
    trail_add_event(&trail, 13, 1, "a");
    trail.state.last = 12;
    trail.has_written = true;
    trail_commit(&trail);
    assert_int_equal(trail.count, 2);
    take(&trail, true, 2, 13);
    trail_done(&trail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_and_unpacks),
        cmocka_unit_test(damaged_leaves),
        cmocka_unit_test(owners_are_of_their_own),
        cmocka_unit_test(gathers_for_a_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
