// Every profile's contract, played to its end against a receiver that always fails: how many
// attempts, and when, to the millisecond. The numbers are the contracts' own words, so that a
// profile's file that changes by mistake is seen, too.

#include "engine_world.h"

#include "base/buf.h"
#include "hook/settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { S = 1000, M = 60 * S, H = 60 * M };

static const struct {
    const char *profile;
    int64_t waits_ms[12]; // ends with 0
} contracts[] = {
    {"mileston", {1 * M, 5 * M, 15 * M, 1 * H, 3 * H, 6 * H}},
    {"stablemint", {5 * M, 10 * M, 30 * M, 60 * M, 90 * M}},
    {"devdraft", {5 * S, 10 * S, 20 * S}},
    {"yoco", {5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 10 * H}},
    {"mesilat", {1 * M, 5 * M, 10 * M, 20 * M, 30 * M, 1 * H, 1 * H, 1 * H, 1 * H}},
    {"standard", {5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 10 * H}},
};

static void read_profile(const char *name, struct buf *ret)
{
    char path[300];
    FILE *file;

    (void)snprintf(path, sizeof path, SOURCE_DIR "/profiles/%s.json", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    for (int c; (c = fgetc(file)) != EOF;)
        buf_add_char(ret, (char)c);
    (void)fclose(file);
}

// The attempt that was sent last fails after a while; what the store would say of it, it says
// at once, and where it has parked the delivery it is found again by a claim.
static void fail_and_settle(struct world *world, int64_t after_ms)
{
    size_t last = world->send_count - 1;

    world->now.mono_ms += after_ms;
    world->now.wall_ms += after_ms;
    if (last % 3 == 2)
        world_fail(world, last, OUTCOME_TIMEOUT);
    else
        world_answer(world, last, last % 3 ? 500 : 302);
}

static void answer_claim(struct world *world, const struct settle *settle)
{
    struct parcel *parcel = world_parcel(1, 7, 3);
    struct claimed claimed = {7, parcel, 1, true, INT64_MAX, {settle->due_wall_ms, 1, 0}};

    parcel->is_parked = true;
    parcel->due_wall_ms = settle->due_wall_ms;
    parcel->wait_ms = settle->wait_ms;
    parcel->step = settle->step;
    parcel->number = settle->number;
    engine_on_claimed(world->engine, world->now, &claimed);
}

// Goes on to the next attempt, in steps of what the engine asks to be woken for.
static void wait_for_attempt(struct world *world, struct settle settle)
{
    size_t sent = world->send_count;
    size_t claims = world->claim_count;

    for (int turns = 0; world->send_count == sent; turns++) {
        assert_in_range(turns, 0, 10);
        if (world->claim_count > claims) {
            claims = world->claim_count;
            answer_claim(world, &settle);
        } else {
            assert_true(world->wake_at_ms != INT64_MAX);
            world_wait(world, world->wake_at_ms - world->now.mono_ms);
        }
    }
}

static void play(const char *name, const int64_t *waits_ms)
{
    struct world *world = world_new(NULL);
    struct buf text;

    buf_init(&text, 1 << 20);
    read_profile(name, &text);
    world_profile(world, text.data, text.len);
    buf_done(&text);
    world_arrive(world, world_parcel(1, 7, 3));
    world_card(world, 7, 3, "a.example", 64);
    for (int i = 0;; i++) {
        struct settle settle;
        int64_t failed_at;
        fail_and_settle(world, 137 * i);
        failed_at = world->now.mono_ms;
        settle = *world->settles[i];
        if (!waits_ms[i]) {
            assert_int_equal(settle.next, SETTLE_FAILED);
            break;
        }
        assert_int_equal(settle.next, SETTLE_WAIT);
        world_settle(world, (size_t)i, SETTLED);
        wait_for_attempt(world, settle);
        if (world->now.mono_ms - failed_at != waits_ms[i])
            fail_msg("%s: attempt %d came after %lld ms", name, i + 2,
                     (long long)(world->now.mono_ms - failed_at));
    }
    world_free(world);
}

static void every_contract_is_kept_to_the_millisecond(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contracts / sizeof *contracts; i++)
        play(contracts[i].profile, contracts[i].waits_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_contract_is_kept_to_the_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
