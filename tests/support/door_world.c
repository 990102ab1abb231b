#include "api/door.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/id.h"
#include "hook/profile.h"
#include "hook/profile_files.h"
#include "hook/rows.h"
#include "hook/seal.h"
#include "net/guard.h"
#include "net/loop.h"
#include "store/store.h"
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

enum { RECEIVED_MAX = 64 * 1024 * 1024, PATIENCE_MS = 20000 };

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
    struct guard *guard;
    struct id_cipher *cipher;
    struct op *own; // finished, of the world itself
    char operator_key[128];
    int64_t skipped_ms;
    const char *unready;
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
    moment.wall_ms += world->skipped_ms;
    return moment;
}

static const char *not_ready(void *owner)
{
    return ((struct world *)owner)->unready;
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
}

static void turn(struct world *world)
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

static void make_operator_key(struct world *world)
{
    struct minter minter = {.number = 999};
    struct op *op = op_new(OP_KEY, 0, world);
    unsigned char dice[64];
    char lookup[16], hint[8];

    random_fill(dice, sizeof dice);
    door_make_key(world->keyring, "ph_live_", dice, world->operator_key, &op->as.key.row,
                  lookup, hint);
    op->as.key.row.id = minter_next(&minter, clock_now().wall_ms);
    op->as.key.row.name = "operator";
    op->as.key.verb = VERB_CREATE;
    store_submit(world->store, op);
    while (world->own == NULL) {
        turn(world);
    }
    assert_int_equal(world->own->result, OP_DONE);
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
    world->guard = guard_new(GUARD_HTTP_PRIVATE);
    assert_int_equal(guard_allow(world->guard, "127.0.0.0/8", &error), ERR_OK);
}

struct world *world_new(void)
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
                                   .guard = world->guard,
                                   .cipher = world->cipher,
                                   .minter = 1,
                                   .owner = world,
                                   .now = now,
                                   .not_ready = not_ready,
                                   .metrics = metrics};
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
    profile_set_done(&world->profiles);
    remove_dir(world->dir);
    free(world);
}

// --- a client ---

// The whole answer has come: *ret_body is where its body begins.
static bool is_whole(const struct buf *received, size_t *ret_body)
{
    const char *end = received->data != NULL ? strstr(received->data, "\r\n\r\n") : NULL;
    const char *length = end != NULL ? strstr(received->data, "Content-Length: ") : NULL;

    if (end == NULL) {
        return false;
    }
    *ret_body = (size_t)(end - received->data) + 4;
    size_t len = length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return received->len >= *ret_body + len;
}

static void say(struct world *world, int fd, const struct buf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t done = send(fd, text->data + at, text->len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        at += done > 0 ? (size_t)done : 0;
        if (done < 0) {
            turn(world);
        }
    }
}

static size_t hear(struct world *world, int fd, struct buf *received)
{
    int64_t end_ms = clock_now().mono_ms + PATIENCE_MS;
    size_t body = 0;

    while (!is_whole(received, &body)) {
        char *room = buf_room(received, 65536);
        ssize_t len = recv(fd, room, 65536, MSG_DONTWAIT);
        if (len > 0) {
            buf_added(received, (size_t)len);
            continue;
        }
        assert_true(clock_now().mono_ms < end_ms);
        turn(world);
    }
    return body;
}

static void write_request(struct buf *ret, const char *method, const char *path,
                          const char *key, const char *more, const char *body)
{
    buf_init(ret, RECEIVED_MAX);
    buf_add_format(ret, "%s %s HTTP/1.1\r\nHost: door\r\n%s", method, path, more);
    if (key != NULL) {
        buf_add_format(ret, "Authorization: Bearer %s\r\n", key);
    }
    if (body != NULL) {
        buf_add_format(
            ret, "%sContent-Length: %zu\r\n",
            strstr(more, "Content-Type") != NULL ? "" : "Content-Type: application/json\r\n",
            strlen(body));
    }
    buf_add_str(ret, "\r\n");
    buf_add_str(ret, body != NULL ? body : "");
}

struct reply world_ask(struct world *world, const char *method, const char *path,
                       const char *key, const char *more, const char *body)
{
    struct reply reply = {0};
    struct buf text, received;
    struct address peer;
    int pair[2];

    assert_true(address_parse("127.0.0.1:4000", &peer));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    server_accept(world->server, pair[0], &peer, NULL);
    write_request(&text, method, path, key, more, body);
    buf_init(&received, RECEIVED_MAX);
    say(world, pair[1], &text);
    size_t at = hear(world, pair[1], &received);

    reply.status = atoi(received.data + 9);
    snprintf(reply.head, sizeof reply.head, "%.*s", (int)at, received.data);
    reply.json = json_loadb(received.data + at, received.len - at, JSON_DECODE_ANY, NULL);
    buf_done(&text);
    buf_done(&received);
    close(pair[1]);
    turn(world);
    return reply;
}

struct pipeline {
    int fd;
    size_t count;
};

struct pipeline *world_begin(struct world *world, const char *method, const char *path,
                             const char *key, const char *body, size_t count)
{
    struct pipeline *pipeline = NEW(struct pipeline);
    struct address peer;
    struct buf text;
    int pair[2];

    assert_true(address_parse("127.0.0.1:4001", &peer));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    server_accept(world->server, pair[0], &peer, NULL);
    write_request(&text, method, path, key, "", body);
    for (size_t i = 0; i < count; i++) {
        say(world, pair[1], &text);
    }
    for (int i = 0; i < 50; i++) {
        turn(world);
    }
    buf_done(&text);
    *pipeline = (struct pipeline){pair[1], count};
    return pipeline;
}

void world_end(struct world *world, struct pipeline *pipeline, int *ret_statuses)
{
    struct buf received;

    buf_init(&received, RECEIVED_MAX);
    for (size_t i = 0; i < pipeline->count; i++) {
        size_t len = hear(world, pipeline->fd, &received);
        ret_statuses[i] = atoi(received.data + 9);
        const char *length = strstr(received.data, "Content-Length: ");
        len += length != NULL ? strtoul(length + 16, NULL, 10) : 0;
        buf_drop(&received, len);
    }
    buf_done(&received);
    close(pipeline->fd);
    turn(world);
    free(pipeline);
}

void world_hold(struct world *world, bool is_held)
{
    world->is_held = is_held;
    for (int i = 0; i < 10; i++) {
        turn(world);
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

void reply_done(struct reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
}

const char *reply_header(const struct reply *reply, const char *name, char ret[200])
{
    char line[100];

    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *at = strstr(reply->head, line);
    ret[0] = '\0';
    if (at != NULL) {
        at += strlen(line);
        snprintf(ret, 200, "%.*s", (int)strcspn(at, "\r"), at);
    }
    return ret;
}

const char *reply_text(const struct reply *reply, const char *member)
{
    const char *text = json_string_value(json_object_get(reply->json, member));

    return text != NULL ? text : "";
}

int world_status(struct world *world, const char *method, const char *path, const char *key,
                 const char *body)
{
    struct reply reply = world_ask(world, method, path, key, "", body);

    reply_done(&reply);
    return reply.status;
}

void world_make(struct world *world, const char *path, const char *body, const char *member,
                char ret[160])
{
    struct reply reply = world_ask(world, "POST", path, world->operator_key, "", body);

    if (reply.status != 201) {
        fail_msg("POST %s %s: %d %s", path, body, reply.status, reply_text(&reply, "detail"));
    }
    snprintf(ret, 160, "%s", reply_text(&reply, member != NULL ? member : "id"));
    assert_true(ret[0] != '\0');
    reply_done(&reply);
}

const char *world_operator(const struct world *world)
{
    return world->operator_key;
}

void world_skip_ms(struct world *world, int64_t ms)
{
    world->skipped_ms += ms;
}

void world_unready(struct world *world, const char *why)
{
    world->unready = why;
}

void world_app(struct world *world, const char *profile, char ret[160])
{
    char body[200];

    snprintf(body, sizeof body, "{\"name\":\"Shop\",\"profile\":\"%s\"}", profile);
    world_make(world, "/v1/apps", body, NULL, ret);
}

struct reply world_app_ask(struct world *world, const char *method, const char *app,
                           const char *rest, const char *body)
{
    char path[600];

    snprintf(path, sizeof path, "/v1/apps/%s%s", app, rest);
    return world_ask(world, method, path, world_operator(world), "", body);
}

void world_refuses(struct world *world, const char *app, const char *rest, const char *body,
                   int status, const char *code, const char *place)
{
    struct reply reply = world_app_ask(world, "POST", app, rest, body);
    char *text = json_dumps(json_object_get(reply.json, "errors"), JSON_ENCODE_ANY);

    if (reply.status != status || strcmp(reply_text(&reply, "code"), code) != 0 ||
        (place != NULL && (text == NULL || strstr(text, place) == NULL))) {
        fail_msg("%s: %d %s %s", body, reply.status, reply_text(&reply, "code"), text);
    }
    free(text);
    reply_done(&reply);
}
