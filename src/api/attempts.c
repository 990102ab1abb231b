// The record of a delivery's attempts: what was sent, what came back, and how long it took.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/text.h"
#include "hook/evidence.h"
#include "hook/outcome.h"

#include <string.h>

// Bodies of one answer, all attempts together: past it they are left out, and it says so.
enum { BODIES_MAX = 8 * 1024 * 1024, BASE64_STEP = 3 * 1024 };

// Text as it is where it is text, else base64 under another name; and whether it was cut.
static void add_body(struct buf *ret, const char *bytes, size_t len, bool was_cut,
                     size_t *room)
{
    bool is_left_out = len > *room;

    if (is_left_out) {
        buf_add_str(ret, ",\"body\":null");
    } else if (text_is_utf8(bytes, len)) {
        buf_add_str(ret, ",\"body\":");
        buf_add_json(ret, bytes, len);
    } else {
        char text[TEXT_BASE64_LEN(BASE64_STEP) + 1];
        buf_add_str(ret, ",\"body_base64\":\"");
        for (size_t at = 0; at < len; at += BASE64_STEP) {
            size_t step = len - at < BASE64_STEP ? len - at : BASE64_STEP;
            buf_add(ret, text, text_base64(text, bytes + at, step));
        }
        buf_add_char(ret, '"');
    }
    *room -= is_left_out ? 0 : len;
    buf_add_str(ret, is_left_out || was_cut ? ",\"body_cut\":true" : ",\"body_cut\":false");
}

// The lines of a head after its first, as [["name","value"], …]. It was parsed before, or
// written by us; a line that is none is shown as a name alone.
static void add_headers(struct buf *ret, const char *head, size_t len)
{
    const char *end = head + len;
    const char *at = memchr(head, '\n', len);
    bool is_first = true;

    buf_add_str(ret, "\"headers\":[");
    for (at = at != NULL ? at + 1 : end; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        const char *next = newline != NULL ? newline + 1 : end;
        stop -= stop > at && stop[-1] == '\r';
        const char *colon = memchr(at, ':', (size_t)(stop - at));
        const char *value = colon != NULL ? colon + 1 : stop;
        while (value < stop && (*value == ' ' || *value == '\t')) {
            value++;
        }
        if (stop > at) {
            buf_add_str(ret, is_first ? "[" : ",[");
            buf_add_json(ret, at, (size_t)((colon != NULL ? colon : stop) - at));
            buf_add_char(ret, ',');
            buf_add_json(ret, value, (size_t)(stop - value));
            buf_add_char(ret, ']');
            is_first = false;
        }
        at = next;
    }
    buf_add_char(ret, ']');
}

static void add_timing(struct buf *ret, const char *name, int64_t us)
{
    buf_add_format(ret, "%s\"%s\":", ret->data[ret->len - 1] == '{' ? "" : ",", name);
    if (us < 0) {
        buf_add_str(ret, "null");
    } else {
        buf_add_format(ret, "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));
    }
}

static void add_timings(struct buf *ret, const struct evidence *evidence)
{
    buf_add_str(ret, ",\"timings\":{");
    add_timing(ret, "dns", evidence->dns_us);
    add_timing(ret, "connect", evidence->connect_us);
    add_timing(ret, "tls", evidence->tls_us);
    add_timing(ret, "first_byte", evidence->first_byte_us);
    add_timing(ret, "total", evidence->total_us);
    buf_add_char(ret, '}');
}

static void add_error(struct buf *ret, int number, const struct evidence *evidence)
{
    enum outcome_error error = (enum outcome_error)number;

    if (number <= OUTCOME_NONE || number >= OUTCOME_ERRORS_COUNT) {
        buf_add_str(ret, ",\"error\":null");
        return;
    }
    const char *sentence = outcome_error_sentence(error);
    const char *detail = evidence != NULL ? evidence->detail : NULL;
    struct buf message;

    buf_init(&message, 4096);
    buf_add_str(&message, sentence);
    if (detail != NULL && detail[0] != '\0') {
        buf_add_format(&message, " (%.1000s)", detail);
    }
    buf_add_format(ret,
                   ",\"error\":{\"code\":\"%s\",\"message\":", outcome_error_slug(error));
    buf_add_json(ret, message.data, message.len);
    buf_add_char(ret, '}');
    buf_done(&message);
}

static void add_request(struct buf *ret, const struct evidence *evidence,
                        const struct event *event, size_t *room)
{
    bool is_own = evidence->request_body != NULL;

    if (evidence->request_head_len == 0) {
        buf_add_str(ret, ",\"request\":null"); // nothing was sent
        return;
    }
    buf_add_str(ret, ",\"request\":{\"url\":");
    buf_add_json(ret, evidence->url, strlen(evidence->url));
    buf_add_char(ret, ',');
    add_headers(ret, evidence->request_head, evidence->request_head_len);
    add_body(ret, is_own ? evidence->request_body : event->body,
             is_own ? evidence->request_body_len : event->body_len, false, room);
    buf_add_char(ret, '}');
}

static void add_response(struct buf *ret, const struct evidence *evidence, size_t *room)
{
    if (evidence->response_head_len == 0) {
        buf_add_str(ret, ",\"response\":null");
        return;
    }
    buf_add_str(ret, ",\"response\":{");
    add_headers(ret, evidence->response_head, evidence->response_head_len);
    add_body(ret, evidence->response_body, evidence->response_body_len, evidence->body_cut,
             room);
    buf_add_char(ret, '}');
}

// Why an address was not allowed, and which it was, is the operator's to know: to others it
// would be a map of the network behind this server.
static void hide_place(struct evidence *evidence)
{
    evidence->detail = evidence->remote = "";
    evidence->dns_us = evidence->connect_us = evidence->tls_us = -1;
    evidence->first_byte_us = evidence->total_us = -1;
}

void render_attempt(struct buf *ret, const struct attempt_row *row, const struct event *event,
                    bool is_operator, size_t *room)
{
    struct evidence evidence;
    bool is_known =
        row->detail != NULL && evidence_unpack(row->detail, row->detail_len, &evidence);

    if (is_known && row->error == OUTCOME_BLOCKED && !is_operator) {
        hide_place(&evidence);
    }
    buf_add_format(ret, "\"number\":%d,\"trigger\":\"%s\",\"started_at\":", row->number,
                   trigger_name(row->trigger));
    render_add_time(ret, row->started_ms);
    buf_add_format(ret, ",\"duration_ms\":%lld,\"status\":", (long long)row->duration_ms);
    if (row->status > 0) {
        buf_add_int(ret, row->status);
    } else {
        buf_add_str(ret, "null");
    }
    add_error(ret, row->error, is_known ? &evidence : NULL);
    if (is_known) {
        add_timings(ret, &evidence);
        buf_add_str(ret, ",\"remote_address\":");
        if (evidence.remote[0] != '\0') {
            buf_add_json(ret, evidence.remote, strlen(evidence.remote));
        } else {
            buf_add_str(ret, "null");
        }
        add_request(ret, &evidence, event, room);
        add_response(ret, &evidence, room);
        evidence_done(&evidence);
    } else {
        buf_add_str(ret, ",\"timings\":null,\"remote_address\":null,\"request\":null,"
                         "\"response\":null");
    }
}

void attempt_list_answer(struct request *request, struct op *op, struct response *response)
{
    const struct op *found = request->found;
    size_t room = BODIES_MAX;

    (void)op;
    buf_add_str(&response->body, "{\"data\":[");
    for (size_t i = 0; i < found->as.get_delivery.attempt_count; i++) {
        buf_add_str(&response->body, i > 0 ? ",{" : "{");
        render_attempt(&response->body, &found->as.get_delivery.attempts[i],
                       found->as.get_delivery.event, request->key_app_id == 0, &room);
        buf_add_char(&response->body, '}');
    }
    buf_add_str(&response->body, "],\"next_cursor\":null}");
}
