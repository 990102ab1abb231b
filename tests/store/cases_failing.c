// Since when a webhook has been failing, and what comes of it.

#include "store/steps.h"

#include "hook/outcome.h"

#include <string.h>

enum { HOUR = 60 * MINUTE };
#define DAY ((int64_t)24 * HOUR)

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    assert_int_equal(accept_one(world, 1000, HOOK), OP_DONE);
}

// One end of an attempt of event 1000, or of another.
struct end {
    int64_t event_id;
    int number;
    enum trigger trigger;
    enum outcome_error error;
    int version, days;
};

static void end_one(struct world *world, struct end end)
{
    bool is_done = end.error == OUTCOME_NONE;
    struct op *op = op_settle(end.event_id, 0, end.number,
                              is_done                         ? SETTLE_DELIVERED
                              : end.trigger == TRIGGER_MANUAL ? SETTLE_RESTORE
                                                              : SETTLE_WAIT);
    struct settle *settle = op->as.settle.settle;

    settle->attempt.trigger = end.trigger;
    settle->attempt.error = end.error;
    settle->attempt.webhook_version = end.version;
    settle->disable_after_days = end.days;
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_not_equal(op->as.settle.result, SETTLED_STALE);
    op_free(op);
}

static void expect(struct world *world, enum webhook_state state, int64_t since_ms)
{
    struct op *op = op_new(OP_GET_WEBHOOK, 0, NULL);

    op->as.hook_card.app_id = APP;
    op->as.hook_card.id = HOOK;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.hook_card.row.state, state);
    assert_int_equal(op->as.hook_card.row.failing_since_ms, since_ms);
    if (state == WEBHOOK_DISABLED)
        assert_non_null(strstr(op->as.hook_card.row.reason, "for 5 days"));
    op_free(op);
}

#define FAILS(number) ((struct end){1000, number, TRIGGER_SCHEDULED, OUTCOME_STATUS, 1, 5})

static void first_failure_to_next_success(struct world *world)
{
    start(world);
    accept_one(world, 1001, HOOK);
    expect(world, WEBHOOK_ENABLED, 0);
    end_one(world, FAILS(1));
    expect(world, WEBHOOK_ENABLED, NOW);
    world->now_ms += HOUR;
    end_one(world, FAILS(2));
    expect(world, WEBHOOK_ENABLED, NOW); // a later one changes nothing
    assert_int_equal(world->news.change_count, 0);
    end_one(world, (struct end){1001, 1, TRIGGER_SCHEDULED, OUTCOME_NONE, 1, 5});
    expect(world, WEBHOOK_ENABLED, 0);
    end_one(world, FAILS(3));
    expect(world, WEBHOOK_ENABLED, NOW + HOUR);
}

// A replayed attempt counts as a scheduled one does.
static void replays_count(struct world *world)
{
    struct end end = {1000, 1, TRIGGER_REPLAY, OUTCOME_STATUS, 1, 5};

    start(world);
    end_one(world, end);
    expect(world, WEBHOOK_ENABLED, NOW);
    world->now_ms += 5 * DAY;
    end.number = 2;
    end_one(world, end);
    expect(world, WEBHOOK_DISABLED, NOW);
}

static void disabled_after_its_days(struct world *world)
{
    start(world);
    for (int day = 0; day < 5; day++) {
        end_one(world, FAILS(day + 1));
        expect(world, WEBHOOK_ENABLED, NOW);
        world->now_ms += DAY;
    }
    world->now_ms = NOW + 5 * DAY - 1;
    end_one(world, FAILS(6));
    expect(world, WEBHOOK_ENABLED, NOW);
    world->now_ms = NOW + 5 * DAY;
    end_one(world, FAILS(7));
    expect(world, WEBHOOK_DISABLED, NOW);
    assert_int_equal(world->news.change_count, 1);
    assert_int_equal(row_of(world, 1000, 0).state, DELIVERY_CANCELLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    expect(world, WEBHOOK_ENABLED, 0);
}

// What is no scheduled attempt of the webhook as it is, or says nothing of its endpoint.
static void what_does_not_count(struct world *world)
{
    const struct end ends[] = {
        {1000, 1, TRIGGER_SCHEDULED, OUTCOME_LOCAL, 1, 5},
        {1000, 2, TRIGGER_SCHEDULED, OUTCOME_INTERRUPTED, 1, 5},
        {1000, 3, TRIGGER_SCHEDULED, OUTCOME_KEY_UNAVAILABLE, 1, 5},
        {1000, 4, TRIGGER_MANUAL, OUTCOME_STATUS, 1, 5},
        {1000, 5, TRIGGER_SCHEDULED, OUTCOME_STATUS, 7, 5}, // of another version
    };

    start(world);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i].trigger == TRIGGER_MANUAL) {
            world->now_ms = NOW - 1; // before it is due
            assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
            world->now_ms = NOW;
        }
        end_one(world, ends[i]);
        expect(world, WEBHOOK_ENABLED, 0);
    }
    end_one(world, FAILS(6));
    world->now_ms = NOW + 9 * DAY;
    for (int i = 0; i < 3; i++) {
        struct end end = ends[i];
        end.number = 7 + i;
        end_one(world, end);
        expect(world, WEBHOOK_ENABLED, NOW);
    }
    end_one(world, (struct end){1000, 10, TRIGGER_SCHEDULED, OUTCOME_STATUS, 7, 5});
    expect(world, WEBHOOK_ENABLED, NOW);
}

static void nothing_set_is_never(struct world *world)
{
    struct end end = FAILS(1);

    start(world);
    end.days = 0;
    end_one(world, end);
    world->now_ms = NOW + 300 * DAY;
    end.number = 2;
    end_one(world, end);
    expect(world, WEBHOOK_ENABLED, NOW);
}

// Another URL is another endpoint; another name is not.
static void a_new_url_begins_anew(struct world *world)
{
    struct op *op = op_hook(VERB_UPDATE, APP, HOOK);

    start(world);
    end_one(world, FAILS(1));
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    expect(world, WEBHOOK_ENABLED, NOW);
    op->as.webhook.row.url = "https://repaired.example/hook";
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    expect(world, WEBHOOK_ENABLED, 0);
}

// A clock that is set back does not hold it off for as long.
static void the_clock_is_set_back(struct world *world)
{
    start(world);
    world->now_ms = NOW + 100 * DAY;
    end_one(world, FAILS(1));
    world->now_ms = NOW;
    end_one(world, FAILS(2));
    expect(world, WEBHOOK_ENABLED, NOW);
    world->now_ms = NOW + 5 * DAY;
    end_one(world, FAILS(3));
    expect(world, WEBHOOK_DISABLED, NOW);
}

static void kept_over_a_restart(struct world *world)
{
    start(world);
    end_one(world, FAILS(1));
    if (!world_reopen(world))
        return;
    world->now_ms = NOW + 5 * DAY;
    end_one(world, FAILS(2));
    expect(world, WEBHOOK_DISABLED, NOW);
}

const struct conformance_case failing_cases[] = {
    {"first_failure_to_next_success", first_failure_to_next_success},
    {"replays_count", replays_count},
    {"disabled_after_its_days", disabled_after_its_days},
    {"what_does_not_count", what_does_not_count},
    {"nothing_set_is_never", nothing_set_is_never},
    {"a_new_url_begins_anew", a_new_url_begins_anew},
    {"the_clock_is_set_back", the_clock_is_set_back},
    {"kept_over_a_restart", kept_over_a_restart},
    {NULL, NULL},
};
