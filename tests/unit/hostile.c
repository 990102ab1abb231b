#include "hostile.h"

#include "base/clock.h"
#include "base/memory.h"
#include "net/hostname.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, PATIENCE_MS = 20000 };

// In the place of the machine's clocks, so that a test need not wait for what takes a minute.
static _Atomic int64_t passed_ms;

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);
    assert(!failed);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + passed_ms * 1000;
}

struct moment clock_now(void)
{
    return (struct moment){.mono_ms = clock_us(CLOCK_MONOTONIC) / 1000,
                           .wall_ms = clock_us(CLOCK_REALTIME) / 1000};
}

int64_t clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

void hostile_pass(int64_t ms)
{
    passed_ms += ms;
}

struct served {
    struct hostile *hostile;
    pthread_t thread;
    int fd;
    int nth;
};

struct hostile_inside {
    pthread_t acceptor;
    pthread_mutex_t lock;
    bool is_ending;
    int count;
    struct served served[CONNECTIONS_MAX];
};

static void *serve(void *argument)
{
    struct served *served = argument;
    served->hostile->script(served->hostile, served->fd, served->nth);
    pthread_mutex_lock(&served->hostile->inside->lock);
    close(served->fd);
    served->fd = -1;
    pthread_mutex_unlock(&served->hostile->inside->lock);
    return NULL;
}

static void *accept_all(void *argument)
{
    struct hostile *hostile = argument;
    struct hostile_inside *inside = hostile->inside;
    for (;;) {
        int fd = accept(hostile->fd, NULL, NULL);
        if (fd < 0 && errno == EMFILE && usleep(1000) == 0)
            continue;
        if (fd < 0)
            return NULL; // hostile_free() shut it down
        pthread_mutex_lock(&inside->lock);
        assert(inside->count < CONNECTIONS_MAX);
        struct served *served = &inside->served[inside->count];
        *served = (struct served){.hostile = hostile, .fd = fd, .nth = inside->count++};
        hostile->connections++;
        int failed = pthread_create(&served->thread, NULL, serve, served);
        assert(!failed);
        pthread_mutex_unlock(&inside->lock);
    }
}

struct hostile *hostile_new(hostile_script *script, const void *argument)
{
    struct hostile *hostile = NEW(struct hostile);
    hostile->inside = NEW(struct hostile_inside);
    hostile->script = script;
    hostile->argument = argument;
    pthread_mutex_init(&hostile->inside->lock, NULL);
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    hostile->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind(hostile->fd, (struct sockaddr *)&name, sizeof name) ||
                 listen(hostile->fd, 1024) ||
                 getsockname(hostile->fd, (struct sockaddr *)&name, &len);
    assert(!failed);
    hostile->port = ntohs(name.sin_port);
    failed = pthread_create(&hostile->inside->acceptor, NULL, accept_all, hostile);
    assert(!failed);
    return hostile;
}

void hostile_free(struct hostile *hostile)
{
    struct hostile_inside *inside = hostile->inside;
    hostile_go(hostile);
    shutdown(hostile->fd, SHUT_RDWR);
    pthread_join(inside->acceptor, NULL);
    close(hostile->fd);
    pthread_mutex_lock(&inside->lock);
    for (int i = 0; i < inside->count; i++)
        if (inside->served[i].fd >= 0)
            shutdown(inside->served[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&inside->lock);
    for (int i = 0; i < inside->count; i++)
        pthread_join(inside->served[i].thread, NULL);
    pthread_mutex_destroy(&inside->lock);
    free(inside);
    free(hostile);
}

bool hostile_read(struct hostile *hostile, int fd)
{
    char bytes[70000];
    size_t len = 0;
    while (len < sizeof bytes - 1) {
        ssize_t got = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        bytes[len] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n");
        const char *length = strstr(bytes, "Content-Length: ");
        if (!end || !length)
            continue;
        size_t wanted = (size_t)(end + 4 - bytes) + strtoul(length + 16, NULL, 10);
        if (len < wanted)
            continue;
        hostile->requests++;
        return true;
    }
    return false;
}

bool hostile_send(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

bool hostile_say(int fd, const char *text)
{
    return hostile_send(fd, text, strlen(text));
}

void hostile_wait(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
}

bool hostile_pause(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, ms) == 0;
}

void hostile_reset(int fd)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void hostile_hold(struct hostile *hostile)
{
    while (!hostile->may_go)
        usleep(1000);
}

void hostile_go(struct hostile *hostile)
{
    hostile->may_go = true;
}

void world_init(struct world *world, const char *rule, const char *ca_file)
{
    *world = (struct world){.app_id = 1,
                            .host = "127.0.0.1",
                            .timeout_ms = 5000,
                            .body = "{\"a\":1}",
                            .body_len = 7};
    world->loop = loop_new();
    world->guard = guard_new(GUARD_HTTP_PRIVATE);
    world->resolver = resolver_new(4);
    if (rule && guard_allow(world->guard, rule, NULL) != ERR_OK)
        abort();
    world->caller = caller_new(world->loop, world->resolver, world->guard, ca_file);
    assert(world->caller);
}

void world_done(struct world *world)
{
    caller_free(world->caller);
    resolver_free(world->resolver);
    guard_free(world->guard);
    loop_free(world->loop);
}

static void on_end(void *owner, uint64_t tag, const struct call_answer *answer)
{
    struct world *world = owner;
    (void)tag;
    world->result = answer->result;
    world->status = answer->status;
    snprintf(world->detail, sizeof world->detail, "%s", answer->detail);
    snprintf(world->head, sizeof world->head, "%.*s", (int)answer->head_len, answer->head);
    assert(answer->body_len <= sizeof world->answer);
    if (answer->body_len > 0)
        memcpy(world->answer, answer->body, answer->body_len);
    world->answer_len = answer->body_len;
    world->is_cut = answer->body_cut;
    world->was_kept = answer->was_kept;
    world->retry_after_ms = answer->retry_after_ms;
    world->timings = answer->timings;
    world->remote = answer->remote;
    if (++world->ended == world->awaited)
        loop_stop(world->loop);
}

void world_start(struct world *world, uint16_t port, uint64_t tag)
{
    static char head[256]; // the same bytes whenever the length is: calls may be in flight
    int len = snprintf(head, sizeof head,
                       "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
                       world->body_len);
    struct call_request request = {.app_id = world->app_id,
                                   .tls = world->tls,
                                   .host = world->host,
                                   .port = port,
                                   .head = head,
                                   .head_len = (size_t)len,
                                   .body = world->body,
                                   .body_len = world->body_len,
                                   .timeout_ms = world->timeout_ms};
    int before = world->ended;
    caller_call(world->caller, &request, on_end, world, tag);
    assert(world->ended == before); // never from inside the call
}

static void on_patience_lost(struct timer *timer)
{
    (void)timer;
    fputs("a call never ended\n", stderr);
    abort();
}

void world_wait(struct world *world, int ended)
{
    struct timer patience = {.on_due = on_patience_lost};
    loop_timer(world->loop, &patience, clock_now().mono_ms + PATIENCE_MS);
    world->awaited = ended;
    if (world->ended < ended)
        loop_run(world->loop);
    assert(world->ended == ended);
    loop_timer_stop(world->loop, &patience);
}

struct pause {
    struct timer timer;
    struct loop *loop;
};

static void on_paused(struct timer *timer)
{
    loop_stop(container_of(timer, struct pause, timer)->loop);
}

void world_run(struct world *world, int ms)
{
    struct pause pause = {.timer = {.on_due = on_paused}, .loop = world->loop};
    world->awaited = -1;
    loop_timer(world->loop, &pause.timer, loop_now(world->loop).mono_ms + ms);
    loop_run(world->loop);
}

void world_run_until(struct world *world, bool (*is_so)(const struct world *world))
{
    int64_t end_ms = clock_now().mono_ms + PATIENCE_MS;
    while (!is_so(world)) {
        if (clock_now().mono_ms >= end_ms) {
            fputs("what was waited for never came\n", stderr);
            abort();
        }
        world_run(world, 1);
    }
}

enum call_result world_call(struct world *world, uint16_t port)
{
    world_run(world, 0); // so that the loop's clock is right
    world_start(world, port, 1);
    world_wait(world, world->ended + 1);
    return world->result;
}

const struct script_name *script_names;
atomic_bool script_is_held;
atomic_int script_asked, script_running, script_most;

static struct addrinfo *add_address(struct addrinfo *next, const char *literal)
{
    struct {
        struct addrinfo info;
        struct address address;
    } *made = memory_new(sizeof *made);
    if (!hostname_to_address(literal, 0, &made->address))
        abort();
    made->info = (struct addrinfo){.ai_family = made->address.as.any.sa_family,
                                   .ai_addr = &made->address.as.any,
                                   .ai_addrlen = made->address.len,
                                   .ai_next = next};
    return &made->info;
}

void freeaddrinfo(struct addrinfo *info)
{
    for (struct addrinfo *next; info; info = next) {
        next = info->ai_next;
        free(info);
    }
}

static struct addrinfo *add_all(const char *literals)
{
    char text[64];
    struct addrinfo *rest = NULL;
    size_t len = strcspn(literals, " ");
    if (len == 0)
        return NULL;
    snprintf(text, sizeof text, "%.*s", (int)len, literals);
    if (literals[len])
        rest = add_all(literals + len + 1);
    return add_address(rest, text);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    (void)service;
    (void)hints;
    const struct script_name *row = script_names;
    while (row && row->name && strcmp(row->name, host) != 0)
        row++;
    script_asked++;
    if (++script_running > script_most)
        script_most = script_running;
    while (row && row->delay_ms == SCRIPT_HELD && script_is_held)
        usleep(1000);
    if (row && row->delay_ms > 0)
        usleep((useconds_t)row->delay_ms * 1000);
    script_running--;
    if (!row || !row->name)
        return EAI_NONAME;
    if (row->error)
        return row->error;
    *ret = add_all(row->addresses);
    return 0;
}
