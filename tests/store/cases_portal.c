// The portal: links that open one session each, and how sessions end.

#include "base/limits.h"
#include "store/steps.h"

#include <string.h>

enum { LIFE = 15 * MINUTE, DAY = 480 * MINUTE };

static struct op *op_link(int64_t id, int64_t app_id, int64_t now_ms)
{
    struct op *op = op_new(OP_LINK, 0, NULL);

    op->as.link.row = (struct link_row){.id = id,
                                        .app_id = app_id,
                                        .scopes = 0x80000010,
                                        .created_ms = now_ms,
                                        .expires_ms = now_ms + LIFE};
    memset(op->as.link.row.hash, (int)id, KEY_HASH_LEN);
    op->as.link.count_max = 2;
    return op;
}

static enum op_result make_link(struct world *world, int64_t id, int64_t app_id,
                                int64_t now_ms)
{
    struct op *op = op_link(id, app_id, now_ms);
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

// By the link of that id; the session has the id after it.
static struct op *op_login(int64_t link_id, int64_t now_ms)
{
    struct op *op = op_new(OP_SESSION, 0, NULL);

    op->as.session.verb = VERB_CREATE;
    op->as.session.count_max = 2;
    memset(op->as.session.link, (int)link_id, KEY_HASH_LEN);
    op->as.session.row = (struct session_row){.id = link_id + 1,
                                              .address = "192.0.2.7",
                                              .created_ms = now_ms,
                                              .ends_ms = now_ms + DAY};
    memset(op->as.session.row.hash, (int)link_id + 1, KEY_HASH_LEN);
    return op;
}

static enum op_result log_in(struct world *world, int64_t link_id, int64_t now_ms)
{
    struct op *op = op_login(link_id, now_ms);
    enum op_result result = apply_one(world, op);

    op_free(op);
    return result;
}

static void open_session(struct world *world, int64_t link_id, int64_t app_id)
{
    assert_int_equal(make_link(world, link_id, app_id, NOW), OP_DONE);
    assert_int_equal(log_in(world, link_id, NOW), OP_DONE);
}

static enum op_result read_session(struct world *world, int64_t id, struct session_row *ret)
{
    struct op *op = op_new(OP_SESSION_BY_HASH, 0, NULL);

    memset(op->as.session_by_hash.hash, (int)id, KEY_HASH_LEN);
    enum op_result result = ask(world, op);
    *ret = op->as.session_by_hash.row;
    if (result == OP_DONE)
        assert_string_equal(ret->address, "192.0.2.7");
    ret->address = NULL; // it went with the op
    op_free(op);
    return result;
}

static enum op_result end_session(struct world *world, int64_t id, int64_t app_id)
{
    struct op *op = op_new(OP_SESSION, 0, NULL);

    op->as.session.verb = VERB_DELETE;
    op->as.session.row = (struct session_row){.id = id, .app_id = app_id};
    enum op_result result = apply_one(world, op);
    op_free(op);
    return result;
}

static void link_opens_one_session(struct world *world)
{
    static const struct {
        int64_t link, now_ms;
        enum op_result result;
    } rows[] = {
        {99, NOW, OP_NOT_FOUND},        {10, NOW + LIFE, OP_NOT_FOUND},
        {10, NOW + LIFE - 1, OP_DONE},  {10, NOW + 1, OP_NOT_FOUND},
        {20, NOW + LIFE, OP_NOT_FOUND},
    };
    struct session_row session;

    make_app(world, APP);
    assert_int_equal(make_link(world, 10, APP, NOW), OP_DONE);
    assert_int_equal(make_link(world, 20, APP, NOW), OP_DONE);
    assert_int_equal(make_link(world, 30, APP + 5, NOW), OP_NOT_FOUND);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(log_in(world, rows[i].link, rows[i].now_ms), rows[i].result);
    assert_int_equal(read_session(world, 11, &session), OP_DONE);
    assert_int_equal(session.id, 11);
    assert_int_equal(session.app_id, APP);
    assert_int_equal(session.scopes, 0x80000010);
    assert_int_equal(session.created_ms, NOW + LIFE - 1);
    assert_int_equal(session.seen_ms, NOW + LIFE - 1);
    assert_int_equal(session.ends_ms, NOW + LIFE - 1 + DAY);
    assert_int_equal(read_session(world, 21, &session), OP_NOT_FOUND);
}

static void login_names_its_app(struct world *world)
{
    struct op *made = op_app(VERB_CREATE, APP, "shop-7");
    struct op *op = op_login(10, NOW);

    made->as.app.row.name = "Corner";
    made->as.app.row.profile = "yoco";
    assert_int_equal(apply_one(world, made), OP_DONE);
    assert_int_equal(make_link(world, 10, APP, NOW), OP_DONE);
    assert_int_equal(apply_one(world, op), OP_DONE);
    assert_int_equal(op->as.session.app.id, APP);
    assert_string_equal(op->as.session.app.uid, "shop-7");
    assert_string_equal(op->as.session.app.name, "Corner");
    assert_string_equal(op->as.session.app.profile, "yoco");
    assert_int_equal(op->as.session.row.app_id, APP);
    op_free(made);
    op_free(op);
}

// Links count until they are used or expired, sessions until they end or idle.
static void portal_has_limits(struct world *world)
{
    const int64_t idle_ms = limit(LIMIT_SESSION_IDLE_MS);

    make_app(world, APP);
    make_app(world, APP + 1);
    assert_int_equal(make_link(world, 10, APP, NOW), OP_DONE);
    assert_int_equal(make_link(world, 20, APP, NOW), OP_DONE);
    assert_int_equal(make_link(world, 30, APP, NOW + LIFE - 1), OP_LIMIT);
    assert_int_equal(make_link(world, 40, APP + 1, NOW), OP_DONE);
    assert_int_equal(log_in(world, 10, NOW), OP_DONE);
    assert_int_equal(make_link(world, 30, APP, NOW), OP_DONE);
    assert_int_equal(log_in(world, 20, NOW), OP_DONE);
    assert_int_equal(log_in(world, 30, NOW), OP_LIMIT);
    assert_int_equal(log_in(world, 40, NOW), OP_DONE);
    assert_int_equal(log_in(world, 30, NOW + 1), OP_LIMIT); // the link was not used up
    assert_int_equal(make_link(world, 50, APP, NOW + idle_ms), OP_DONE);
    assert_int_equal(log_in(world, 50, NOW + idle_ms), OP_DONE); // the first two idle
}

static void sessions_end(struct world *world)
{
    struct session_row session;

    make_app(world, APP);
    make_app(world, APP + 1);
    open_session(world, 10, APP);
    open_session(world, 20, APP);
    open_session(world, 30, APP + 1);
    assert_int_equal(end_session(world, 11, APP + 1), OP_NOT_FOUND);
    assert_int_equal(end_session(world, 12, APP), OP_NOT_FOUND);
    assert_int_equal(end_session(world, 11, APP), OP_DONE);
    assert_int_equal(world->news.change_count, 1); // every worker hears of it
    assert_int_equal(world->news.changes[0].app_id, APP);
    assert_int_equal(world->news.changes[0].webhook_id, 0);
    assert_int_equal(end_session(world, 11, APP), OP_NOT_FOUND);
    assert_int_equal(read_session(world, 11, &session), OP_NOT_FOUND);
    assert_int_equal(read_session(world, 21, &session), OP_DONE);

    assert_int_equal(make_link(world, 40, APP, NOW), OP_DONE);
    assert_int_equal(end_session(world, 0, APP), OP_DONE);
    assert_int_equal(read_session(world, 21, &session), OP_NOT_FOUND);
    assert_int_equal(log_in(world, 40, NOW), OP_NOT_FOUND); // its links went with them
    assert_int_equal(read_session(world, 31, &session), OP_DONE);
    assert_int_equal(end_session(world, 0, APP), OP_DONE);
    assert_int_equal(end_session(world, 0, APP + 7), OP_NOT_FOUND);
}

static void erased_app_ends_its_sessions(struct world *world)
{
    struct session_row session;
    struct op *erase = op_app(VERB_DELETE, APP, NULL);

    make_app(world, APP);
    make_app(world, APP + 1);
    open_session(world, 10, APP);
    open_session(world, 20, APP + 1);
    assert_int_equal(make_link(world, 30, APP, NOW), OP_DONE);
    assert_int_equal(apply_one(world, erase), OP_DONE);
    op_free(erase);
    assert_int_equal(read_session(world, 11, &session), OP_NOT_FOUND);
    assert_int_equal(log_in(world, 30, NOW), OP_NOT_FOUND);
    assert_int_equal(end_session(world, 0, APP), OP_NOT_FOUND);
    steps_all(world);
    assert_int_equal(read_session(world, 11, &session), OP_NOT_FOUND);
    assert_int_equal(read_session(world, 21, &session), OP_DONE);
}

// Whoever is long gone is forgotten.
static void ended_sessions_are_forgotten(struct world *world)
{
    struct session_row session;

    make_app(world, APP);
    open_session(world, 10, APP);
    assert_int_equal(make_link(world, 20, APP, NOW + MINUTE), OP_DONE);
    assert_int_equal(log_in(world, 20, NOW + MINUTE), OP_DONE);
    world->now_ms = NOW + DAY;
    steps_all(world);
    assert_int_equal(read_session(world, 11, &session), OP_NOT_FOUND);
    assert_int_equal(read_session(world, 21, &session), OP_DONE);
}

// At most once in every_ms, as of keys, and a key's use is no session's.
static void uses_of_sessions_are_written(struct world *world)
{
    static const struct key_use uses[] = {
        {11, NOW + MINUTE - 1, true, 0},  {21, NOW + 5, true, 5},
        {11, NOW + 3 * MINUTE, false, 0}, {99, NOW, true, 0},
        {21, NOW + 9, true, 5},           {31, NOW + MINUTE, true, 0},
    };
    static const struct {
        int64_t id, seen_ms;
    } rows[] = {{11, NOW}, {21, NOW + 5}, {31, NOW + MINUTE}};
    struct op *op = op_new(OP_KEY_USES, 0, NULL);
    struct session_row session;

    make_app(world, APP);
    make_app(world, APP + 1);
    open_session(world, 10, APP);
    open_session(world, 20, APP);
    open_session(world, 30, APP + 1);
    op->as.key_uses.rows = uses;
    op->as.key_uses.count = sizeof uses / sizeof *uses;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_session(world, rows[i].id, &session), OP_DONE);
        assert_int_equal(session.seen_ms, rows[i].seen_ms);
    }
}

static struct op *op_sessions(int64_t app_id, int64_t now_ms, int most, int64_t before_id)
{
    struct op *op = op_new(OP_LIST, 0, NULL);

    op->as.list.query = (struct list_query){.kind = LIST_SESSIONS,
                                            .app_id = app_id,
                                            .limit = most,
                                            .before_id = before_id,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY,
                                            .now_ms = now_ms};
    return op;
}

static void sessions_are_listed(struct world *world)
{
    const int64_t idle_ms = limit(LIMIT_SESSION_IDLE_MS);
    static const struct {
        int64_t app_id, after_ms, before_id, first;
        size_t count;
        bool has_next;
    } rows[] = {
        {APP, 0, 0, 21, 1, true},  {APP, 0, 21, 11, 1, false}, {APP + 1, 0, 0, 31, 1, false},
        {APP, -1, 0, 21, 1, true}, {APP, 1, 0, 0, 0, false},
    };

    make_app(world, APP);
    make_app(world, APP + 1);
    open_session(world, 10, APP);
    open_session(world, 20, APP);
    open_session(world, 30, APP + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t now_ms = NOW + (rows[i].after_ms != 0 ? idle_ms + rows[i].after_ms - 1 : 0);
        struct op *op = op_sessions(rows[i].app_id, now_ms, 1, rows[i].before_id);
        assert_int_equal(ask(world, op), OP_DONE);
        assert_int_equal(op->as.list.count, rows[i].count);
        if (rows[i].count > 0) {
            assert_int_equal(op->as.list.rows.sessions[0].id, rows[i].first);
            assert_string_equal(op->as.list.rows.sessions[0].address, "192.0.2.7");
            // a page may be followed by an empty one
            assert_true(op->as.list.next_id != 0 || !rows[i].has_next);
        }
        op_free(op);
    }
}

// An Idempotency-Key makes one link, and gives its answer again.
static void link_is_made_once(struct world *world)
{
    static const struct {
        int key, body;
        enum op_result result;
    } rows[] = {{1, 1, OP_DONE}, {1, 1, OP_REPLAY}, {1, 2, OP_OTHER_BODY}, {2, 1, OP_DONE}};

    make_app(world, APP);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op *op = op_link(10 * (int64_t)(i + 1), APP, NOW);
        op->as.link.reply = (struct kept_reply){
            dedupe_of(DEDUPE_HEADER, rows[i].key, rows[i].body), 201, "sealed"};
        assert_int_equal(apply_one(world, op), rows[i].result);
        if (rows[i].result == OP_REPLAY)
            assert_string_equal(op->as.link.reply.sealed, "sealed");
        op_free(op);
    }
    assert_int_equal(log_in(world, 20, NOW), OP_NOT_FOUND);
}

const struct conformance_case portal_cases[] = {
    {"link_opens_one_session", link_opens_one_session},
    {"login_names_its_app", login_names_its_app},
    {"portal_has_limits", portal_has_limits},
    {"sessions_end", sessions_end},
    {"erased_app_ends_its_sessions", erased_app_ends_its_sessions},
    {"ended_sessions_are_forgotten", ended_sessions_are_forgotten},
    {"uses_of_sessions_are_written", uses_of_sessions_are_written},
    {"sessions_are_listed", sessions_are_listed},
    {"link_is_made_once", link_is_made_once},
    {NULL, NULL},
};
