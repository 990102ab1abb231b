// The audit log: what is written into it and with what, what is not, its lists, its walk and
// its age. What a walk finds in a log that was tampered with is tests/unit/test_audit.c.

#include "store/steps.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (INT64_C(86400) * 1000)

static const unsigned char key[AUDIT_KEY_LEN] = "the key of the log, for a test";

static void begin(struct world *world)
{
    assert_true(world->table->audit_key(world->backend, key, true));
}

// The op's row, as a door fills it in.
static struct audit_row *audited(struct op *op, const char *action)
{
    op->audit = arena_take(&op->arena, sizeof *op->audit);
    *op->audit = (struct audit_row){.actor = AUDIT_KEY,
                                    .actor_id = 7,
                                    .address = "192.0.2.1",
                                    .app_id = APP,
                                    .action = action,
                                    .detail = "url,enabled",
                                    .result = "done"};
    return op->audit;
}

static enum op_result finish(struct world *world, struct op *op)
{
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static enum op_result note(struct world *world, const char *action)
{
    struct op *op = op_new(OP_AUDIT, 0, NULL);

    audited(op, action);
    return finish(world, op);
}

static struct op *list_of(struct world *world, struct list_query query)
{
    struct op *op = op_new(OP_LIST, 0, NULL);

    query.kind = LIST_AUDIT;
    query.state = query.due_now = query.mode = LIST_ANY;
    op->as.list.query = query;
    assert_int_equal(ask(world, op), OP_DONE);
    return op;
}

static size_t count_of(struct world *world, struct list_query query)
{
    struct op *op = list_of(world, query);
    size_t count = op->as.list.count;

    op_free(op);
    return count;
}

static struct audit_check check_from(struct world *world, int64_t from)
{
    struct op *op = op_new(OP_AUDIT_CHECK, 0, NULL);
    struct audit_check check;

    op->as.audit_check.from = from;
    assert_int_equal(ask(world, op), OP_DONE);
    check = op->as.audit_check;
    op_free(op);
    return check;
}

static void expect_whole(struct world *world, int64_t first, int64_t last)
{
    struct audit_check check = check_from(world, 0);

    assert_string_equal(audit_fault_code(check.fault), "none");
    assert_int_equal(check.first, first);
    assert_int_equal(check.last, last);
    assert_int_equal(check.next, 0);
    assert_int_equal(check.ends.last, last);
    assert_memory_equal(check.hash, check.ends.head, AUDIT_HASH_LEN);
}

static void a_change_brings_its_row(struct world *world)
{
    struct op *op = op_hook(VERB_CREATE, APP, HOOK);
    struct op *list;

    begin(world);
    make_app(world, APP);
    audited(op, "webhook.create")->kind = ID_WEBHOOK;
    op->audit->object_id = HOOK;
    world->now_ms = NOW + 5;
    assert_int_equal(finish(world, op), OP_DONE);
    op = op_hook(VERB_UPDATE, APP, HOOK);
    audited(op, "webhook.update")->name = "a name";
    assert_int_equal(finish(world, op), OP_DONE);
    op = op_hook(VERB_DELETE, APP, HOOK);
    audited(op, "webhook.delete");
    assert_int_equal(finish(world, op), OP_DONE);

    list = list_of(world, (struct list_query){.actor = LIST_ANY});
    assert_int_equal(list->as.list.count, 3);
    const struct audit_row *rows = list->as.list.rows.audits; // newest first
    assert_int_equal(rows[2].seq, 1);
    assert_int_equal(rows[2].at_ms, NOW + 5);
    assert_int_equal(rows[2].actor, AUDIT_KEY);
    assert_int_equal(rows[2].actor_id, 7);
    assert_string_equal(rows[2].address, "192.0.2.1");
    assert_int_equal(rows[2].app_id, APP);
    assert_string_equal(rows[2].action, "webhook.create");
    assert_int_equal(rows[2].kind, ID_WEBHOOK);
    assert_int_equal(rows[2].object_id, HOOK);
    assert_null(rows[2].name);
    assert_string_equal(rows[1].name, "a name");
    assert_string_equal(rows[2].detail, "url,enabled");
    assert_string_equal(rows[2].result, "done");
    assert_int_equal(rows[2].before, 0);
    assert_int_equal(rows[2].after, 1);
    assert_int_equal(rows[1].before, 1);
    assert_int_equal(rows[1].after, 2);
    assert_int_equal(rows[0].before, 2);
    assert_int_equal(rows[0].after, 0);
    op_free(list);
    expect_whole(world, 1, 3);
}

static void what_changes_nothing_brings_none(struct world *world)
{
    struct op *op = op_app(VERB_CREATE, APP, "shop");

    begin(world);
    audited(op, "app.create");
    op->as.app.reply.dedupe = dedupe_of(DEDUPE_HEADER, 1, 1);
    op->as.app.reply.sealed = "{}";
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(finish(world, op), OP_REPLAY); // the same once more
    op = op_app(VERB_CREATE, APP + 1, "shop");
    audited(op, "app.create");
    assert_int_equal(finish(world, op), OP_CONFLICT);
    op = op_hook(VERB_UPDATE, APP, HOOK);
    audited(op, "webhook.update");
    assert_int_equal(finish(world, op), OP_NOT_FOUND);
    make_hook(world, HOOK); // one that nobody wants to have audited
    assert_int_equal(count_of(world, (struct list_query){.actor = LIST_ANY}), 1);
    expect_whole(world, 1, 1);
}

static void the_server_notes_what_it_does_itself(struct world *world)
{
    struct op *op, *list;

    begin(world);
    make_events(world, 1);
    op = op_settle(1000, 0, 1, SETTLE_FAILED);
    op->as.settle.settle->disable_webhook = true;
    op->as.settle.settle->webhook_id = HOOK;
    op->as.settle.settle->attempt.webhook_version = 1;
    assert_int_equal(finish(world, op), OP_DONE);
    op = op_app(VERB_DELETE, APP, NULL);
    audited(op, "app.delete");
    assert_int_equal(finish(world, op), OP_DONE);
    steps_all(world);

    list = list_of(world, (struct list_query){.actor = AUDIT_SERVER});
    assert_int_equal(list->as.list.count, 2);
    assert_string_equal(list->as.list.rows.audits[0].action, "app.erased");
    assert_int_equal(list->as.list.rows.audits[0].object_id, APP);
    assert_string_equal(list->as.list.rows.audits[1].action, "webhook.disable");
    assert_int_equal(list->as.list.rows.audits[1].object_id, HOOK);
    assert_int_equal(list->as.list.rows.audits[1].before, 1);
    assert_int_equal(list->as.list.rows.audits[1].after, 2);
    op_free(list);
    expect_whole(world, 1, 3);
}

static void lists_are_filtered_and_paged(struct world *world)
{
    static const char *const actions[] = {"key.create", "webhook.create", "webhook.update",
                                          "webhook.update"};
    struct list_query all = {.actor = LIST_ANY};
    struct op *page;

    begin(world);
    for (int i = 0; i < 4; i++) {
        world->now_ms = NOW + i;
        assert_int_equal(note(world, actions[i]), OP_DONE);
    }
    assert_int_equal(count_of(world, all), 4);
    const struct {
        struct list_query query;
        size_t count;
    } rows[] = {
        {{.actor = LIST_ANY, .action = "webhook.update"}, 2},
        {{.actor = LIST_ANY, .action = "webhook."}, 3},
        {{.actor = LIST_ANY, .action = "webhook"}, 0},
        {{.actor = AUDIT_KEY, .actor_id = 7}, 4},
        {{.actor = AUDIT_KEY, .actor_id = 8}, 0},
        {{.actor = AUDIT_STRANGER}, 0},
        {{.actor = LIST_ANY, .app_id = APP}, 4},
        {{.actor = LIST_ANY, .app_id = APP + 1}, 0},
        {{.actor = LIST_ANY, .since_ms = NOW + 1, .until_ms = NOW + 3}, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(count_of(world, rows[i].query), rows[i].count);

    all.limit = 3;
    page = list_of(world, all);
    assert_int_equal(page->as.list.count, 3);
    assert_int_equal(page->as.list.next_id, 2);
    all.before_id = page->as.list.next_id;
    op_free(page);
    page = list_of(world, all);
    assert_int_equal(page->as.list.count, 1);
    assert_string_equal(page->as.list.rows.audits[0].action, "key.create");
    assert_int_equal(page->as.list.next_id, 0);
    op_free(page);
}

static void a_walk_goes_on_where_it_stopped(struct world *world)
{
    const int64_t page = limit(LIMIT_AUDIT_CHECK);
    struct audit_check check;
    struct op *ops[100];

    begin(world);
    for (int64_t i = 0; i < page + 100; i += 100) {
        for (int at = 0; at < 100; at++) {
            ops[at] = op_new(OP_AUDIT, 0, NULL);
            audited(ops[at], "secret.show");
        }
        assert_int_equal(apply(world, ops, 100), STORE_DONE);
        for (int at = 0; at < 100; at++)
            op_free(ops[at]);
    }
    check = check_from(world, 0);
    assert_int_equal(check.fault, AUDIT_FAULT_NONE);
    assert_int_equal(check.last, page);
    assert_int_equal(check.next, page + 1);
    check = check_from(world, check.next);
    assert_int_equal(check.fault, AUDIT_FAULT_NONE);
    assert_int_equal(check.first, page + 1);
    assert_int_equal(check.last, page + 100);
    assert_int_equal(check.next, 0);
    check = check_from(world, page + 101); // there is none, nor must there be
    assert_int_equal(check.fault, AUDIT_FAULT_NONE);
    check = check_from(world, page + 102);
    assert_string_equal(audit_fault_code(check.fault), "cut");
}

static void old_rows_go_and_the_rest_holds(struct world *world)
{
    const int64_t days = limit(LIMIT_AUDIT_DAYS);
    struct audit_check check;

    begin(world);
    for (int i = 0; i < 5; i++) {
        world->now_ms = NOW + i * DAY_MS;
        assert_int_equal(note(world, "key.create"), OP_DONE);
    }
    world->now_ms = NOW + (days + 2) * DAY_MS; // two are older, the third is just old enough
    steps_all(world);
    assert_int_equal(count_of(world, (struct list_query){.actor = LIST_ANY}), 3);
    expect_whole(world, 3, 5);
    assert_int_equal(note(world, "key.create"), OP_DONE);
    expect_whole(world, 3, 6);
    check = check_from(world, 1); // which is gone
    assert_int_equal(check.first, 3);
    assert_int_equal(check.fault, AUDIT_FAULT_NONE);

    world->now_ms += 2 * days * DAY_MS; // none is left
    steps_all(world);
    assert_int_equal(count_of(world, (struct list_query){.actor = LIST_ANY}), 0);
    expect_whole(world, 7, 6);
    if (world_reopen(world))
        assert_true(world->table->audit_key(world->backend, key, false));
    else
        begin(world);
    assert_int_equal(note(world, "key.create"), OP_DONE);
    assert_int_equal(check_from(world, 0).fault, AUDIT_FAULT_NONE);
}

static void it_goes_on_after_a_restart(struct world *world)
{
    unsigned char other[AUDIT_KEY_LEN] = {1};

    begin(world);
    assert_int_equal(note(world, "key.create"), OP_DONE);
    if (!world_reopen(world))
        return;
    assert_true(world->table->audit_key(world->backend, key, false));
    assert_int_equal(note(world, "key.create"), OP_DONE);
    expect_whole(world, 1, 2);

    assert_true(world_reopen(world)); // under another key nothing of it holds
    assert_false(world->table->audit_key(world->backend, other, false));
    assert_string_equal(audit_fault_code(check_from(world, 0).fault), "ends");
    assert_int_equal(note(world, "key.create"), OP_DONE); // and rows go on behind a gap
    assert_int_equal(check_from(world, 0).fault, AUDIT_FAULT_CHANGED);
    assert_int_equal(check_from(world, 0).bad, 1);
}

const struct conformance_case audit_cases[] = {
    {"a_change_brings_its_row", a_change_brings_its_row},
    {"what_changes_nothing_brings_none", what_changes_nothing_brings_none},
    {"the_server_notes_what_it_does_itself", the_server_notes_what_it_does_itself},
    {"audit_lists_are_filtered_and_paged", lists_are_filtered_and_paged},
    {"a_walk_goes_on_where_it_stopped", a_walk_goes_on_where_it_stopped},
    {"old_rows_go_and_the_rest_holds", old_rows_go_and_the_rest_holds},
    {"the_audit_log_goes_on_after_a_restart", it_goes_on_after_a_restart},
    {NULL, NULL},
};
