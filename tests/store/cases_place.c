// Claims that begin behind a place: they go on where the last one ended, and still bring what
// was parked before it meanwhile, whoever parked it.

#include "store/steps.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { FAR = 10 * MINUTE };

static void accept_with(struct world *world, int64_t event_id, const char *key,
                        int64_t due_ms)
{
    int64_t hook = HOOK;
    struct op *op = op_accept(world, APP, event_id, &hook, 1);

    if (key)
        op->as.accept.accept.event->order_key = memory_copy(key, strlen(key));
    op->as.accept.accept.due_ms = due_ms;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

static void park_until(struct world *world, int64_t event_id, int64_t due_ms)
{
    accept_one(world, event_id, HOOK);
    assert_int_equal(
        settle_as(world, event_id, 1, SETTLE_WAIT, TRIGGER_SCHEDULED, due_ms, NULL), SETTLED);
}

// Of what is due by FAR: the ids in order as text, such as "1000 1001", with a '.' where the
// end was reached. The place moves on.
static const char *claim_from(struct world *world, size_t limit, struct lane_place *place)
{
    static char text[400];
    struct op *op = op_claim(HOOK, limit, NOW + FAR);
    size_t len = 0;

    op->as.claim.claim.after = *place;
    assert_int_equal(apply_one(world, op), OP_DONE);
    text[0] = '\0';
    for (const struct parcel *at = op->as.claim.claimed.parcels; at; at = at->next)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld", len ? " " : "",
                                (long long)at->event_id);
    snprintf(text + len, sizeof text - len, "%s",
             op->as.claim.claimed.reached_end ? "." : "");
    *place = op->as.claim.claimed.last;
    op_free(op);
    return text;
}

static void start(struct world *world)
{
    make_app(world, APP);
    make_hook(world, HOOK);
}

// A place behind all that is due within a minute.
static struct lane_place place_behind_a_minute(struct world *world)
{
    struct lane_place place = {0};

    start(world);
    park_until(world, 1000, NOW + MINUTE);
    assert_string_equal(claim_from(world, 9, &place), "1000.");
    assert_int_equal(place.due_wall_ms, NOW + MINUTE);
    assert_int_equal(place.event_id, 1000);
    return place;
}

static void a_claim_goes_on(struct world *world)
{
    struct lane_place place = {0};

    start(world);
    for (int64_t id = 1000; id < 1006; id++)
        park_until(world, id, id < 1004 ? NOW + 20 : NOW + 10);
    park_until(world, 1006, NOW + FAR + 1);
    assert_string_equal(claim_from(world, 1, &place), "1004");
    assert_string_equal(claim_from(world, 3, &place), "1005 1000 1001");
    assert_string_equal(claim_from(world, 1, &place), "1002");
    assert_string_equal(claim_from(world, 9, &place), "1003.");
    assert_string_equal(claim_from(world, 9, &place), ".");
    park_until(world, 1007, NOW + 30);
    assert_string_equal(claim_from(world, 9, &place), "1007.");
}

static void places_of_one_event(struct world *world)
{
    const int64_t hooks[] = {HOOK, HOOK, HOOK};
    struct op *op;
    struct lane_place place = {0};

    start(world);
    behind(world, HOOK);
    op = op_accept(world, APP, 1000, hooks, 3);
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    for (uint16_t n = 0; n < 3; n++) {
        assert_string_equal(claim_from(world, 1, &place), n < 2 ? "1000" : "1000.");
        assert_int_equal(place.n, n);
    }
}

// The cancelled are stepped over for good.
static void a_place_passes_the_cancelled(struct world *world)
{
    struct lane_place place = {0};

    start(world);
    park_until(world, 1000, NOW + 10);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_ENABLED);
    park_until(world, 2000, NOW + 20);
    assert_string_equal(claim_from(world, 1, &place), "2000.");
    assert_string_equal(claim_from(world, 1, &place), ".");
}

static void births_before_the_place(struct world *world)
{
    struct lane_place place = place_behind_a_minute(world);

    behind(world, HOOK);
    accept_one(world, 1001, HOOK);
    world->now_ms -= 500; // an earlier moment, of a door that is late
    accept_one(world, 1002, HOOK);
    assert_string_equal(claim_from(world, 1, &place), "1002");
    assert_string_equal(claim_from(world, 1, &place), "1001");
    assert_string_equal(claim_from(world, 9, &place), "1000.");
    assert_string_equal(claim_from(world, 9, &place), ".");
    accept_with(world, 1003, NULL, NOW + 100); // to be delivered then
    assert_string_equal(claim_from(world, 1, &place), "1003");
}

static void retries_before_the_place(struct world *world)
{
    struct lane_place place = place_behind_a_minute(world);

    assert_int_equal(on_delivery(world, OP_RETRY, 1000), OP_DONE);
    assert_string_equal(claim_from(world, 9, &place), "1000.");
    assert_int_equal(place.due_wall_ms, NOW);
    place = (struct lane_place){NOW + MINUTE, 1000, 0};
    accept_one(world, 1001, HOOK);
    settle_one(world, 1001, 1, SETTLE_FAILED);
    assert_int_equal(on_delivery(world, OP_RETRY, 1001), OP_DONE);
    assert_string_equal(claim_from(world, 9, &place), "1000 1001.");
}

static void recovered_before_the_place(struct world *world)
{
    struct lane_place place = place_behind_a_minute(world);
    struct op *op = op_new(OP_JOB, 0, NULL);

    accept_one(world, 1001, HOOK);
    settle_one(world, 1001, 1, SETTLE_FAILED);
    op->as.job.verb = VERB_CREATE;
    op->as.job.running_max = 3;
    op->as.job.now_ms = NOW;
    op->as.job.row = (struct job_row){.id = 9000,
                                      .app_id = APP,
                                      .webhook_id = HOOK,
                                      .first_id = 1000,
                                      .end_id = 2000,
                                      .since_ms = 1,
                                      .created_ms = NOW};
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    steps_all(world);
    assert_string_equal(claim_from(world, 1, &place), "1001");
    assert_string_equal(claim_from(world, 9, &place), "1000.");
}

static void freed_before_the_place(struct world *world)
{
    struct lane_place place = place_behind_a_minute(world);

    accept_with(world, 1001, "k", 0);
    accept_with(world, 1002, "k", 0);
    settle_one(world, 1001, 1, SETTLE_DELIVERED);
    assert_string_equal(claim_from(world, 1, &place), "1002");
    assert_string_equal(claim_from(world, 9, &place), "1000.");
}

// What its own settles and parking put before the place a lane knows, and begins there.
static void its_own_before_the_place(struct world *world)
{
    struct lane_place place = place_behind_a_minute(world);
    struct op *op = op_new(OP_PARK, 0, NULL);

    park_until(world, 1001, NOW + 50);
    accept_one(world, 1002, HOOK);
    op->as.park.parcels = world->news.arrivals;
    world->news.arrivals = NULL;
    world->news.arrivals_tail = &world->news.arrivals;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    assert_string_equal(claim_from(world, 9, &place), ".");
    place = (struct lane_place){.due_wall_ms = NOW + 50};
    assert_string_equal(claim_from(world, 9, &place), "1001 1000.");
    place = (struct lane_place){0};
    assert_string_equal(claim_from(world, 9, &place), "1002 1001 1000.");
}

const struct conformance_case place_cases[] = {
    {"a_claim_goes_on", a_claim_goes_on},
    {"places_of_one_event", places_of_one_event},
    {"a_place_passes_the_cancelled", a_place_passes_the_cancelled},
    {"births_before_the_place", births_before_the_place},
    {"retries_before_the_place", retries_before_the_place},
    {"recovered_before_the_place", recovered_before_the_place},
    {"freed_before_the_place", freed_before_the_place},
    {"its_own_before_the_place", its_own_before_the_place},
    {NULL, NULL},
};
