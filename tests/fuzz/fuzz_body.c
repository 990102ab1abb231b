// A body has one reading, however its bytes arrive: the same state, the same bytes, the same
// end. The first byte of the input chooses how they come.

#include "net/body.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096, TRAILERS = 256 };

struct result {
    enum body_state state;
    size_t used, len;
    char data[BODY_MAX];
};

static void read_by(struct result *ret, const char *bytes, size_t size, size_t piece_max)
{
    struct body body;

    *ret = (struct result){.state = BODY_MORE};
    body_init(&body, FRAMING_CHUNKED, 0, BODY_MAX, TRAILERS);
    while (ret->state == BODY_MORE && ret->used < size) {
        size_t given = size - ret->used < piece_max ? size - ret->used : piece_max;
        char *copy = malloc(given);
        struct body_piece piece;
        size_t used;
        assert(copy);
        memcpy(copy, bytes + ret->used, given);
        ret->state = body_read(&body, copy, given, &used, &piece);
        assert(used <= given && (used > 0 || ret->state != BODY_MORE));
        assert(piece.len <= used && ret->len + piece.len <= BODY_MAX);
        if (piece.len)
            memcpy(ret->data + ret->len, piece.data, piece.len);
        ret->len += piece.len;
        ret->used += used;
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct result whole, parts;

    if (size < 2)
        return 0;
    read_by(&whole, (const char *)data + 1, size - 1, size - 1);
    read_by(&parts, (const char *)data + 1, size - 1, (size_t)data[0] % 16 + 1);
    assert(parts.state == whole.state && parts.used == whole.used && parts.len == whole.len);
    assert(memcmp(parts.data, whole.data, whole.len) == 0);
    return 0;
}
