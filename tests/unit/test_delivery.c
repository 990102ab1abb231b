#include "hook/delivery.h"

#include "base/memory.h"
#include "hook/event.h"
#include "hook/outcome.h"
#include "hook/parcel.h"
#include "hook/settle.h"
#include "hook/trigger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void states_follow_their_table(void **state)
{
    (void)state;
    // From the row to the column: fresh parked held delivered failed cancelled.
    static const char *const table[DELIVERY_STATES] = {
        [DELIVERY_FRESH] = "xx.xxx",  [DELIVERY_PARKED] = ".x.xxx",
        [DELIVERY_HELD] = "xx.xxx",   [DELIVERY_DELIVERED] = ".x....",
        [DELIVERY_FAILED] = ".xxx..", [DELIVERY_CANCELLED] = ".xxx..",
    };
    for (int from = 0; from < DELIVERY_STATES; from++)
        for (int to = 0; to < DELIVERY_STATES; to++)
            assert_int_equal(
                delivery_may_follow((enum delivery_state)from, (enum delivery_state)to),
                table[from][to] == 'x');
}

static void names_are_distinct(void **state)
{
    (void)state;
    for (int i = 0; i < DELIVERY_STATES; i++)
        assert_int_equal(delivery_is_open((enum delivery_state)i), i <= DELIVERY_HELD);
    for (int i = 1; i < OUTCOME_ERRORS_COUNT; i++) {
        assert_true(strlen(outcome_error_slug((enum outcome_error)i)) > 2);
        assert_true(strlen(outcome_error_sentence((enum outcome_error)i)) > 10);
    }
    assert_string_equal(outcome_error_slug(OUTCOME_REFUSED), "connection_refused");
    assert_string_equal(trigger_name(TRIGGER_REPLAY), "replay");
    for (int i = 0; i < TRIGGERS; i++)
        assert_int_equal(trigger_is_of_schedule((enum trigger)i),
                         i == TRIGGER_SCHEDULED || i == TRIGGER_REPLAY);
}

// Where a webhook lives must never change: these are the numbers of the first release.
static void partitions_are_even_and_fixed(void **state)
{
    (void)state;
    int count[PARTITIONS] = {0};
    for (int64_t id = 0; id < 100 * PARTITIONS; id++) {
        uint32_t partition = partition_of(id << 12);
        assert_true(partition < PARTITIONS);
        count[partition]++;
    }
    for (int i = 0; i < PARTITIONS; i++)
        assert_in_range(count[i], 50, 160);
    assert_int_equal(partition_of(0), 0);
    assert_int_equal(partition_of(1), 812);
    assert_int_equal(partition_of((int64_t)7 << 22), 17);
}

static void a_list_of_parcels_drops_its_events(void **state)
{
    (void)state;
    struct event *event = event_new(0);
    struct parcel *first = NULL;
    for (int i = 0; i < 3; i++) {
        struct parcel *parcel = NEW(struct parcel);
        parcel->event = event_hold(event);
        parcel->next = first;
        first = parcel;
    }
    assert_int_equal(atomic_load(&event->refs), 4);
    parcel_free_all(first);
    assert_int_equal(atomic_load(&event->refs), 1);
    event_drop(event);
    parcel_free(NULL);
    settle_free(NULL);
    struct settle *settle = NEW(struct settle);
    settle->attempt.detail = memory_new(5);
    settle_free(settle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_their_table),
        cmocka_unit_test(names_are_distinct),
        cmocka_unit_test(a_list_of_parcels_drops_its_events),
        cmocka_unit_test(partitions_are_even_and_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
