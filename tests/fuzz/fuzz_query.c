// Queries, and keys: what a query is read into is text without NUL, each parameter once; and
// a key that is accepted is of the one form that makes it again.

#include "api/key_text.h"
#include "api/query.h"
#include "base/arena.h"
#include "base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NAMES = 3 };
static const char *const names[NAMES] = {"limit", "cursor", "a"};

static void check_query(const char *text, size_t len)
{
    struct text_span values[NAMES];
    struct error error = {0};
    struct arena arena;

    arena_init(&arena);
    enum error_code code =
        query_read((struct text_span){text, len}, names, NAMES, &arena, values, &error);
    assert(code == ERR_OK || (error.field[0] == '?' && error.text[0] != '\0'));
    for (size_t i = 0; code == ERR_OK && i < NAMES; i++) {
        assert(values[i].at != NULL || values[i].len == 0);
        assert(values[i].at == NULL || strlen(values[i].at) == values[i].len);
        assert(values[i].at == NULL || text_is_utf8(values[i].at, values[i].len));
        assert(values[i].len <= len);
    }
    arena_done(&arena);
}

static void check_key(const char *text, size_t len)
{
    struct key_parts parts;

    if (key_text_parse(text, len, &parts)) {
        assert(len == 8 + KEY_LOOKUP_LEN + 1 + KEY_SECRET_LEN + KEY_CRC_LEN);
        assert(parts.secret == text + 8 + KEY_LOOKUP_LEN + 1);
        assert(text_is(parts.lookup, strlen(parts.lookup), "0-9A-Za-z"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_query((const char *)data, len);
    check_key((const char *)data, len);
    return 0;
}
