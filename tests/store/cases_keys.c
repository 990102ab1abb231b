// API keys: made, revoked, when they were last used, and the one that must stay.

#include "store/steps.h"

#include <string.h>

static enum op_result finish(struct world *world, struct op *op)
{
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static void keys_are_made_and_revoked(struct world *world)
{
    const struct {
        enum verb verb;
        int64_t id, app_id;
        const char *lookup;
        enum op_result result;
    } rows[] = {
        {VERB_CREATE, 1, APP, "aaa", OP_DONE},
        {VERB_CREATE, 2, APP, "aaa", OP_CONFLICT},
        {VERB_CREATE, 3, APP + 5, "b", OP_NOT_FOUND},
        {VERB_CREATE, 4, 0, "ops", OP_DONE},
        {VERB_CREATE, 5, APP, "ccc", OP_DONE},
        {VERB_CREATE, 6, APP, "ddd", OP_LIMIT},
        {VERB_DELETE, 1, 0, NULL, OP_NOT_FOUND},
        {VERB_DELETE, 1, APP, NULL, OP_DONE},
        {VERB_DELETE, 1, APP, NULL, OP_NOT_FOUND},
        {VERB_CREATE, 7, APP, "ddd", OP_DONE},
    };
    struct op *found = op_new(OP_KEY_BY_LOOKUP, 0, NULL);

    make_app(world, APP);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_new(OP_KEY, 0, NULL);
        op->as.key.verb = rows[i].verb;
        op->as.key.count_max = 2;
        op->as.key.row = (struct key_row){.id = rows[i].id,
                                          .app_id = rows[i].app_id,
                                          .lookup = rows[i].lookup,
                                          .scopes = 0x80000001};
        memset(op->as.key.row.hash, 7, KEY_HASH_LEN);
        assert_int_equal(finish(world, op), rows[i].result);
    }
    memcpy(found->as.key_by_lookup.lookup, "aaa", 4);
    assert_int_equal(ask(world, found), OP_DONE);
    assert_int_equal(found->as.key_by_lookup.row.id, 1);
    assert_int_equal(found->as.key_by_lookup.row.revoked_ms, NOW);
    assert_int_equal(found->as.key_by_lookup.row.scopes, 0x80000001);
    assert_int_equal(found->as.key_by_lookup.row.hash[31], 7);
    op_free(found);
}

static void make_key_of(struct world *world, int64_t id, int64_t app_id, const char *lookup,
                        int64_t expires_ms)
{
    struct op *op = op_new(OP_KEY, 0, NULL);

    op->as.key.verb = VERB_CREATE;
    op->as.key.row = (struct key_row){.id = id,
                                      .app_id = app_id,
                                      .lookup = lookup,
                                      .expires_ms = expires_ms,
                                      .rate_per_s = 7,
                                      .burst = 9};
    assert_int_equal(finish(world, op), OP_DONE);
}

static enum op_result drop_key_of(struct world *world, int64_t id, int64_t app_id)
{
    struct op *op = op_new(OP_KEY, 0, NULL);

    op->as.key.verb = VERB_DELETE;
    op->as.key.row = (struct key_row){.id = id, .app_id = app_id};
    return finish(world, op);
}

// At most once a minute for each key, whoever noted it, and in whatever order.
static void uses_of_keys_are_written(struct world *world)
{
    static const struct key_use uses[] = {{1, NOW, false, 0},
                                          {1, NOW + KEY_USE_EVERY_MS - 1, false, 0},
                                          {2, NOW + 5, false, 0},
                                          {99, NOW, false, 0}, // no such key
                                          {2, NOW + 5 + KEY_USE_EVERY_MS, false, 0},
                                          {1, NOW - 1, false, 0}};
    static const struct {
        const char *lookup;
        int64_t used_ms;
    } rows[] = {{"aaa", NOW}, {"bbb", NOW + 5 + KEY_USE_EVERY_MS}, {"ccc", 0}};
    struct op *op = op_new(OP_KEY_USES, 0, NULL);

    make_app(world, APP);
    make_key_of(world, 1, APP, "aaa", 0);
    make_key_of(world, 2, 0, "bbb", 0);
    make_key_of(world, 3, APP, "ccc", 0);
    op->as.key_uses.rows = uses;
    op->as.key_uses.count = sizeof uses / sizeof *uses;
    assert_int_equal(finish(world, op), OP_DONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *found = op_new(OP_KEY_BY_LOOKUP, 0, NULL);
        memcpy(found->as.key_by_lookup.lookup, rows[i].lookup, 4);
        assert_int_equal(ask(world, found), OP_DONE);
        assert_int_equal(found->as.key_by_lookup.row.last_used_ms, rows[i].used_ms);
        assert_int_equal(found->as.key_by_lookup.row.rate_per_s, 7);
        assert_int_equal(found->as.key_by_lookup.row.burst, 9);
        op_free(found);
    }
}

// One that will run out does not count, an app's last key may go.
static void operators_last_key_stays(struct world *world)
{
    make_app(world, APP);
    make_key_of(world, 1, 0, "aaa", 0);
    make_key_of(world, 2, 0, "bbb", NOW - 1);
    make_key_of(world, 3, APP, "ccc", 0);
    assert_int_equal(drop_key_of(world, 1, 0), OP_LAST);
    assert_int_equal(drop_key_of(world, 3, APP), OP_DONE);
    make_key_of(world, 4, 0, "ddd", NOW + 86400000);
    assert_int_equal(drop_key_of(world, 1, 0), OP_LAST);
    make_key_of(world, 5, 0, "eee", 0);
    assert_int_equal(drop_key_of(world, 1, 0), OP_DONE);
    assert_int_equal(drop_key_of(world, 4, 0), OP_DONE);
    assert_int_equal(drop_key_of(world, 5, 0), OP_LAST);
    assert_int_equal(drop_key_of(world, 1, 0), OP_NOT_FOUND);
}

const struct conformance_case key_cases[] = {
    {"keys_are_made_and_revoked", keys_are_made_and_revoked},
    {"uses_of_keys_are_written", uses_of_keys_are_written},
    {"operators_last_key_stays", operators_last_key_stays},
    {NULL, NULL},
};
