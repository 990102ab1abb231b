#include "net/conn.h"

#include "base/limits.h"
#include "base/memory.h"

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t now_ms(const struct conn *conn)
{
    return loop_now(conn->server->loop).mono_ms;
}

// A quarter of the time for a whole body: five seconds, unless that was changed. In each such
// window a body must come at BODY_RATE at least, or it is given up before its time.
static int64_t window_len_ms(void)
{
    return limit(LIMIT_REQUEST_BODY_MS) / 4;
}

static int64_t reading_deadline(const struct reading *reading)
{
    if (!reading->is_in_body)
        return reading->since_ms + limit(LIMIT_REQUEST_HEAD_MS);
    return earlier(reading->since_ms + limit(LIMIT_REQUEST_BODY_MS),
                   reading->window_ms + window_len_ms());
}

// While we do not read, for reasons of our own, the client's time stands still: it begins
// anew when we go on.
static void note_blocked(struct conn *conn)
{
    bool is_blocked = !conn_may_read(conn);

    if (conn->is_blocked && !is_blocked && conn->reading) {
        conn->reading->since_ms = conn->reading->window_ms = now_ms(conn);
        conn->reading->window_bytes = 0;
    }
    conn->is_blocked = is_blocked;
}

static bool is_idle(const struct conn *conn)
{
    return !conn->reading && conn->in.len == 0 && conn_unsent(conn) == 0 &&
           ring_count(&conn->ring) == 0;
}

static int64_t deadline_of(const struct conn *conn)
{
    int64_t deadline = INT64_MAX;

    if (conn->state == CONN_HANDSHAKE)
        return conn->since_ms + limit(LIMIT_REQUEST_HEAD_MS);
    if (conn->state == CONN_LINGER)
        return conn->since_ms + LINGER_MS;
    if (conn->reading && !conn->is_blocked)
        deadline = reading_deadline(conn->reading);
    if (conn_unsent(conn) > 0)
        deadline = earlier(deadline, conn->out_at_ms);
    if (is_idle(conn))
        deadline = conn->idle_ms + limit(LIMIT_IDLE_MS);
    return deadline;
}

// The timer is only ever moved forward; one that comes too early is set again then. So a
// busy connection, whose deadlines come and go, does not touch the heap.
void conn_time_set(struct conn *conn)
{
    note_blocked(conn);
    conn->deadline_ms = deadline_of(conn);
    if (conn->deadline_ms == INT64_MAX)
        return;
    if (conn->timer.item.place == 0 || conn->deadline_ms < conn->timer.item.key)
        loop_timer(conn->server->loop, &conn->timer, conn->deadline_ms);
}

// The client has had its time for what was unsent then; if that much is gone, it has as much
// time again for the rest.
static bool takes_replies(struct conn *conn)
{
    if (conn->out_mark > 0)
        return false;
    conn->out_mark = conn_unsent(conn);
    conn->out_at_ms = now_ms(conn) + limit(LIMIT_REPLY_MS);
    return true;
}

static bool body_comes(struct reading *reading, int64_t now)
{
    if (!reading->is_in_body || now >= reading->since_ms + limit(LIMIT_REQUEST_BODY_MS))
        return false;
    if (reading->window_bytes * 1000 < (uint64_t)window_len_ms() * BODY_RATE)
        return false;
    reading->window_ms = now;
    reading->window_bytes = 0;
    return true;
}

static void expire(struct conn *conn)
{
    int64_t now = now_ms(conn);
    struct error error;

    if (conn->state == CONN_HANDSHAKE || conn->state == CONN_LINGER || is_idle(conn)) {
        conn_free(conn);
        return;
    }
    if (conn_unsent(conn) > 0 && now >= conn->out_at_ms && !takes_replies(conn)) {
        conn_free(conn);
        return;
    }
    if (conn->reading && !conn->is_blocked && now >= reading_deadline(conn->reading) &&
        !body_comes(conn->reading, now)) {
        error_set(&error, ERR_REQUEST_TIMEOUT, "the request did not arrive in time");
        conn_give_up(conn, &error);
    }
    conn_mark(conn);
}

void conn_time_due(struct timer *timer)
{
    struct conn *conn = container_of(timer, struct conn, timer);

    if (now_ms(conn) >= conn->deadline_ms)
        expire(conn);
    else if (conn->deadline_ms != INT64_MAX)
        loop_timer(conn->server->loop, timer, conn->deadline_ms);
}
