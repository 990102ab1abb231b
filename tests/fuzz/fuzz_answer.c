// An answer has one reading, however its bytes arrive: the same verdict, status and body. The
// first byte of the input is the size of the pieces; the rest what the receiver sends before
// it closes.

#include "net/answer.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum answer_state read_all(struct answer *answer, const uint8_t *bytes, size_t len,
                                  size_t piece)
{
    enum answer_state state = ANSWER_MORE;
    while (state == ANSWER_MORE && len > 0) {
        size_t room;
        char *at = answer_room(answer, &room);
        size_t part = piece < room ? piece : room;
        part = part < len ? part : len;
        memcpy(at, bytes, part);
        state = answer_feed(answer, part);
        bytes += part;
        len -= part;
    }
    return state == ANSWER_MORE ? answer_end(answer, true) : state;
}

static void check_done(const struct answer *answer)
{
    char words[200];
    assert(answer->has_head && answer->head.status >= 200 && answer->head.status <= 999);
    assert(answer->head.len + answer->kept <= answer->bytes.len);
    assert(answer->interim <= 8);
    int64_t wait_ms = answer_retry_after_ms(answer, 1795294800000);
    assert(wait_ms >= -1 && wait_ms <= 86400000);
    int64_t idle_ms = answer_idle_max_ms(answer);
    assert(idle_ms >= -1 && idle_ms <= 86400000);
    answer_redirect(answer, words, sizeof words);
    for (const char *at = words; *at; at++)
        assert(*at >= ' ' && *at <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer whole, pieces;
    if (size == 0 || size > 60000)
        return 0;
    answer_init(&whole);
    answer_init(&pieces);
    enum answer_state state = read_all(&whole, data + 1, size - 1, SIZE_MAX);
    assert(state != ANSWER_MORE);
    assert(read_all(&pieces, data + 1, size - 1, (size_t)data[0] + 1) == state);
    if (state == ANSWER_DONE) {
        check_done(&whole);
        assert(pieces.head.status == whole.head.status && pieces.kept == whole.kept);
        assert(memcmp(pieces.bytes.data, whole.bytes.data, whole.head.len + whole.kept) == 0);
    } else {
        assert(pieces.fault == whole.fault && whole.fault != CALL_ANSWERED);
    }
    answer_done(&whole);
    answer_done(&pieces);
    return 0;
}
