#include "serve/worker.h"

#include "api/door.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/id.h"
#include "net/caller.h"
#include "net/server.h"
#include "serve/common.h"
#include "serve/health.h"
#include "serve/metrics.h"
#include "serve/peers.h"
#include "serve/post_office.h"
#include "serve/serve.h"
#include "serve/to_sender.h"
#include "serve/to_store.h"
#include "serve/to_test.h"
#include "thread/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { TICK_MS = 250 };

static void port_wake_at(void *world, int64_t mono_ms)
{
    struct worker *worker = world;

    loop_timer(worker->loop, &worker->engine_timer, mono_ms);
}

static uint64_t port_dice(void *world)
{
    (void)world;
    return random_u64();
}

static void on_engine_due(struct timer *timer)
{
    struct worker *worker = container_of(timer, struct worker, engine_timer);

    engine_on_timer(worker->engine, loop_now(worker->loop));
}

static void publish_figures(struct worker *worker)
{
    struct worker_figures *figures = &worker->figures;
    struct engine_counts engine = engine_counts(worker->engine);
    struct server_counts server = server_counts(worker->server);
    struct caller_counts caller = caller_counts(worker->caller);

    atomic_store(&figures->requests, server.requests);
    atomic_store(&figures->connections, server.open);
    atomic_store(&figures->attempts, engine.attempts);
    atomic_store(&figures->delivered, engine.delivered);
    atomic_store(&figures->failed_attempts, engine.failed_attempts);
    atomic_store(&figures->ended_failed, engine.ended_failed);
    atomic_store(&figures->in_hand, engine.in_hand);
    atomic_store(&figures->in_flight, engine.in_flight);
    atomic_store(&figures->lanes, engine.lanes);
    atomic_store(&figures->bytes_in_hand, engine.bytes_in_hand);
    atomic_store(&figures->connects, caller.connects);
    atomic_store(&figures->reused, caller.reused);
}

// Also what the watchdog lives on: a worker that has nothing to do still turns.
static void on_tick(struct timer *timer)
{
    struct worker *worker = container_of(timer, struct worker, tick_timer);

    to_store_tick(worker);
    door_on_timer(worker->door);
    if (worker->office)
        post_office_look(worker->office, loop_now(worker->loop));
    publish_figures(worker);
    loop_timer(worker->loop, timer, loop_now(worker->loop).mono_ms + TICK_MS);
}

static void look_whether_drained(struct worker *worker)
{
    struct moment now = loop_now(worker->loop);
    struct mail *drained;

    if (worker->was_cut)
        engine_interrupt(worker->engine, now);
    bool is_door_empty = server_drain(worker->server) && door_waiting(worker->door) == 0;
    bool is_engine_empty = engine_drain(worker->engine, now);
    bool is_post_done = !worker->office || post_office_is_idle(worker->office);
    if (!((is_door_empty && is_post_done) || worker->was_cut) || !is_engine_empty ||
        worker->has_drained)
        return;
    worker->has_drained = true;
    drained = NEW(struct mail);
    drained->kind = MAIN_MAIL_DRAINED;
    mailbox_post(worker->common->main, drained);
}

static void on_turn(void *argument)
{
    struct worker *worker = argument;

    atomic_fetch_add_explicit(&worker->figures.turns, 1, memory_order_relaxed);
    if (worker->is_draining)
        look_whether_drained(worker);
}

static void take_connection(struct worker *worker, struct connection_mail *connection)
{
    server_accept(worker->server, connection->fd, &connection->peer, worker->common->tls);
    free(connection);
}

static void take_mail(struct worker *worker, struct mail *mail)
{
    switch (mail->kind) {
    case WORKER_MAIL_CONNECTION:
        take_connection(worker, container_of(mail, struct connection_mail, mail));
        return;
    case WORKER_MAIL_ERRAND:
        post_office_on_errand(worker->office, container_of(mail, struct errand, mail));
        return;
    case WORKER_MAIL_DRAIN:
        worker->is_draining = true;
        if (worker->office)
            post_office_drain(worker->office);
        break;
    case WORKER_MAIL_CUT: worker->is_draining = worker->was_cut = true; break;
    case WORKER_MAIL_STOP: loop_stop(worker->loop); break;
    default: to_store_take(worker, mail); return;
    }
    free(mail);
}

static void on_mail(struct watch *watch, uint32_t events)
{
    struct worker *worker = container_of(watch, struct worker, mail_watch);
    struct mail *mail = mailbox_take(worker->mailbox);

    (void)events;
    while (mail) {
        struct mail *next = mail->next;

        take_mail(worker, mail);
        mail = next;
    }
}

static struct moment door_now(void *owner)
{
    return loop_now(((struct worker *)owner)->loop);
}

static const char *door_not_ready(void *owner)
{
    return health_not_ready(((struct worker *)owner)->common);
}

static void door_metrics(void *owner, struct buf *ret)
{
    metrics_write(((struct worker *)owner)->common, ret);
}

static void on_peer_gone(void *counter, const struct address *peer, bool was_trusted)
{
    peers_leave(counter, peer, was_trusted);
}

static void on_peer_trusted(void *counter, const struct address *peer)
{
    peers_trust(counter, peer);
}

static void make_door(struct worker *worker)
{
    struct common *common = worker->common;
    struct server_events events;
    struct door_options options = {
        .worker = worker->number,
        .store = common->store,
        .profiles = &common->profiles,
        .keyring = common->keyring,
        .pepper_key = common->pepper_key,
        .key_limits = common->key_limits,
        .stranger_limits = common->stranger_limits,
        .test_limits = common->test_limits,
        .audit_limits = common->audit_limits,
        .guard = common->guard,
        .cipher = worker->cipher,
        .minter = (common->boot_number * common->worker_count + worker->number) % 1024,
        .newest_event = common->newest_event,
        .metrics_need_key = !common->is_loopback,
        .base_url = common->base_url[0] != '\0' ? common->base_url : NULL,
        .has_plain_cookie = common->has_plain_cookie,
        .time_scale = common->options->time_scale,
        .owner = worker,
        .now = door_now,
        .not_ready = door_not_ready,
        .metrics = door_metrics,
        .send = to_test_send,
    };

    worker->door = door_new(&options);
    events = door_events(worker->door);
    events.on_closed = on_peer_gone;
    events.on_trusted = on_peer_trusted;
    events.counter = common->peers;
    worker->server = server_new(worker->loop, &events);
    door_set_server(worker->door, worker->server);
}

static void make_engine(struct worker *worker)
{
    struct common *common = worker->common;
    struct engine_ports ports = {.world = worker, .wake_at = port_wake_at, .dice = port_dice};
    struct engine_limits limits = {
        .in_flight_max = common->in_flight_each,
        .lane_memory = (int)limit(LIMIT_LANE_MEMORY),
        .blob_budget = limit(LIMIT_BLOB_BUDGET) / common->worker_count,
        .park_ms = limit(LIMIT_PARK_MS),
        .time_scale = common->options->time_scale,
    };

    to_store_init(worker, &ports);
    to_sender_init(&ports);
    worker->engine = engine_new(&ports, &limits, worker->cipher);
}

struct worker *worker_new(struct common *common, int number)
{
    struct worker *worker = NEW(struct worker);

    worker->number = number;
    worker->common = common;
    worker->loop = loop_new();
    worker->mailbox = common->mailboxes[number];
    worker->cipher = id_cipher_new(common->id_key);
    to_test_init(worker);
    make_door(worker);
    make_engine(worker);
    worker->caller =
        caller_new(worker->loop, common->resolver, common->guard, common->options->ca_file);
    if (number == 0)
        worker->office = post_office_new(worker, common->mailer);
    worker->engine_timer.on_due = on_engine_due;
    worker->tick_timer.on_due = on_tick;
    worker->mail_watch =
        (struct watch){.fd = mailbox_fd(worker->mailbox), .on_ready = on_mail};
    return worker;
}

static void run(void *argument)
{
    struct worker *worker = argument;

    loop_on_turn(worker->loop, on_turn, worker);
    loop_watch(worker->loop, &worker->mail_watch, EPOLLIN);
    loop_timer(worker->loop, &worker->tick_timer, 0);
    loop_run(worker->loop);
}

void worker_start(struct worker *worker)
{
    char name[16];

    snprintf(name, sizeof name, "worker-%d", worker->number);
    worker->thread = thread_start(name, run, worker);
}

void worker_join(struct worker *worker)
{
    thread_join(worker->thread);
    worker->thread = NULL;
}

static void drop_mail(struct worker *worker)
{
    struct mail *mail = mailbox_take(worker->mailbox);

    while (mail) {
        struct mail *next = mail->next;

        take_mail(worker, mail);
        mail = next;
    }
}

void worker_free(struct worker *worker)
{
    worker->is_draining = worker->has_drained = true; // the store takes nothing more
    post_office_close(worker->office);
    drop_mail(worker);
    post_office_free(worker->office);
    caller_free(worker->caller);
    engine_free(worker->engine);
    to_test_done(worker);
    to_store_done(worker);
    server_free(worker->server);
    door_free(worker->door);
    id_cipher_free(worker->cipher);
    loop_free(worker->loop);
    free(worker);
}
