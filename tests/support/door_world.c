#include "api/door.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/evidence.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "hook/profile.h"
#include "hook/profile_files.h"
#include "hook/rows.h"
#include "hook/seal.h"
#include "hook/settle.h"
#include "net/guard.h"
#include "net/loop.h"
#include "store/store.h"
#include "thread/limit.h"
#include "thread/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/door_world.h"

static const unsigned char pepper_key[PEPPER_KEY_LEN] = "no dice were thrown for this one";

struct world {
    char dir[64];
    struct loop *loop;
    struct timer tick;
    struct watch mail_watch;
    struct mailbox *mailbox;
    struct store *store;
    struct server *server;
    struct door *door;
    struct profile_set profiles;
    struct keyring *keyring;
    struct limit_table *key_limits, *stranger_limits, *test_limits, *audit_limits;
    struct guard *guard;
    struct id_cipher *cipher;
    struct op *own; // finished, of the world itself
    char operator_key[128];
    int64_t skipped_ms, jumped_ms;
    const char *unready;
    void *tester; // a request that waits for what comes of its test
    bool may_send;
    bool is_held;
    bool holds_changes;
    struct mail *held_changes; // newest first
};

// --- what the door asks of its worker ---

static struct moment now(void *owner)
{
    const struct world *world = owner;
    struct moment moment = clock_now();

    moment.mono_ms += world->skipped_ms;
    moment.wall_ms += world->skipped_ms + world->jumped_ms;
    return moment;
}

static const char *not_ready(void *owner)
{
    return ((struct world *)owner)->unready;
}

// No test goes out from here. Until told otherwise as many as may be are always under way;
// then its answer comes in the next turn.
static bool send_test(void *owner, void *asker, const struct op *found, struct event *event)
{
    struct world *world = owner;

    (void)found;
    (void)event;
    if (!world->may_send) {
        return false;
    }
    assert_null(world->tester);
    world->tester = asker;
    return true;
}

static void answer_test(struct world *world)
{
    struct outcome outcome = {
        .status = 200, .detail = "", .head = "", .body = "", .remote = ""};
    struct attempt_row row = {.number = 1,
                              .trigger = TRIGGER_TEST,
                              .started_ms = clock_now().wall_ms,
                              .status = 200};
    void *tester = world->tester;
    unsigned char *detail = evidence_pack(NULL, &outcome, &row.detail_len);

    row.detail = detail;
    world->tester = NULL;
    door_on_sent(world->door, tester, &row, true);
    free(detail);
}

static void metrics(void *owner, struct buf *ret)
{
    (void)owner;
    buf_add_str(ret, "posthorn_up 1\n");
}

static void on_lost(void *owner, const char *why)
{
    (void)owner;
    fail_msg("the store is lost: %s", why);
}

static void take(struct world *world, struct mail *mail)
{
    struct op *op = container_of(mail, struct op, mail);
    struct store_change *change = container_of(mail, struct store_change, mail);

    switch (mail->kind) {
    case STORE_MAIL_OP:
        if (op->asker == world) {
            world->own = op;
        } else {
            door_on_op(world->door, op);
        }
        break;
    case STORE_MAIL_CHANGE:
        if (world->holds_changes) {
            mail->next = world->held_changes;
            world->held_changes = mail;
            break;
        }
        door_on_change(world->door, change->app_id, change->webhook_id);
        store_change_done(change);
        break;
    case STORE_MAIL_ARRIVALS:
        store_arrivals_free(container_of(mail, struct store_arrivals, mail));
        break;
    default: free(container_of(mail, struct store_cancelled, mail)); break;
    }
}

static void on_mail(struct watch *watch, uint32_t events)
{
    struct world *world = container_of(watch, struct world, mail_watch);
    struct mail *mail = world->is_held ? NULL : mailbox_take(world->mailbox);

    (void)events;
    while (mail != NULL) {
        struct mail *next = mail->next;
        take(world, mail);
        mail = next;
    }
}

static void on_tick(struct timer *timer)
{
    struct world *world = container_of(timer, struct world, tick);

    if (world->door != NULL) {
        door_on_timer(world->door);
    }
    if (world->tester != NULL) {
        answer_test(world);
    }
}

void world_turn(struct world *world)
{
    loop_timer(world->loop, &world->tick, loop_now(world->loop).mono_ms + 1);
    loop_turn(world->loop);
}

// --- making one ---

static void load_profiles(struct world *world)
{
    struct error error = {0};

    for (size_t i = 0; i < profile_files_count; i++) {
        struct profile *profile = NULL;
        if (profile_load(profile_files[i].name, profile_files[i].text, profile_files[i].len,
                         &profile, &error) != ERR_OK) {
            fail_msg("%s: %s", error.field, error.text);
        }
        profile_set_add(&world->profiles, profile);
    }
}

static void open_store(struct world *world)
{
    char url[128];
    struct error error = {0};

    snprintf(world->dir, sizeof world->dir, "/tmp/posthorn-door-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(url, sizeof url, "sqlite:%s/posthorn.db", world->dir);
    world->mailbox = mailbox_new();
    struct store_options options = {.url = url,
                                    .data_dir = world->dir,
                                    .workers = &world->mailbox,
                                    .worker_count = 1,
                                    .now_ms = clock_now().wall_ms,
                                    .on_lost = on_lost};
    if (store_open(&options, &world->store, &error) != ERR_OK) {
        fail_msg("%s", error.text);
    }
    store_start(world->store);
}

// Hands an op of the world's own over, and waits until it is done.
static void carry_out(struct world *world, struct op *op)
{
    world->own = NULL;
    store_submit(world->store, op);
    while (world->own == NULL) {
        world_turn(world);
    }
    assert_int_equal(world->own->result, OP_DONE);
}

static void make_operator_key(struct world *world)
{
    struct minter minter = {.number = 999};
    struct op *op = op_new(OP_KEY, 0, world);
    unsigned char dice[64];
    char lookup[16], hint[8];

    random_fill(dice, sizeof dice);
    door_make_key(pepper_key, "ph_live_", dice, world->operator_key, &op->as.key.row, lookup,
                  hint);
    op->as.key.row.id = minter_next(&minter, clock_now().wall_ms);
    op->as.key.row.name = "operator";
    op->as.key.verb = VERB_CREATE;
    carry_out(world, op);
    op_free(world->own);
}

static void make_secrets(struct world *world)
{
    static const char master[] = "k1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
    static const unsigned char id_key[ID_KEY_LEN] = "a key of 16 byte";
    struct error error = {0};

    if (keyring_parse(master, sizeof master - 1, &world->keyring, &error) != ERR_OK) {
        fail_msg("%s", error.text);
    }
    world->cipher = id_cipher_new(id_key);
    world->key_limits = limit_table_new(64, 1);
    world->stranger_limits = limit_table_new(64, 2);
    world->test_limits = limit_table_new(64, 3);
    world->audit_limits = limit_table_new(64, 3);
    world->guard = guard_new(GUARD_HTTP_PRIVATE);
    assert_int_equal(guard_allow(world->guard, "127.0.0.0/8", &error), ERR_OK);
}

struct world *world_new(void)
{
    return world_listening(true);
}

struct world *world_listening(bool is_loopback)
{
    struct world *world = NEW(struct world);

    world->loop = loop_new();
    world->tick.on_due = on_tick;
    load_profiles(world);
    make_secrets(world);
    open_store(world);
    world->mail_watch = (struct watch){.on_ready = on_mail, .fd = mailbox_fd(world->mailbox)};
    loop_watch(world->loop, &world->mail_watch, EPOLLIN);
    struct door_options options = {.worker = 0,
                                   .store = world->store,
                                   .profiles = &world->profiles,
                                   .keyring = world->keyring,
                                   .pepper_key = pepper_key,
                                   .key_limits = world->key_limits,
                                   .stranger_limits = world->stranger_limits,
                                   .test_limits = world->test_limits,
                                   .audit_limits = world->audit_limits,
                                   .guard = world->guard,
                                   .cipher = world->cipher,
                                   .minter = 1,
                                   .base_url = "https://hooks.example",
                                   .owner = world,
                                   .now = now,
                                   .not_ready = not_ready,
                                   .metrics = metrics,
                                   .metrics_need_key = !is_loopback,
                                   .send = send_test};
    world->door = door_new(&options);
    struct server_events events = door_events(world->door);
    world->server = server_new(world->loop, &events);
    door_set_server(world->door, world->server);
    make_operator_key(world);
    return world;
}

static void remove_dir(const char *dir)
{
    static const char *const files[] = {"posthorn.db",      "posthorn.db-wal",
                                        "posthorn.db-shm",  "posthorn.db.lock",
                                        "posthorn.db-lock", "inflight"};
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

void world_free(struct world *world)
{
    store_stop(world->store);
    on_mail(&world->mail_watch, 0);
    assert_int_equal(door_waiting(world->door), 0);
    server_free(world->server);
    door_free(world->door);
    store_close(world->store);
    loop_unwatch(world->loop, &world->mail_watch);
    mailbox_free(world->mailbox);
    loop_timer_stop(world->loop, &world->tick);
    loop_free(world->loop);
    guard_free(world->guard);
    id_cipher_free(world->cipher);
    keyring_free(world->keyring);
    limit_table_free(world->key_limits);
    limit_table_free(world->stranger_limits);
    limit_table_free(world->test_limits);
    limit_table_free(world->audit_limits);
    profile_set_done(&world->profiles);
    remove_dir(world->dir);
    free(world);
}

// --- what tests do to it ---

void world_hold(struct world *world, bool is_held)
{
    world->is_held = is_held;
    for (int i = 0; i < 10; i++) {
        world_turn(world);
    }
}

bool world_hold_changes(struct world *world, bool is_held)
{
    struct mail *mail = world->held_changes;
    bool was_some = mail != NULL;

    world->holds_changes = is_held;
    world->held_changes = NULL;
    while (mail != NULL) {
        struct mail *next = mail->next;
        take(world, mail);
        mail = next;
    }
    return was_some;
}

void world_spell(const struct world *world, int kind, int64_t id, char ret[160])
{
    id_text(world->cipher, (enum id_kind)kind, id, 0, ret);
}

struct id_cipher *world_cipher(const struct world *world)
{
    return world->cipher;
}

const char *world_operator(const struct world *world)
{
    return world->operator_key;
}

void world_skip_ms(struct world *world, int64_t ms)
{
    world->skipped_ms += ms;
}

void world_jump_ms(struct world *world, int64_t ms)
{
    world->jumped_ms += ms;
}

void world_let_send(struct world *world)
{
    world->may_send = true;
}

void world_unready(struct world *world, const char *why)
{
    world->unready = why;
}

int world_connect(struct world *world)
{
    struct address peer;
    int pair[2];

    assert_true(address_parse("127.0.0.1:4000", &peer));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    server_accept(world->server, pair[0], &peer, NULL);
    return pair[1];
}

static int64_t id_of(struct world *world, enum id_kind kind, const char *text,
                     uint16_t *ret_n)
{
    int64_t id;

    assert_true(id_parse(world->cipher, kind, text, strlen(text), &id, ret_n));
    return id;
}

void world_settle(struct world *world, const char *app, const char *webhook,
                  const char *delivery, const struct outcome *outcome)
{
    struct op *op = op_new(OP_SETTLE, 0, world);
    struct settle *settle = NEW(struct settle);
    uint16_t n;

    settle->app_id = id_of(world, ID_APP, app, &n);
    settle->webhook_id = id_of(world, ID_WEBHOOK, webhook, &n);
    settle->event_id = id_of(world, ID_DELIVERY, delivery, &settle->n);
    settle->partition = partition_of(settle->webhook_id);
    settle->number = settle->step = 1;
    settle->next = SETTLE_FAILED;
    settle->attempt.trigger = TRIGGER_SCHEDULED;
    settle->attempt.started_wall_ms = clock_now().wall_ms;
    settle->attempt.duration_ms = 12;
    settle->attempt.error = outcome->error;
    settle->attempt.status = outcome->status;
    settle->attempt.detail = evidence_pack(NULL, outcome, &settle->attempt.detail_len);
    op->as.settle.settle = settle;
    carry_out(world, op);
    assert_int_equal(world->own->as.settle.result, SETTLED);
    op_free(world->own);
}
