#include "store/steps.h"

#include <string.h>

static enum op_result finish(struct world *world, struct op *op)
{
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static void app_uid_is_unique(struct world *world)
{
    const struct {
        enum verb verb;
        int64_t id;
        const char *uid;
        enum op_result result;
        const char *conflict;
    } rows[] = {
        {VERB_CREATE, 1, "shop", OP_DONE, NULL},
        {VERB_CREATE, 2, "shop", OP_CONFLICT, "uid"},
        {VERB_CREATE, 3, NULL, OP_DONE, NULL},
        {VERB_CREATE, 4, NULL, OP_DONE, NULL},
        {VERB_UPDATE, 3, "shop", OP_CONFLICT, "uid"},
        {VERB_UPDATE, 1, "shop", OP_DONE, NULL}, // its own
        {VERB_UPDATE, 3, "kiosk", OP_DONE, NULL},
        {VERB_UPDATE, 9, "none", OP_NOT_FOUND, NULL},
        {VERB_DELETE, 9, NULL, OP_NOT_FOUND, NULL},
        {VERB_DELETE, 1, NULL, OP_DONE, NULL},
        {VERB_UPDATE, 1, "shop", OP_NOT_FOUND, NULL},
        {VERB_CREATE, 5, "shop", OP_DONE, NULL}, // free again at once
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_app(rows[i].verb, rows[i].id, rows[i].uid);
        assert_int_equal(apply_one(world, op), rows[i].result);
        if (rows[i].conflict)
            assert_string_equal(op->as.app.conflict, rows[i].conflict);
        assert_int_equal(world->news.change_count, rows[i].result == OP_DONE);
        op_free(op);
    }
}

static void versions_and_if_match(struct world *world)
{
    const struct {
        int if_version;
        enum op_result result;
        int version;
    } rows[] = {{0, OP_CHANGED, 1}, {2, OP_CHANGED, 1}, {1, OP_DONE, 2},
                {1, OP_CHANGED, 2}, {-1, OP_DONE, 3},   {3, OP_DONE, 4}};

    make_app(world, APP);
    make_hook(world, HOOK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_hook(VERB_UPDATE, APP, HOOK);
        op->as.webhook.if_version = rows[i].if_version;
        assert_int_equal(apply_one(world, op), rows[i].result);
        assert_int_equal(op->as.webhook.row.version, rows[i].version);
        op_free(op);
    }
}

static void app_version_counts_all(struct world *world)
{
    struct op *op = op_new(OP_GET_APP, 0, NULL);
    struct op *key = op_new(OP_KEY, 0, NULL);

    make_app(world, APP);                                                        // 1
    make_hook(world, HOOK);                                                      // 2
    change_hook(world, HOOK, VERB_UPDATE, WEBHOOK_DISABLED);                     // 3
    assert_int_equal(finish(world, op_app(VERB_UPDATE, APP, "shop")), OP_DONE);  // 4
    change_hook(world, HOOK, VERB_DELETE, WEBHOOK_DELETED);                      // 5
    key->as.key.row = (struct key_row){.id = 1, .app_id = APP, .lookup = "abc"}; // 6
    assert_int_equal(finish(world, key), OP_DONE);
    op->as.app_card.id = APP;
    assert_int_equal(ask(world, op), OP_DONE);
    assert_int_equal(op->as.app_card.row.version, 6);
    op_free(op);
}

static void webhooks_are_counted(struct world *world)
{
    make_app(world, APP);
    for (int64_t i = 0; i < 6; i++) {
        struct op *op = op_hook(VERB_CREATE, APP, HOOK + i);
        op->as.webhook.count_max = 5;
        assert_int_equal(finish(world, op), i < 5 ? OP_DONE : OP_LIMIT);
    }
    assert_int_equal(change_hook(world, HOOK, VERB_DELETE, WEBHOOK_DELETED), OP_DONE);
    make_hook(world, HOOK + 9); // there is room for one more again
}

static struct op *op_bound(enum verb verb, int64_t id, const char *const *types)
{
    struct op *op = op_hook(verb, APP, id);

    op->as.webhook.choices = (const char **)(uintptr_t)types;
    return op;
}

// Fifty bind the same type at once: one has it.
static void one_webhook_per_type(struct world *world)
{
    enum { COUNT = 50 };
    static const char *const paid[] = {"failed", "paid", NULL};
    static const char *const other[] = {"paid", NULL};
    struct op *ops[COUNT];
    int bound = 0;

    make_app(world, APP);
    for (int i = 0; i < COUNT; i++)
        ops[i] = op_bound(VERB_CREATE, HOOK + i, i % 2 ? other : paid);
    assert_int_equal(apply(world, ops, COUNT), STORE_DONE);
    for (int i = 0; i < COUNT; i++) {
        bound += ops[i]->result == OP_DONE;
        if (ops[i]->result != OP_DONE) {
            assert_int_equal(ops[i]->result, OP_CONFLICT);
            assert_string_equal(ops[i]->as.webhook.conflict, i % 2 ? "paid" : "failed");
        }
        op_free(ops[i]);
    }
    assert_int_equal(bound, 1);
}

// A refused change leaves nothing of itself behind, and a binding ends with its webhook.
static void bindings_come_and_go(struct world *world)
{
    static const char *const a[] = {"a", NULL};
    static const char *const ba[] = {"b", "a", NULL};
    static const char *const b[] = {"b", NULL};
    static const char *const none[] = {NULL};

    make_app(world, APP);
    assert_int_equal(finish(world, op_bound(VERB_CREATE, 1, a)), OP_DONE);
    assert_int_equal(finish(world, op_bound(VERB_CREATE, 2, ba)), OP_CONFLICT);
    assert_int_equal(finish(world, op_bound(VERB_CREATE, 3, b)), OP_DONE);
    assert_int_equal(finish(world, op_bound(VERB_UPDATE, 3, ba)), OP_CONFLICT);
    assert_int_equal(finish(world, op_bound(VERB_CREATE, 4, b)), OP_CONFLICT);
    assert_int_equal(finish(world, op_bound(VERB_UPDATE, 1, none)), OP_DONE);
    assert_int_equal(finish(world, op_bound(VERB_UPDATE, 3, ba)), OP_DONE);
    assert_int_equal(finish(world, op_bound(VERB_DELETE, 3, NULL)), OP_DONE);
    assert_int_equal(finish(world, op_bound(VERB_CREATE, 5, ba)), OP_DONE);
}

static struct op *op_rotate(int64_t secret_id, enum secret_kind kind, int64_t overlap_ms)
{
    struct op *op = op_hook(VERB_UPDATE, APP, HOOK);

    op->as.webhook.secrets[0] =
        (struct secret_row){.id = secret_id, .kind = kind, .sealed = "v1.k.n.s.t"};
    op->as.webhook.secret_count = 1;
    op->as.webhook.overlap_ms = overlap_ms;
    return op;
}

static struct op *card_of(struct world *world)
{
    struct op *card = op_new(OP_HOOK_CARD, 0, NULL);

    card->as.hook_card.app_id = APP;
    card->as.hook_card.id = HOOK;
    assert_int_equal(ask(world, card), OP_DONE);
    assert_string_equal(card->as.hook_card.profile, "standard");
    return card;
}

static void secrets_rotate(struct world *world)
{
    const struct {
        int64_t overlap_ms;
        size_t count;
        int64_t previous_id;
    } rows[] = {{0, 1, 0}, {MINUTE, 2, 11}, {MINUTE, 2, 12}, {0, 1, 0}, {MINUTE, 2, 14}};

    make_app(world, APP);
    make_hook(world, HOOK);
    assert_int_equal(finish(world, op_rotate(50, SECRET_HEADERS, 0)), OP_DONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *card;
        const struct secret_row *secrets;
        size_t signing = 0;

        assert_int_equal(
            finish(world, op_rotate(11 + (int64_t)i, SECRET_SIGNING, rows[i].overlap_ms)),
            OP_DONE);
        card = card_of(world);
        secrets = card->as.hook_card.secrets;
        for (size_t k = 0; k < card->as.hook_card.secret_count; k++) {
            if (secrets[k].kind != SECRET_SIGNING)
                continue;
            assert_int_equal(secrets[k].id, signing ? rows[i].previous_id : 11 + (int64_t)i);
            assert_int_equal(secrets[k].until_ms, signing ? NOW + MINUTE : 0);
            assert_int_equal(secrets[k].version, (int)i + 1 - (int)signing);
            signing++;
        }
        assert_int_equal(signing, rows[i].count);
        assert_int_equal(card->as.hook_card.secret_count, signing + 1); // and the headers
        op_free(card);
    }
}

static void headers_are_replaced(struct world *world)
{
    struct op *op = op_hook(VERB_UPDATE, APP, HOOK);
    struct op *card;

    make_app(world, APP);
    make_hook(world, HOOK);
    finish(world, op_rotate(10, SECRET_SIGNING, 0));
    finish(world, op_rotate(11, SECRET_HEADERS, 0));
    finish(world, op_rotate(12, SECRET_HEADERS, MINUTE)); // never two of these
    op->as.webhook.replaces_headers = true;               // by none
    card = card_of(world);
    assert_int_equal(card->as.hook_card.secret_count, 2);
    op_free(card);
    assert_int_equal(finish(world, op), OP_DONE);
    card = card_of(world);
    assert_int_equal(card->as.hook_card.secret_count, 1);
    assert_int_equal(card->as.hook_card.secrets[0].kind, SECRET_SIGNING);
    op_free(card);
}

static void own_keys_are_dropped(struct world *world)
{
    struct op *op = op_hook(VERB_UPDATE, APP, HOOK);
    struct op *card;

    make_app(world, APP);
    make_hook(world, HOOK);
    finish(world, op_rotate(10, SECRET_SIGNING, 0));
    finish(world, op_rotate(11, SECRET_RSA, 0));
    finish(world, op_rotate(12, SECRET_RSA, 0)); // in the other's place
    finish(world, op_rotate(13, SECRET_ED25519, 0));
    card = card_of(world);
    assert_int_equal(card->as.hook_card.secret_count, 3);
    op_free(card);
    op->as.webhook.drops_keys = true;
    assert_int_equal(finish(world, op), OP_DONE);
    card = card_of(world);
    assert_int_equal(card->as.hook_card.secret_count, 1);
    assert_int_equal(card->as.hook_card.secrets[0].kind, SECRET_SIGNING);
    op_free(card);
}

static void profile_stays_once_used(struct world *world)
{
    struct op *op = op_app(VERB_UPDATE, APP, NULL);

    make_app(world, APP);
    op->as.app.row.profile = "yoco";
    assert_int_equal(finish(world, op), OP_DONE);
    world->app_version = 2;
    make_hook(world, HOOK);
    accept_one(world, 1000, HOOK);
    op = op_app(VERB_UPDATE, APP, NULL);
    op->as.app.row.profile = "standard";
    assert_int_equal(apply_one(world, op), OP_CONFLICT);
    assert_string_equal(op->as.app.conflict, "profile");
    op_free(op);
    op = op_app(VERB_UPDATE, APP, NULL);
    op->as.app.row.profile = "yoco";
    assert_int_equal(finish(world, op), OP_DONE);
}

static enum op_result make_kept(struct world *world, int64_t id, int key, int body,
                                struct op **ret)
{
    struct op *op = op_hook(VERB_CREATE, APP, id);

    op->as.webhook.reply = (struct kept_reply){
        .dedupe = dedupe_of(DEDUPE_HEADER, key, body), .status = 201, .sealed = "v1.secret"};
    *ret = op;
    return apply_one(world, op);
}

static void replies_are_kept(struct world *world)
{
    const struct {
        int64_t id;
        int key, body;
        enum op_result result;
    } rows[] = {{1, 1, 1, OP_DONE},
                {2, 1, 1, OP_REPLAY},
                {3, 1, 2, OP_OTHER_BODY},
                {4, 2, 1, OP_DONE}};
    struct op *op;

    make_app(world, APP);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(make_kept(world, rows[i].id, rows[i].key, rows[i].body, &op),
                         rows[i].result);
        if (rows[i].result == OP_REPLAY) {
            assert_int_equal(op->as.webhook.reply.status, 201);
            assert_string_equal(op->as.webhook.reply.sealed, "v1.secret");
            assert_int_equal(world->news.change_count, 0);
        }
        op_free(op);
    }
}

static void refused_ones_are_not_kept(struct world *world)
{
    struct op *op;

    make_app(world, APP);
    make_hook(world, HOOK);
    op = op_hook(VERB_UPDATE, APP, HOOK);
    op->as.webhook.if_version = 99;
    op->as.webhook.reply =
        (struct kept_reply){.dedupe = dedupe_of(DEDUPE_HEADER, 1, 1), .status = 200};
    assert_int_equal(finish(world, op), OP_CHANGED);
    assert_int_equal(make_kept(world, HOOK + 1, 1, 1, &op), OP_DONE);
    op_free(op);
}

static void webhooks_of_others(struct world *world)
{
    struct op *op;

    make_app(world, APP);
    make_hook(world, HOOK);
    make_app(world, APP + 1);
    op = op_hook(VERB_UPDATE, APP + 1, HOOK);
    assert_int_equal(finish(world, op), OP_NOT_FOUND);
    assert_int_equal(finish(world, op_hook(VERB_DELETE, APP + 1, HOOK)), OP_NOT_FOUND);
    assert_int_equal(finish(world, op_hook(VERB_CREATE, APP + 7, HOOK + 1)), OP_NOT_FOUND);
    op = op_new(OP_GET_WEBHOOK, 0, NULL);
    op->as.hook_card.app_id = APP + 1;
    op->as.hook_card.id = HOOK;
    assert_int_equal(ask(world, op), OP_NOT_FOUND);
    op_free(op);
}

// A key's calls, counted in windows of a minute that begin with the minute.
static void calls_are_counted(struct world *world)
{
    const struct {
        int64_t key_id, now_ms;
        enum op_result result;
        int count;
        int64_t until_ms;
    } rows[] = {
        {1, 10 * MINUTE, OP_DONE, 1, 11 * MINUTE},
        {1, 11 * MINUTE - 1, OP_DONE, 2, 11 * MINUTE},
        {2, 11 * MINUTE - 1, OP_DONE, 1, 11 * MINUTE}, // each for itself
        {1, 11 * MINUTE - 1, OP_DONE, 3, 11 * MINUTE},
        {1, 11 * MINUTE - 1, OP_LIMIT, 3, 11 * MINUTE},
        {1, 11 * MINUTE - 1, OP_LIMIT, 3, 11 * MINUTE},
        {1, 11 * MINUTE, OP_DONE, 1, 12 * MINUTE},     // a new one
        {1, 11 * MINUTE - 1, OP_DONE, 2, 12 * MINUTE}, // the clock was set back a little
        {1, 90 * MINUTE, OP_DONE, 1, 91 * MINUTE},     // or was far ahead for a while
        {1, 12 * MINUTE, OP_DONE, 1, 13 * MINUTE},
        {3, 12 * MINUTE, OP_NOT_FOUND, 0, 0},
    };

    make_app(world, APP);
    for (int64_t id = 1; id <= 2; id++) {
        struct op *op = op_new(OP_KEY, 0, NULL);
        op->as.key.row =
            (struct key_row){.id = id, .app_id = APP, .lookup = id == 1 ? "a" : "b"};
        assert_int_equal(finish(world, op), OP_DONE);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_new(OP_WINDOW, 0, NULL);
        op->as.window.key_id = rows[i].key_id;
        op->as.window.now_ms = rows[i].now_ms;
        op->as.window.window_ms = MINUTE;
        op->as.window.count_max = 3;
        assert_int_equal(apply_one(world, op), rows[i].result);
        assert_int_equal(op->as.window.count, rows[i].count);
        assert_int_equal(op->as.window.until_ms, rows[i].until_ms);
        op_free(op);
    }
}

const struct conformance_case config_cases[] = {
    {"calls_are_counted", calls_are_counted},
    {"app_uid_is_unique", app_uid_is_unique},
    {"versions_and_if_match", versions_and_if_match},
    {"app_version_counts_all", app_version_counts_all},
    {"webhooks_are_counted", webhooks_are_counted},
    {"one_webhook_per_type", one_webhook_per_type},
    {"bindings_come_and_go", bindings_come_and_go},
    {"secrets_rotate", secrets_rotate},
    {"headers_are_replaced", headers_are_replaced},
    {"own_keys_are_dropped", own_keys_are_dropped},
    {"profile_stays_once_used", profile_stays_once_used},
    {"replies_are_kept", replies_are_kept},
    {"refused_ones_are_not_kept", refused_ones_are_not_kept},
    {"webhooks_of_others", webhooks_of_others},
    {NULL, NULL},
};
