// Scenes of one engine in a world that only does as it is told.

#include "engine_world.h"

#include "hook/settle.h"
#include "hook/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct settle *last_settle(const struct world *world)
{
    return world->settles[world->settle_count - 1];
}

// One delivery of webhook 7, its card known, sent.
static struct world *one_sent(void)
{
    struct world *world = world_new(NULL);

    world_arrive(world, world_parcel(1, 7, 3));
    world_card(world, 7, 3, "a.example", 64);
    assert_int_equal(world->send_count, 1);
    return world;
}

static void an_arrival_asks_for_the_card_and_goes_out(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_arrive(world, world_parcel(1, 7, 3));
    world_arrive(world, world_parcel(2, 7, 3));
    assert_int_equal(world->card_count, 1);
    assert_int_equal(world->send_count, 0);
    world_card(world, 7, 3, "a.example", 64);
    assert_int_equal(world->send_count, 2);
    assert_int_equal(world->sends[0].event_id, 1);
    assert_int_equal(world->sends[0].number, 1);
    assert_non_null(strstr(world->sends[0].wire->head, "Host: a.example"));
    world_arrive(world, world_parcel(3, 7, 3));
    assert_int_equal(world->card_count, 1);
    assert_int_equal(world->send_count, 3);
    world_free(world);
}

static void a_second_sight_starts_nothing(void **state)
{
    struct world *world = one_sent();

    (void)state;
    world_arrive(world, world_parcel(1, 7, 3));
    world_answer(world, 0, 200);
    world_arrive(world, world_parcel(1, 7, 3));
    assert_int_equal(world->send_count, 1);
    world_settle(world, 0, SETTLED);
    assert_int_equal(world->sent_count, 1);
    assert_int_equal(engine_counts(world->engine).in_hand, 0);
    world_free(world);
}

// How one attempt's end is judged: of what trigger, after how many failed ones, with what
// answer; and what is told to the store.
static const struct {
    enum trigger trigger;
    uint16_t step;
    enum outcome_error error;
    int status;
    enum settle_next next;
    uint16_t step_after;
    int64_t wait_ms;
    bool disables;
} verdicts[] = {
    {TRIGGER_SCHEDULED, 0, OUTCOME_NONE, 200, SETTLE_DELIVERED, 0, 0, false},
    {TRIGGER_SCHEDULED, 2, OUTCOME_NONE, 299, SETTLE_DELIVERED, 2, 0, false},
    {TRIGGER_SCHEDULED, 0, OUTCOME_NONE, 500, SETTLE_WAIT, 1, 5000, false},
    {TRIGGER_SCHEDULED, 0, OUTCOME_NONE, 302, SETTLE_WAIT, 1, 5000, false},
    {TRIGGER_SCHEDULED, 0, OUTCOME_NONE, 410, SETTLE_WAIT, 1, 5000, true},
    {TRIGGER_SCHEDULED, 1, OUTCOME_TIMEOUT, 0, SETTLE_WAIT, 2, 10000, false},
    {TRIGGER_SCHEDULED, 2, OUTCOME_RESET, 0, SETTLE_FAILED, 3, 0, false},
    {TRIGGER_SCHEDULED, 9, OUTCOME_RESET, 0, SETTLE_FAILED, 10, 0, false},
    {TRIGGER_SCHEDULED, 1, OUTCOME_LOCAL, 0, SETTLE_WAIT, 1, 1000, false},
    {TRIGGER_MANUAL, 1, OUTCOME_NONE, 204, SETTLE_DELIVERED, 1, 0, false},
    {TRIGGER_MANUAL, 1, OUTCOME_NONE, 500, SETTLE_RESTORE, 1, 0, false},
    {TRIGGER_MANUAL, 2, OUTCOME_LOCAL, 0, SETTLE_WAIT, 2, 0, false},
    {TRIGGER_TEST, 0, OUTCOME_NONE, 500, SETTLE_FAILED, 0, 0, false},
    {TRIGGER_REPLAY, 0, OUTCOME_NONE, 500, SETTLE_WAIT, 1, 5000, false},
    {TRIGGER_REPLAY, 2, OUTCOME_RESET, 0, SETTLE_FAILED, 3, 0, false},
    {TRIGGER_REPLAY, 1, OUTCOME_LOCAL, 0, SETTLE_WAIT, 1, 1000, false},
};

static void an_outcome_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        struct world *world = world_new(NULL);
        struct parcel *parcel = world_parcel(1, 7, 3);
        struct outcome outcome = {.error = verdicts[i].error,
                                  .status = verdicts[i].status,
                                  .detail = "",
                                  .head = "",
                                  .body = "",
                                  .remote = "",
                                  .retry_after_ms = -1};
        const struct settle *settle;

        parcel->trigger = verdicts[i].trigger;
        parcel->step = verdicts[i].step;
        parcel->number = 5;
        parcel->crashes = 2;
        world_arrive(world, parcel);
        world_card(world, 7, 3, "a.example", 64);
        world->now.mono_ms += 40;
        world->now.wall_ms += 40;
        engine_on_outcome(world->engine, world->now, world->sends[0].exchange, &outcome);
        settle = last_settle(world);
        assert_int_equal(settle->next, verdicts[i].next);
        assert_int_equal(settle->step, verdicts[i].step_after);
        assert_int_equal(settle->wait_ms, verdicts[i].wait_ms);
        assert_int_equal(settle->number, 6);
        assert_int_equal(settle->attempt.trigger, verdicts[i].trigger);
        assert_int_equal(settle->crashes, verdicts[i].error == OUTCOME_LOCAL ? 2 : 0);
        assert_int_equal(settle->disable_webhook, verdicts[i].disables);
        assert_int_equal(settle->attempt.duration_ms, 40);
        if (settle->next == SETTLE_WAIT)
            assert_int_equal(settle->due_wall_ms - world->now.wall_ms,
                             verdicts[i].error == OUTCOME_LOCAL ? 1000 : verdicts[i].wait_ms);
        world_free(world);
    }
}

// Failures of our own side are made again after 1, 2, 4 … 60 s; any other outcome of the lane
// begins anew.
static void pauses_after_failures_of_our_own_grow(void **state)
{
    static const int64_t pauses_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    const size_t count = sizeof pauses_ms / sizeof *pauses_ms;
    struct world *world = one_sent();

    (void)state;
    for (size_t i = 0; i < count; i++) {
        world_fail(world, i, OUTCOME_LOCAL);
        assert_int_equal(world->settles[i]->wait_ms, pauses_ms[i]);
        assert_int_equal(world->settles[i]->step, 0);
        world_settle(world, i, SETTLED);
        world_wait(world, pauses_ms[i] - 1);
        assert_int_equal(world->send_count, i + 1);
        world_wait(world, 1);
        assert_int_equal(world->send_count, i + 2);
    }
    world_answer(world, count, 500);
    assert_int_equal(world->settles[count]->step, 1);
    world_settle(world, count, SETTLED);
    world_wait(world, 5000);
    world_fail(world, count + 1, OUTCOME_LOCAL);
    assert_int_equal(world->settles[count + 1]->wait_ms, 1000);
    world_free(world);
}

// Those that were in flight together share one pause.
static void a_round_of_failures_of_our_own_is_one(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    for (int i = 1; i <= 8; i++)
        world_arrive(world, world_parcel(i, 7, 3));
    world_card(world, 7, 3, "a.example", 64);
    for (size_t i = 0; i < 8; i++) {
        world_fail(world, i, OUTCOME_LOCAL);
        assert_int_equal(world->settles[i]->wait_ms, 1000);
    }
    world_free(world);
}

static void a_retry_starts_when_its_wait_is_over_and_not_before(void **state)
{
    struct world *world = one_sent();

    (void)state;
    world_answer(world, 0, 500);
    world_wait(world, 6000);
    assert_int_equal(world->send_count, 1); // not before the store has it
    world_settle(world, 0, SETTLED);
    assert_int_equal(world->send_count, 2);
    world_answer(world, 1, 500);
    world_settle(world, 1, SETTLED);
    assert_int_equal(world->wake_at_ms, world->now.mono_ms + 10000);
    world_wait(world, 9999);
    assert_int_equal(world->send_count, 2);
    world_wait(world, 1);
    assert_int_equal(world->send_count, 3);
    assert_int_equal(world->sends[2].number, 3);
    world_answer(world, 2, 500);
    assert_int_equal(last_settle(world)->next, SETTLE_FAILED);
    world_free(world);
}

static void a_full_disk_is_asked_again(void **state)
{
    struct world *world = one_sent();

    (void)state;
    world_answer(world, 0, 200);
    engine_on_settled(world->engine, world->now, world->settles[--world->settle_count],
                      SETTLED_FULL);
    world_wait(world, 999);
    assert_int_equal(world->settle_count, 0);
    world_wait(world, 1);
    assert_int_equal(world->settle_count, 1);
    assert_int_equal(world->sent_count, 0);
    world_settle(world, 0, SETTLED);
    assert_int_equal(world->sent_count, 1);
    world_free(world);
}

static void a_change_stops_attempts_until_the_new_card(void **state)
{
    struct world *world = one_sent();

    (void)state;
    engine_on_changed(world->engine, world->now, 7);
    world_arrive(world, world_parcel(2, 7, 3));
    assert_int_equal(world->send_count, 1);
    assert_int_equal(world->card_count, 2);
    engine_on_changed(world->engine, world->now, 7); // that answer may be from before
    assert_int_equal(world->parked_count, 1);
    world_arrive(world, world_parcel(3, 7, 3));
    world_card(world, 7, 3, "old.example", 64);
    assert_int_equal(world->send_count, 1);
    assert_int_equal(world->card_count, 3);
    world_card(world, 7, 3, "new.example", 64);
    assert_int_equal(world->send_count, 2);
    assert_non_null(strstr(world->sends[1].wire->head, "new.example"));
    world_answer(world, 0, 200); // under the old card
    assert_int_equal(last_settle(world)->next, SETTLE_DELIVERED);
    world_free(world);
}

static void a_webhook_that_is_gone_drops_what_waits(void **state)
{
    struct world *world = one_sent();

    (void)state;
    engine_on_changed(world->engine, world->now, 7);
    world_arrive(world, world_parcel(2, 7, 3));
    engine_on_card(world->engine, world->now, 7, NULL);
    world_check(world);
    assert_int_equal(engine_counts(world->engine).in_hand, 1);
    world_answer(world, 0, 500);
    assert_int_equal(last_settle(world)->next, SETTLE_CANCELLED);
    world_settle(world, 0, SETTLED_GONE);
    assert_int_equal(engine_counts(world->engine).in_hand, 0);
    world_free(world);
}

static void a_cancelled_delivery_is_dropped_unless_in_flight(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_arrive(world, world_parcel(1, 7, 3));
    world_arrive(world, world_parcel(2, 7, 3));
    engine_on_cancelled(world->engine, world->now, 7, 1, 0);
    world_card(world, 7, 3, "a.example", 64);
    engine_on_cancelled(world->engine, world->now, 7, 2, 0);
    world_check(world);
    assert_int_equal(world->send_count, 1);
    assert_int_equal(world->sends[0].event_id, 2);
    assert_int_equal(engine_counts(world->engine).in_hand, 1);
    world_free(world);
}

static void a_suspect_goes_alone(void **state)
{
    struct world *world = world_new(NULL);
    struct parcel *suspect = world_parcel(2, 7, 3);

    (void)state;
    suspect->crashes = 3;
    world_arrive(world, world_parcel(1, 7, 3));
    world_card(world, 7, 3, "a.example", 64);
    world_arrive(world, suspect);
    world_arrive(world, world_parcel(3, 7, 3));
    assert_int_equal(world->send_count, 1);
    world_answer(world, 0, 200);
    assert_int_equal(world->send_count, 2);
    assert_int_equal(world->sends[1].event_id, 2);
    world_arrive(world, world_parcel(4, 8, 3)); // other lanes go on
    world_card(world, 8, 3, "a.example", 64);
    assert_int_equal(world->send_count, 3);
    world_answer(world, 1, 200);
    assert_int_equal(world->send_count, 4);
    world_free(world);
}

static void draining_waits_and_interrupting_cuts(void **state)
{
    struct world *world = one_sent();

    (void)state;
    assert_false(engine_drain(world->engine, world->now));
    world_arrive(world, world_parcel(2, 7, 3));
    assert_int_equal(world->send_count, 1);
    engine_interrupt(world->engine, world->now);
    assert_int_equal(world->abort_count, 1);
    assert_int_equal(last_settle(world)->attempt.error, OUTCOME_INTERRUPTED);
    assert_int_equal(last_settle(world)->next, SETTLE_WAIT);
    assert_int_equal(last_settle(world)->step, 0);
    assert_int_equal(last_settle(world)->due_wall_ms, world->now.wall_ms);
    assert_false(engine_drain(world->engine, world->now));
    world_settle(world, 0, SETTLED);
    assert_true(engine_drain(world->engine, world->now));
    assert_int_equal(world->send_count, 1);
    world_free(world);
}

static void an_unknown_or_repeated_outcome_is_nothing(void **state)
{
    struct world *world = one_sent();

    (void)state;
    world_answer(world, 0, 200);
    world_answer(world, 0, 500);
    world->sends[0].exchange += EXCHANGE_SLOTS;
    world_answer(world, 0, 500);
    assert_int_equal(world->settle_count, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arrival_asks_for_the_card_and_goes_out),
        cmocka_unit_test(a_second_sight_starts_nothing),
        cmocka_unit_test(an_outcome_is_judged),
        cmocka_unit_test(pauses_after_failures_of_our_own_grow),
        cmocka_unit_test(a_round_of_failures_of_our_own_is_one),
        cmocka_unit_test(a_retry_starts_when_its_wait_is_over_and_not_before),
        cmocka_unit_test(a_full_disk_is_asked_again),
        cmocka_unit_test(a_change_stops_attempts_until_the_new_card),
        cmocka_unit_test(a_webhook_that_is_gone_drops_what_waits),
        cmocka_unit_test(a_cancelled_delivery_is_dropped_unless_in_flight),
        cmocka_unit_test(a_suspect_goes_alone),
        cmocka_unit_test(draining_waits_and_interrupting_cuts),
        cmocka_unit_test(an_unknown_or_repeated_outcome_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
