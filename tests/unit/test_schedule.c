#include "hook/schedule.h"

#include "hook_kit.h"

static struct kit kit;

static int set_up(void **state)
{
    (void)state;
    kit_init(&kit);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kit_done(&kit);
    return 0;
}

enum { S = 1000, M = 60 * S, H = 60 * M };

// Every contract to its end, in seconds; −1: no attempt is left.
static void every_schedule_runs_to_its_end(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t waits_ms[11];
    } rows[] = {
        {"mileston", {1 * M, 5 * M, 15 * M, 1 * H, 3 * H, 6 * H, -1}},
        {"stablemint", {5 * M, 10 * M, 30 * M, 60 * M, 90 * M, -1}},
        {"devdraft", {5 * S, 10 * S, 20 * S, -1}},
        {"yoco", {5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 10 * H, -1}},
        {"mesilat", {1 * M, 5 * M, 10 * M, 20 * M, 30 * M, 1 * H, 1 * H, 1 * H, 1 * H, -1}},
        {"standard", {5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 10 * H, -1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hook_card *card = kit_hook(&kit, rows[i].name, NULL, NULL, 0);
        int step = 1;
        for (bool is_over = false; !is_over; step++) {
            int64_t wanted = rows[i].waits_ms[step - 1];
            for (uint64_t dice = 0; dice < 4; dice++)
                assert_int_equal(schedule_wait_ms(card, step, 500, -1, 1, dice << 62),
                                 wanted);
            is_over = wanted < 0;
        }
        assert_int_equal(schedule_wait_ms(card, 1000, 500, -1, 1, 0), -1);
        hook_card_drop(card);
    }
}

static void retry_after_only_makes_waits_longer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int status;
        int64_t asked_ms, wait_ms;
    } rows[] = {
        {"standard", 429, 60 * S, 60 * S}, {"standard", 503, 60 * S, 60 * S},
        {"standard", 500, 60 * S, 5 * S},  {"standard", 429, 0, 5 * S},
        {"standard", 429, -1, 5 * S},      {"standard", 429, INT64_MAX, 24 * H},
        {"yoco", 429, 60 * S, 5 * S},      {"devdraft", 503, 60 * S, 5 * S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hook_card *card = kit_hook(&kit, rows[i].name, NULL, NULL, 0);
        assert_int_equal(schedule_wait_ms(card, 1, rows[i].status, rows[i].asked_ms, 1, 0),
                         rows[i].wait_ms);
        hook_card_drop(card);
    }
}

static void a_webhook_may_have_its_own_waits(void **state)
{
    (void)state;
    struct hook_card *card = kit_hook(&kit, "yoco", "{\"waits\":[3,100]}", NULL, 0);
    assert_int_equal(schedule_wait_ms(card, 1, 500, -1, 1, 0), 3 * S);
    assert_int_equal(schedule_wait_ms(card, 2, 500, -1, 1, 0), 100 * S);
    assert_int_equal(schedule_wait_ms(card, 3, 500, -1, 1, 0), -1);
    assert_int_equal(schedule_wait_ms(card, 2, 500, -1, 1000, 0), 100);
    hook_card_drop(card);
    card = kit_hook(&kit, "yoco", "{\"waits\":[]}", NULL, 0);
    assert_int_equal(schedule_wait_ms(card, 1, 500, -1, 1, 0), -1);
    hook_card_drop(card);
}

static void jitter_is_only_added(void **state)
{
    (void)state;
    static const char text[] =
        "{\"format\":1,\"name\":\"a\",\"open\":true,\"body\":{\"form\":\"payload\"},"
        "\"headers\":[],\"received\":[\"200\"],\"waits\":[\"100s\"],\"jitter\":20}";
    struct profile *profile = NULL;
    assert_int_equal(profile_load("a", text, strlen(text), &profile, NULL), ERR_OK);
    profile_set_add(&kit.profiles, profile);
    struct hook_card *card = kit_hook(&kit, "a", NULL, NULL, 0);
    int64_t least = INT64_MAX, greatest = 0;
    for (uint64_t dice = 0; dice < 100000; dice += 7) {
        int64_t wait = schedule_wait_ms(card, 1, 500, -1, 1, dice);
        assert_int_equal(wait, schedule_wait_ms(card, 1, 500, -1, 1, dice));
        least = wait < least ? wait : least;
        greatest = wait > greatest ? wait : greatest;
    }
    assert_int_equal(least, 100 * S);
    assert_in_range(greatest, 119 * S, 120 * S);
    hook_card_drop(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_runs_to_its_end),
        cmocka_unit_test(retry_after_only_makes_waits_longer),
        cmocka_unit_test(a_webhook_may_have_its_own_waits),
        cmocka_unit_test(jitter_is_only_added),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
