#include "net/answer.h"

#include "base/limits.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    START_MAX = 8192, // the status line
    READ_ROOM = 16384,
    ROOM_LEAST = 4096,
};

// Heads and kept body have their own ceilings; this is both, and what one read brings.
static size_t bytes_max(void)
{
    return START_MAX + (size_t)limit(LIMIT_RESPONSE_HEAD) +
           (size_t)limit(LIMIT_RESPONSE_KEPT) + (size_t)2 * READ_ROOM;
}

static void answer_expect_head(struct answer *answer)
{
    head_init(&answer->head, HEAD_RESPONSE,
              (struct head_limits){.start_max = START_MAX,
                                   .lines_max = answer->lines_left,
                                   .bytes_max = answer->head_left});
}

static void answer_begin(struct answer *answer)
{
    answer->interim = 0;
    answer->head_left = (uint32_t)limit(LIMIT_RESPONSE_HEAD);
    answer->lines_left = (uint32_t)limit(LIMIT_RESPONSE_LINES);
    answer->kept = 0;
    answer->body_seen = 0;
    answer->has_head = answer->is_cut = answer->is_reusable = false;
    answer->fault = CALL_ANSWERED;
    answer_expect_head(answer);
}

void answer_init(struct answer *answer)
{
    buf_init(&answer->bytes, bytes_max());
    answer_begin(answer);
}

void answer_done(struct answer *answer)
{
    buf_done(&answer->bytes);
}

void answer_clear(struct answer *answer)
{
    if (answer->bytes.cap > READ_ROOM)
        buf_done(&answer->bytes);
    buf_clear(&answer->bytes);
    answer_begin(answer);
}

// Most answers are short: a page is asked for first, more only once it was not enough.
char *answer_room(struct answer *answer, size_t *ret_room)
{
    *ret_room = answer->bytes.len < ROOM_LEAST ? ROOM_LEAST : READ_ROOM;
    char *room = buf_room(&answer->bytes, *ret_room);
    assert(room);
    return room;
}

static enum answer_state fail(struct answer *answer, enum call_result fault)
{
    answer->fault = fault;
    return ANSWER_FAILED;
}

static enum call_result result_of(enum head_fault fault)
{
    switch (fault) {
    case HEAD_FAULT_START:
    case HEAD_FAULT_VERSION: return CALL_BAD_STATUS_LINE;
    case HEAD_FAULT_START_TOO_LONG:
    case HEAD_FAULT_TOO_LARGE:
    case HEAD_FAULT_TOO_MANY: return CALL_HEADERS_TOO_LARGE;
    case HEAD_FAULT_LENGTH:
    case HEAD_FAULT_CODING:
    case HEAD_FAULT_AMBIGUOUS: return CALL_BAD_FRAMING;
    default: return CALL_BAD_RESPONSE;
    }
}

// What the header lines of this head took of what all heads may take.
static void answer_count_lines(struct answer *answer)
{
    uint32_t len = answer->head.len;
    answer->head_left -= len < answer->head_left ? len : answer->head_left;
    uint32_t lines = answer->head.line_count;
    answer->lines_left -= lines < answer->lines_left ? lines : answer->lines_left;
}

// True: dropped, the next head is expected. False: answer->fault says why not.
static bool answer_skip_interim(struct answer *answer)
{
    answer_count_lines(answer);
    if (answer->head.status == 101)
        answer->fault = CALL_UNEXPECTED_101;
    else if (++answer->interim > limit(LIMIT_RESPONSE_INTERIM))
        answer->fault = CALL_TOO_MANY_INTERIM;
    if (answer->fault != CALL_ANSWERED)
        return false;
    buf_drop(&answer->bytes, answer->head.len);
    answer_expect_head(answer);
    return true;
}

// A length that can be read in two ways spoils the connection; a success is still a success,
// unless the coding is one that we cannot undo.
static enum answer_state answer_unknown_framing(struct answer *answer)
{
    bool is_success = answer->head.status >= 200 && answer->head.status < 300;
    if (!is_success || answer->head.fault == HEAD_FAULT_CODING)
        return fail(answer, CALL_BAD_FRAMING);
    answer->is_cut = answer->bytes.len > answer->head.len;
    answer->bytes.len = answer->head.len;
    return ANSWER_DONE;
}

static void answer_keep(struct answer *answer, const struct body_piece *piece)
{
    size_t room = (size_t)limit(LIMIT_RESPONSE_KEPT) - answer->kept;
    size_t len = piece->len < room ? piece->len : room;
    if (len > 0)
        memmove(answer->bytes.data + answer->head.len + answer->kept, piece->data, len);
    answer->kept += len;
    answer->body_seen += piece->len;
    answer->is_cut = answer->is_cut || len < piece->len;
}

// Goes through what came behind the kept body, which lies at kept_end.
static enum answer_state answer_read_body(struct answer *answer)
{
    struct buf *bytes = &answer->bytes;
    size_t at = answer->head.len + answer->kept;
    enum body_state state;
    do {
        struct body_piece piece;
        size_t used;
        state = body_read(&answer->body, bytes->data + at, bytes->len - at, &used, &piece);
        answer_keep(answer, &piece);
        at += used;
    } while (state == BODY_MORE && at < bytes->len);

    bool has_extra = at < bytes->len;
    bytes->len = answer->head.len + answer->kept;
    if (state == BODY_DONE) {
        answer->is_reusable = !has_extra && !answer->head.closes;
        return ANSWER_DONE;
    }
    bool is_over = answer->body_seen > (uint64_t)limit(LIMIT_RESPONSE_BODY);
    if (state == BODY_MORE && !is_over)
        return ANSWER_MORE;
    answer->is_cut = true;
    return ANSWER_DONE;
}

// What is no HTTP is told at once, not when a line ends or time is up.
static bool begins_as_http(const struct buf *bytes)
{
    static const char start[] = "HTTP/1.";
    size_t len = bytes->len < sizeof start - 1 ? bytes->len : sizeof start - 1;
    return memcmp(bytes->data, start, len) == 0;
}

static enum answer_state answer_read_head(struct answer *answer)
{
    struct head *head = &answer->head;
    do {
        if (answer->bytes.len == 0)
            return ANSWER_MORE;
        if (!begins_as_http(&answer->bytes))
            return fail(answer, CALL_BAD_STATUS_LINE);
        switch (head_feed(head, answer->bytes.data, answer->bytes.len)) {
        case HEAD_MORE: return ANSWER_MORE;
        case HEAD_BAD: return fail(answer, result_of(head->fault));
        case HEAD_DONE: break;
        }
        if (head->status >= 200) {
            answer->has_head = true;
            answer_count_lines(answer);
            return ANSWER_DONE;
        }
    } while (answer_skip_interim(answer));
    return ANSWER_FAILED;
}

enum answer_state answer_feed(struct answer *answer, size_t len)
{
    buf_added(&answer->bytes, len);
    if (answer->has_head)
        return answer_read_body(answer);
    enum answer_state state = answer_read_head(answer);
    if (state != ANSWER_DONE)
        return state;
    if (answer->head.framing == FRAMING_UNKNOWN)
        return answer_unknown_framing(answer);
    body_init(&answer->body, answer->head.framing, answer->head.body_len, UINT64_MAX,
              answer->head_left);
    return answer_read_body(answer);
}

enum answer_state answer_end(struct answer *answer, bool clean)
{
    if (!answer->has_head)
        return fail(answer, CALL_INCOMPLETE);
    bool is_whole = clean && answer->head.framing == FRAMING_CLOSE;
    answer->is_cut = answer->is_cut || !is_whole;
    return ANSWER_DONE;
}

static const char *answer_value(const struct answer *answer, const char *name,
                                size_t *ret_len)
{
    const struct head_line *line = head_find(&answer->head, answer->bytes.data, name);
    if (!line)
        return NULL;
    *ret_len = line->value.len;
    return answer->bytes.data + line->value.at;
}

// Digits only; the greatest number there is for anything beyond it.
static bool read_seconds(const char *text, size_t len, int64_t max, int64_t *ret)
{
    int64_t seconds = 0;
    if (len == 0 || !text_is(text, len, "0-9"))
        return false;
    for (size_t i = 0; i < len && seconds <= max; i++)
        seconds = seconds * 10 + (text[i] - '0');
    *ret = seconds < max ? seconds : max;
    return true;
}

int64_t answer_idle_max_ms(const struct answer *answer)
{
    static const char name[] = "timeout=";
    size_t len;
    const char *value = answer_value(answer, "keep-alive", &len);
    if (!value)
        return -1;
    for (const char *at = value, *end = value + len; at < end; at++) {
        if ((size_t)(end - at) < sizeof name || strncasecmp(at, name, sizeof name - 1) != 0)
            continue;
        at += sizeof name - 1;
        size_t digits = 0;
        while (at + digits < end && at[digits] >= '0' && at[digits] <= '9')
            digits++;
        int64_t seconds;
        return read_seconds(at, digits, 86400, &seconds) ? seconds * 1000 : 0;
    }
    return -1;
}

int64_t answer_retry_after_ms(const struct answer *answer, int64_t wall_ms)
{
    int64_t max = limit(LIMIT_RETRY_AFTER_MS), found;
    size_t len;
    const char *value = answer_value(answer, "retry-after", &len);
    if (!value)
        return -1;
    if (read_seconds(value, len, max / 1000, &found))
        return found * 1000;
    if (!text_from_http_time(value, len, &found))
        return -1;
    return found <= wall_ms ? 0 : found - wall_ms < max ? found - wall_ms : max;
}

// The host of a Location, or all of it where it names none.
static size_t location_host(const char **at, size_t len)
{
    const char *slashes = memmem(*at, len, "://", 3);
    if (!slashes)
        return len;
    len -= (size_t)(slashes + 3 - *at);
    *at = slashes + 3;
    size_t host_len = 0;
    while (host_len < len && !strchr("/?#", (*at)[host_len]))
        host_len++;
    return host_len;
}

void answer_redirect(const struct answer *answer, char *ret, size_t room)
{
    ret[0] = '\0';
    if (answer->head.status < 300 || answer->head.status > 399)
        return;
    size_t len;
    const char *target = answer_value(answer, "location", &len);
    if (!target || len == 0) {
        snprintf(ret, room, "it does not say where to");
        return;
    }
    len = location_host(&target, len);
    int at = snprintf(ret, room, "it points to ");
    assert(at > 0 && (size_t)at < room);
    for (size_t i = 0; i < len && (size_t)at + 5 < room; i++) {
        bool is_plain = target[i] > ' ' && target[i] < 0x7f && target[i] != '\\';
        at += snprintf(ret + at, room - (size_t)at, is_plain ? "%c" : "\\x%02x",
                       (unsigned char)target[i]);
    }
}
