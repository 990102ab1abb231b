// A disk that fails under SQLite: nothing that was acknowledged is lost, a group is there
// whole or not at all, and a full disk heals by itself.

#include "store/fault.h"
#include "store/scratch.h"
#include "store/steps.h"

// Events that were there: one more group writes a run and merges it with others.
enum { BEFORE = 21 };

static char folder[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, "store-faults");
    fault_arm(0, FAULT_IO, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

// One group of five accepts and five settles; answers its verdict.
static enum store_verdict apply_group(struct world *world, int64_t first, int64_t settled)
{
    struct op *ops[10];
    int64_t hook = HOOK;
    enum store_verdict verdict;

    for (int i = 0; i < 5; i++) {
        ops[i] = op_settle(settled + i, 0, 1, i % 2 ? SETTLE_WAIT : SETTLE_DELIVERED);
        ops[5 + i] = op_accept(world, APP, first + i, &hook, 1);
        ops[5 + i]->as.accept.dedupe[0] =
            dedupe_of(DEDUPE_HEADER, (int)first + i, (int)first + i);
    }
    verdict = apply(world, ops, 10);
    for (int i = 0; i < 10; i++)
        op_free(ops[i]);
    return verdict;
}

static bool event_is_there(struct world *world, int64_t id)
{
    struct op *op = op_new(OP_GET_EVENT, 0, NULL);
    bool is_there;

    op->as.event.app_id = APP;
    op->as.event.id = id;
    is_there = ask(world, op) == OP_DONE;
    if (is_there)
        assert_int_equal(op->as.event.delivery_count, 1);
    op_free(op);
    return is_there;
}

// A group that was acknowledged is there, whole; one that was not is there whole or not at
// all, and what it had said again is answered by the same event or accepted.
static void expect_whole(struct world *world, int64_t first, bool is_acknowledged)
{
    int there = 0;

    for (int i = 0; i < 5; i++)
        there += event_is_there(world, first + i);
    assert_true(there == 5 || (there == 0 && !is_acknowledged));
}

// What is there is in the lists by app and by webhook, once; answers how many.
static size_t count_listed(struct world *world, enum list_kind kind)
{
    struct op *op = op_new(OP_LIST, 0, NULL);
    int64_t last = INT64_MAX;
    size_t count;

    op->as.list.query = (struct list_query){.kind = kind,
                                            .app_id = APP,
                                            .webhook_id = kind == LIST_EVENTS ? 0 : HOOK,
                                            .limit = 250,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY};
    assert_int_equal(ask(world, op), OP_DONE);
    count = op->as.list.count;
    for (size_t i = 0; i < count; i++) {
        int64_t id = kind == LIST_EVENTS ? op->as.list.rows.events[i].event->id
                                         : op->as.list.rows.deliveries[i].event_id;
        assert_true(id < last);
        last = id;
    }
    op_free(op);
    return count;
}

static void expect_listed(struct world *world, int groups)
{
    size_t there = BEFORE;

    for (int i = 0; i < groups * 5; i++)
        there += event_is_there(world, 2000 + i);
    assert_int_equal(count_listed(world, LIST_EVENTS), there);
    assert_int_equal(count_listed(world, LIST_DELIVERIES), there);
}

// Fails the n-th call for every n, until a whole run of groups passes without a failure.
static void sweep_faults(enum fault_kind kind, bool sticky)
{
    bool was_hit = true;

    for (int n = 1; was_hit; n++) {
        struct world world = world_in(folder, "?run_rows=7");
        enum store_verdict verdicts[6];
        int groups = 0;
        enum store_verdict step = STORE_DONE;

        world_open(&world);
        make_events(&world, BEFORE);
        world.now_ms += 1;
        fault_arm(n, kind, sticky);
        do {
            verdicts[groups] = apply_group(&world, 2000 + groups * 5, 1000 + groups * 5);
            if (verdicts[groups] == STORE_DONE)
                store_sqlite.step(world.backend, world.now_ms, &step, &world.news);
            groups++;
        } while (groups < 2 && step != STORE_LOST && verdicts[groups - 1] == STORE_DONE);
        was_hit = fault_hit();
        assert_true(kind == FAULT_IO || verdicts[groups - 1] != STORE_LOST);
        fault_arm(0, kind, false);
        if (kind == FAULT_FULL && verdicts[groups - 1] == STORE_FULL) // it heals by itself
            assert_int_equal(apply_group(&world, 2000 + (groups - 1) * 5, 1000), STORE_DONE);
        world_close(&world);
        world_open(&world);
        for (int i = 0; i < groups; i++)
            expect_whole(&world, 2000 + i * 5, verdicts[i] == STORE_DONE);
        expect_whole(&world, 1000, true);
        expect_listed(&world, groups);
        world_close(&world);
        tear_down(NULL);
        set_up(NULL);
        assert_true(n < 400);
    }
}

static void io_errors_end_it(void **state)
{
    (void)state;
    sweep_faults(FAULT_IO, false);
    sweep_faults(FAULT_IO, true);
}

static void full_disk_passes(void **state)
{
    (void)state;
    sweep_faults(FAULT_FULL, false);
    sweep_faults(FAULT_FULL, true);
}

// A checkpoint that fails for good is noticed: a later fsync would only seem to succeed. One
// that finds no room is put off, and the log keeps what was acknowledged.
static void failed_checkpoint(void **state)
{
    const struct {
        enum fault_kind kind;
        enum store_verdict verdict;
    } rows[] = {{FAULT_IO, STORE_LOST}, {FAULT_FULL, STORE_DONE}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world = world_in(folder, "");
        enum store_verdict verdict = STORE_DONE;
        world_open(&world);
        make_events(&world, 300); // the log of that many groups is due for one
        fault_arm(1, rows[i].kind, false);
        store_sqlite.step(world.backend, world.now_ms, &verdict, &world.news);
        assert_true(fault_hit());
        assert_int_equal(verdict, rows[i].verdict);
        fault_arm(0, rows[i].kind, false);
        world_close(&world);
        world_open(&world);
        for (int64_t id = 1000; id < 1300; id++)
            assert_true(event_is_there(&world, id));
        world_close(&world);
        tear_down(state);
        set_up(state);
    }
}

// Cuts the power at the n-th call; answers how many acknowledged groups were lost.
static int lose_power(int n, bool disk_lies, bool *ret_was_cut)
{
    enum { GROUPS = 300 };
    struct world world = world_in(folder, "?run_rows=50");
    enum store_verdict step = STORE_DONE;
    int acknowledged = 0;
    int lost = 0;

    world_open(&world);
    make_events(&world, 5);
    fault_power(n, disk_lies);
    for (int64_t first = 1005; step == STORE_DONE && acknowledged < GROUPS; first += 5) {
        if (apply_group(&world, first, first - 5) != STORE_DONE)
            break;
        acknowledged++;
        store_sqlite.step(world.backend, world.now_ms, &step, &world.news);
    }
    *ret_was_cut = fault_hit();
    world_close(&world);
    fault_arm(0, FAULT_IO, false);
    world_open(&world);
    for (int i = 0; i < acknowledged; i++)
        lost += !event_is_there(&world, 1005 + i * 5) ||
                row_of(&world, 1000 + i * 5, 0).number != 1;
    world_close(&world);
    return lost;
}

static void power_failures_lose_nothing(void **state)
{
    bool was_cut = true;
    int cuts = 0;

    for (int n = 1; was_cut; n += 1 + n / 6) {
        assert_int_equal(lose_power(n, false, &was_cut), 0);
        cuts += was_cut;
        tear_down(state);
        set_up(state);
    }
    assert_true(cuts > 20);
    // The control: a disk that lies must lose some, or this test sees nothing.
    assert_true(lose_power(1000, true, &was_cut) > 0);
    assert_true(was_cut);
}

// Claims need no room.
static void full_disk_still_answers_claims(void **state)
{
    struct world world = world_in(folder, "");

    (void)state;
    world_open(&world);
    make_events(&world, 3);
    settle_one(&world, 1000, 1, SETTLE_WAIT);
    fault_arm(1, FAULT_FULL, true);
    assert_int_equal(claim_ids(&world, HOOK, 10, NOW + MINUTE, NULL, NULL, NULL), 1);
    assert_int_equal(fault_calls(), 0);
    assert_int_equal(apply_group(&world, 2000, 1000), STORE_FULL);
    assert_int_equal(world.news.change_count + arrival_count(&world), 0);
    fault_arm(0, FAULT_FULL, false);
    assert_int_equal(apply_group(&world, 2000, 1000), STORE_DONE);
    world_close(&world);
}

// A failed group takes back what memory knew of it: the end of being behind, a webhook's
// state, keys.
static void failed_group_is_forgotten(void **state)
{
    struct world world = world_in(folder, "");
    struct op *ops[3];
    int64_t hook = HOOK;

    (void)state;
    world_open(&world);
    make_events(&world, 3);
    claim_ids(&world, HOOK, 10, NOW, NULL, NULL, NULL);
    behind(&world, HOOK);
    world.now_ms = NOW - 5;
    accept_one(&world, 1500, HOOK);
    world.now_ms = NOW;
    ops[0] = op_accept(&world, APP, 2000, &hook, 1);
    ops[0]->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, 5, 5);
    ops[1] = op_hook(VERB_UPDATE, APP, HOOK);
    ops[1]->as.webhook.row.state = WEBHOOK_DISABLED;
    ops[2] = op_claim(HOOK, 10, NOW);
    ops[2]->as.claim.claim.after.due_wall_ms = NOW + MINUTE;
    fault_arm(1, FAULT_FULL, true);
    assert_int_equal(apply(&world, ops, 3), STORE_FULL);
    fault_arm(0, FAULT_FULL, false);
    assert_int_equal(accept_one(&world, 3000, HOOK), OP_DONE); // the app's old version holds
    assert_int_equal(arrival_count(&world), 0);                // still behind
    assert_int_equal(row_of(&world, 3000, 0).state, DELIVERY_PARKED);
    assert_int_equal(apply_one(&world, ops[0]), OP_DONE); // the key is free
    assert_int_equal(apply_one(&world, ops[2]), OP_DONE); // begins before what was parked
    assert_int_equal(ops[2]->as.claim.claimed.count, 3);
    for (int i = 0; i < 3; i++)
        op_free(ops[i]);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(io_errors_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_disk_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failed_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(power_failures_lose_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_disk_still_answers_claims, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failed_group_is_forgotten, set_up, tear_down),
    };

    fault_install();
    return cmocka_run_group_tests_name("store faults", tests, NULL, NULL);
}
