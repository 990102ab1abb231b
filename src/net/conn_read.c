#include "net/conn.h"

#include "base/limits.h"
#include "base/text.h"
#include "net/request.h"

#include <stdatomic.h>
#include <string.h>

// What all servers' connections hold of bodies that are not complete. One of the few things
// that threads share: a ceiling for the process (LIMIT_BODIES_IN_FLIGHT).
static _Atomic int64_t bodies_in_flight;

static void count_in_flight(struct reading *reading, int64_t len)
{
    atomic_fetch_add_explicit(&bodies_in_flight, len - reading->in_flight,
                              memory_order_relaxed);
    reading->in_flight = len;
}

static int64_t now_ms(const struct conn *conn)
{
    return loop_now(conn->server->loop).mono_ms;
}

static void begin_reading(struct conn *conn)
{
    struct head_limits limits = {
        .start_max = (uint32_t)limit(LIMIT_REQUEST_LINE),
        .lines_max = (uint32_t)limit(LIMIT_REQUEST_HEADERS),
        .bytes_max = (uint32_t)limit(LIMIT_REQUEST_HEAD),
    };
    struct reading *reading = spare_take_reading(&conn->server->spare);

    head_init(&reading->head, HEAD_REQUEST, limits);
    reading->is_in_body = false;
    reading->in_flight = 0;
    reading->since_ms = now_ms(conn);
    conn->reading = reading;
}

void conn_forget_reading(struct conn *conn)
{
    conn->owes_continue = false;
    if (!conn->reading)
        return;
    if (conn->reading->in_flight)
        count_in_flight(conn->reading, 0);
    spare_give_reading(&conn->server->spare, conn->reading);
    conn->reading = NULL;
}

static bool is_head(const struct http_request *request)
{
    return text_equal(request->method, request->method_len, "HEAD");
}

// A client that announced a body may well send it whole before it looks for a reply.
static size_t linger_max(const struct reading *reading)
{
    if (!reading || reading->head.framing != FRAMING_LENGTH)
        return LINGER_BYTES;
    return LINGER_BYTES + (reading->head.body_len < LINGER_BODY
                               ? (size_t)reading->head.body_len
                               : LINGER_BODY);
}

// The last that is read of the connection. Returns its turn.
static uint32_t begin_last(struct conn *conn, const struct http_request *request)
{
    uint32_t turn = ring_push(&conn->ring, true, request && is_head(request));

    conn->server->counts.refused++;
    conn->linger_max = linger_max(conn->reading);
    conn_go(conn, CONN_LAST);
    conn_forget_reading(conn);
    return turn;
}

// What has no head.
static void refuse(struct conn *conn, const struct error *error)
{
    struct server *server = conn->server;
    const struct server_events *events = &server->events;
    uint32_t turn = begin_last(conn, NULL);
    struct reply reply = {.status = error_http_status(error->code)};

    buf_clear(&server->problem);
    reply.content_type = events->on_refused(events->owner, error, &server->problem);
    reply.body = server->problem.data;
    reply.body_len = server->problem.len;
    conn_reply(conn, turn, &reply);
}

// What has a head, and cannot be served.
static void hand_out_fault(struct conn *conn, struct http_request *request,
                           const struct error *error)
{
    struct server *server = conn->server;
    uint32_t turn = begin_last(conn, request);

    request->fault = error;
    server->events.on_request(server->events.owner, conn_handle(conn, turn), request);
}

static void refuse_head(struct conn *conn)
{
    static const enum error_code codes[] = {
        [HEAD_FAULT_START] = ERR_BAD_REQUEST,
        [HEAD_FAULT_START_TOO_LONG] = ERR_URI_TOO_LONG,
        [HEAD_FAULT_VERSION] = ERR_HTTP_VERSION,
        [HEAD_FAULT_LINE] = ERR_BAD_REQUEST,
        [HEAD_FAULT_TOO_LARGE] = ERR_HEADERS_TOO_LARGE,
        [HEAD_FAULT_TOO_MANY] = ERR_HEADERS_TOO_LARGE,
        [HEAD_FAULT_HOST] = ERR_BAD_REQUEST,
        [HEAD_FAULT_LENGTH] = ERR_BAD_FRAMING,
        [HEAD_FAULT_CODING] = ERR_BAD_FRAMING,
        [HEAD_FAULT_AMBIGUOUS] = ERR_BAD_FRAMING,
    };
    enum head_fault fault = conn->reading->head.fault;
    struct error error;

    error_set(&error, codes[fault], "%s", head_fault_text(fault));
    refuse(conn, &error);
}

// The request of a complete head; data: the head's first byte.
static enum error_code make_request(struct conn *conn, char *data, struct http_request *ret,
                                    struct error *error)
{
    enum error_code code =
        request_from_head(&conn->reading->head, data, conn->server->headers, ret, error);

    ret->peer = conn->peer;
    ret->is_tls = conn->tls;
    return code;
}

// Refuses the request that has begun at data, whether or not its head is there.
static void refuse_begun(struct conn *conn, char *data, const struct error *error)
{
    struct http_request request;
    bool has_head = conn->reading && conn->reading->is_in_body &&
                    make_request(conn, data, &request, NULL) == ERR_OK;

    if (has_head)
        hand_out_fault(conn, &request, error);
    else
        refuse(conn, error);
}

void conn_give_up(struct conn *conn, const struct error *error)
{
    refuse_begun(conn, conn->in.data, error);
}

static void refuse_body(struct conn *conn, char *data, enum body_state state)
{
    struct error error;

    if (state == BODY_TOO_LARGE)
        request_too_large(&error);
    else if (state == BODY_TRAILER_OVER)
        error_set(&error, ERR_HEADERS_TOO_LARGE, "the trailers are too long");
    else
        error_set(&error, ERR_BAD_FRAMING, "the body's chunks are malformed");
    refuse_begun(conn, data, &error);
}

// The head is complete: judge it, and be ready for its body. False: nothing more is read.
static bool begin_body(struct conn *conn, char *data, struct http_request *ret)
{
    struct reading *reading = conn->reading;
    const struct head *head = &reading->head;
    struct error error;
    enum error_code code = make_request(conn, data, ret, &error);

    if (!code && conn->server->draining)
        code = error_set(&error, ERR_UNAVAILABLE, "the server is stopping");
    if (code && ret->path) {
        hand_out_fault(conn, ret, &error);
        return false;
    }
    if (code) {
        refuse(conn, &error);
        return false;
    }
    body_init(&reading->body, head->framing, head->body_len,
              (uint64_t)limit(LIMIT_REQUEST_BODY), TRAILER_MAX);
    reading->is_in_body = true;
    reading->body_len = 0;
    reading->raw_at = head->len;
    reading->since_ms = reading->window_ms = now_ms(conn);
    reading->window_bytes = 0;
    return true;
}

// Decodes in place: the pieces of the body are moved together right behind the head. *len
// shrinks by the framing between them, when all of the bytes were used.
static enum body_state read_body(struct reading *reading, char *data, size_t *len)
{
    size_t head_len = reading->head.len;
    enum body_state state;

    do {
        struct body_piece piece;
        char *to = data + head_len + reading->body_len;
        size_t used;
        state = body_read(&reading->body, data + reading->raw_at, *len - reading->raw_at,
                          &used, &piece);
        if (piece.len && piece.data != to)
            memmove(to, piece.data, piece.len);
        reading->body_len += piece.len;
        reading->raw_at += used;
    } while (state == BODY_MORE && reading->raw_at < *len);
    if (state == BODY_MORE)
        *len = reading->raw_at = head_len + reading->body_len;
    return state;
}

// A body is announced and has not come with its head.
static void announce(struct conn *conn, struct http_request *request)
{
    const struct server_events *events = &conn->server->events;
    struct error error;
    enum error_code code = events->on_head(events->owner, request, &error);

    if (code) {
        hand_out_fault(conn, request, &error);
        return;
    }
    conn->owes_continue = conn->reading->head.expects_continue &&
                          conn->reading->head.minor == 1 && conn->reading->body_len == 0;
}

static void hand_out(struct conn *conn, char *data, struct http_request *request)
{
    struct server *server = conn->server;
    struct reading *reading = conn->reading;
    bool closes = reading->head.closes;
    uint32_t turn = ring_push(&conn->ring, closes, is_head(request));

    request->body = data + reading->head.len;
    request->body_len = reading->body_len;
    if (closes)
        conn_go(conn, CONN_LAST);
    conn_forget_reading(conn);
    server->counts.requests++;
    server->events.on_request(server->events.owner, conn_handle(conn, turn), request);
}

// One request from the front of data: returns how many bytes it was, or 0 while it is not
// complete. *len may shrink, as in read_body(). After a refusal the state is CONN_LAST.
static size_t take_request(struct conn *conn, char *data, size_t *len)
{
    struct http_request request;
    struct error error;
    bool is_new;
    enum body_state state;
    size_t used;

    if (!conn->reading)
        begin_reading(conn);
    is_new = !conn->reading->is_in_body;
    if (is_new) {
        enum head_state head_state = head_feed(&conn->reading->head, data, *len);
        if (head_state == HEAD_BAD)
            refuse_head(conn);
        if (head_state != HEAD_DONE || !begin_body(conn, data, &request))
            return 0;
    }
    state = read_body(conn->reading, data, len);
    if (state == BODY_MORE) {
        if (is_new)
            announce(conn, &request);
        return 0;
    }
    if (state != BODY_DONE) {
        refuse_body(conn, data, state);
        return 0;
    }
    used = conn->reading->raw_at;
    if (is_new || make_request(conn, data, &request, &error) == ERR_OK)
        hand_out(conn, data, &request);
    return used;
}

// As many as there are, and as may be; returns what was used of data. What follows the last
// request of a connection is not wanted, but it may have been sent.
static size_t take_requests(struct conn *conn, char *data, size_t *len)
{
    size_t used = 0;

    while (used < *len && conn_may_read(conn)) {
        size_t left = *len - used;
        size_t taken = take_request(conn, data + used, &left);
        *len = used + left;
        used += taken;
        if (taken == 0)
            break;
    }
    if (conn->state == CONN_LAST && used < *len) {
        if (conn->linger_max == 0)
            conn->linger_max = LINGER_BYTES;
        used = *len;
    }
    return used;
}

// More of a body that is not complete: it counts against the rate, and against what all may
// hold.
static void note_partial(struct conn *conn, size_t new_len)
{
    struct reading *reading = conn->reading;
    struct error error;

    if (!reading || !reading->is_in_body)
        return;
    reading->window_bytes += new_len;
    count_in_flight(reading, (int64_t)conn->in.len);
    if (atomic_load_explicit(&bodies_in_flight, memory_order_relaxed) >
        limit(LIMIT_BODIES_IN_FLIGHT)) {
        error_set(&error, ERR_OVERLOADED, "too many requests are arriving at once");
        conn_give_up(conn, &error);
    }
}

void conn_take(struct conn *conn, char *bytes, size_t len)
{
    struct buf *in = &conn->in;
    size_t new_len = len;

    if (in->len == 0) {
        size_t used = take_requests(conn, bytes, &len);
        if (used < len) {
            spare_take_buf(&conn->server->spare, in);
            buf_add(in, bytes + used, len - used);
        }
    } else {
        size_t all, used;
        buf_add(in, bytes, len);
        all = in->len;
        used = take_requests(conn, in->data, &all);
        in->len = all;
        buf_drop(in, used);
        if (in->len == 0)
            spare_give_buf(&conn->server->spare, in);
    }
    note_partial(conn, new_len);
}
