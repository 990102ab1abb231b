#include "net/server.h"

#include "base/memory.h"
#include "net/conn.h"

#include <stdlib.h>

enum { PROBLEM_MAX = 16384, NO_SLOT = -1 };

static void on_kick(struct timer *timer)
{
    (void)timer; // that the turn passes is all
}

static void on_turn(void *argument)
{
    struct server *server = argument;

    server->handshakes_us = 0;
    while (!list_is_empty(&server->dirty)) {
        struct conn *conn = container_of(server->dirty.next, struct conn, dirty);
        list_remove(&conn->dirty);
        conn_turn(conn);
    }
    loop_timer_stop(server->loop, &server->kick);
}

struct server *server_new(struct loop *loop, const struct server_events *events)
{
    struct server *server = NEW(struct server);

    server->loop = loop;
    server->events = *events;
    server->kick.on_due = on_kick;
    server->first_free = (uint32_t)NO_SLOT;
    list_init(&server->open);
    list_init(&server->dirty);
    spare_init(&server->spare);
    buf_init(&server->problem, PROBLEM_MAX);
    loop_on_turn(loop, on_turn, server);
    return server;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server->events.on_gone = NULL;
    server->events.on_closed = NULL;
    while (!list_is_empty(&server->open))
        conn_free(container_of(server->open.next, struct conn, open));
    loop_on_turn_stop(server->loop, on_turn, server);
    loop_timer_stop(server->loop, &server->kick);
    spare_done(&server->spare);
    buf_done(&server->problem);
    free(server->slots);
    free(server);
}

// The slots that are new, chained to be taken lowest first.
static void add_slots(struct server *server)
{
    uint32_t count = server->slot_count ? server->slot_count * 2 : 64;

    server->slots = memory_resize(server->slots, count * sizeof *server->slots);
    for (uint32_t i = server->slot_count; i < count; i++)
        server->slots[i] = (struct conn_slot){.next_free = i + 1};
    server->slots[count - 1].next_free = (uint32_t)NO_SLOT;
    server->first_free = server->slot_count;
    server->slot_count = count;
}

uint32_t server_take_slot(struct server *server, struct conn *conn)
{
    uint32_t slot;

    if (server->first_free == (uint32_t)NO_SLOT)
        add_slots(server);
    slot = server->first_free;
    server->first_free = server->slots[slot].next_free;
    server->slots[slot].conn = conn;
    server->slots[slot].generation++;
    return slot;
}

void server_free_slot(struct server *server, uint32_t slot)
{
    server->slots[slot].conn = NULL;
    server->slots[slot].next_free = server->first_free;
    server->first_free = slot;
}

void server_accept(struct server *server, int fd, const struct address *peer,
                   struct tls_server *tls)
{
    conn_new(server, fd, peer, tls);
}

void server_reply(struct server *server, struct reply_handle handle, int status,
                  const char *content_type, const struct reply_header *headers,
                  size_t header_count, const char *body, size_t body_len)
{
    const struct conn_slot *slot;
    struct reply reply = {
        .status = status,
        .content_type = content_type,
        .headers = headers,
        .header_count = header_count,
        .body = body,
        .body_len = body_len,
    };

    if (handle.slot >= server->slot_count)
        return;
    slot = &server->slots[handle.slot];
    if (slot->conn && slot->generation == handle.generation)
        conn_reply(slot->conn, handle.turn, &reply);
}

void server_trust(struct server *server, struct reply_handle handle)
{
    struct conn *conn;

    if (handle.slot >= server->slot_count ||
        server->slots[handle.slot].generation != handle.generation)
        return;
    conn = server->slots[handle.slot].conn;
    if (!conn || conn->is_trusted || !server->events.on_trusted)
        return;
    conn->is_trusted = true;
    server->events.on_trusted(server->events.counter, &conn->peer);
}

static void mark_all(struct server *server)
{
    for (struct link *at = server->open.next; at != &server->open; at = at->next)
        conn_mark(container_of(at, struct conn, open));
}

// A connection that was put off is found at its next event, or at the end of a later turn.
void server_pause_reading(struct server *server, bool paused)
{
    bool resumes = server->paused && !paused;

    server->paused = paused;
    if (resumes)
        mark_all(server);
}

bool server_drain(struct server *server)
{
    if (!server->draining) {
        server->draining = true;
        mark_all(server);
    }
    for (struct link *at = server->open.next; at != &server->open; at = at->next) {
        const struct conn *conn = container_of(at, struct conn, open);
        if (ring_count(&conn->ring) > 0 || conn_unsent(conn) > 0)
            return false;
    }
    return true;
}

struct server_counts server_counts(const struct server *server)
{
    return server->counts;
}
