// A head has one reading, however its bytes arrive; what it yields lies within it and in
// order, and its end is an empty line. A request that is accepted can be handed out. The
// first byte of the input chooses: even a request, odd a response; the rest of it how the
// bytes come.

#include "net/head.h"
#include "net/request.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct head_limits limits = {512, 20, 2048};

// Pieces of growing length, each time from a block of exactly what has come.
static enum head_state feed_pieces(struct head *head, enum head_kind kind, const char *bytes,
                                   size_t len, size_t piece)
{
    enum head_state state = HEAD_MORE;

    head_init(head, kind, limits);
    for (size_t so_far = 0; state == HEAD_MORE && so_far < len;) {
        char *copy;
        so_far = len - so_far < piece ? len : so_far + piece;
        copy = malloc(so_far);
        assert(copy);
        memcpy(copy, bytes, so_far);
        state = head_feed(head, copy, so_far);
        free(copy);
    }
    return state;
}

static void check_done(const struct head *head, const char *bytes, size_t len)
{
    uint32_t at = 0;

    assert(head->len >= 4 && head->len <= len);
    assert(memcmp(bytes + head->len - 4, "\r\n\r\n", 4) == 0);
    assert(head->line_count <= limits.lines_max);
    for (uint32_t i = 0; i < head->line_count; i++) {
        const struct head_line *line = &head->lines[i];
        assert(line->name.len > 0 && line->name.at > at);
        assert(line->value.at > line->name.at + line->name.len);
        at = line->value.at + line->value.len;
        assert(at < head->len);
        assert(!memchr(bytes + line->value.at, '\n', line->value.len));
    }
}

static void check_request(const struct head *head, const char *bytes, size_t len)
{
    static struct http_header headers[HEAD_LINES_MAX];
    char *copy = malloc(len);
    struct http_request request;
    struct error error;

    assert(copy);
    memcpy(copy, bytes, len);
    if (request_from_head(head, copy, headers, &request, &error) == ERR_OK) {
        assert(request.path_len > 0 && request.path[0] == '/');
        assert(request.header_count == head->line_count);
        assert(head->framing != FRAMING_CLOSE && head->framing != FRAMING_UNKNOWN);
        assert(!(head->coding_count && head->length_count));
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct head whole, parts;
    enum head_state state;
    enum head_kind kind;
    const char *bytes;

    if (size < 2)
        return 0;
    kind = data[0] & 1 ? HEAD_RESPONSE : HEAD_REQUEST;
    bytes = (const char *)data + 1;
    head_init(&whole, kind, limits);
    state = head_feed(&whole, bytes, size - 1);
    assert(feed_pieces(&parts, kind, bytes, size - 1, (size_t)(data[0] >> 1) + 1) == state);
    assert(parts.fault == whole.fault);
    if (state != HEAD_DONE)
        return 0;
    assert(parts.len == whole.len && parts.framing == whole.framing);
    assert(parts.body_len == whole.body_len && parts.closes == whole.closes);
    check_done(&whole, bytes, size - 1);
    if (kind == HEAD_REQUEST)
        check_request(&whole, bytes, size - 1);
    return 0;
}
