// Whatever json_check() accepts can be walked, its strings read and its names found, and the
// spans of all that lie within the text, one after the other.

#include "base/buf.h"
#include "base/json_span.h"
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct json_span *span, const char *from, const char *end);

// What json_text() reads and buf_add_json() writes again must be read the same once more.
static void check_text(const struct json_span *span)
{
    char *text = malloc(span->len);
    size_t len;
    struct buf again;
    struct json_span back;

    assert(text);
    if (json_text(span, text, span->len, &len)) {
        assert(text_is_utf8(text, len) && strlen(text) == len);
        assert(json_text_equal(span, text));
        buf_init(&again, SIZE_MAX - 1);
        buf_add_json(&again, text, len);
        assert(json_check(again.data, again.len, &back, NULL) == ERR_OK);
        assert(json_text_equal(&back, text));
        buf_done(&again);
    }
    free(text);
}

static void check_name(const struct json_span *map, const struct json_member *member)
{
    char *name = malloc(member->name.len);
    struct json_span found;
    size_t len;

    assert(name);
    if (json_text(&member->name, name, member->name.len, &len)) {
        assert(json_find(map, name, &found) >= 1);
        assert(found.at <= member->value.at);
    }
    free(name);
}

static void walk_map(const struct json_span *span)
{
    struct json_walk at;
    struct json_member member;
    const char *from = span->at + 1;
    size_t count = 0;

    json_walk_init(&at, span);
    while (json_next_member(&at, &member)) {
        walk(&member.name, from, member.value.at);
        walk(&member.value, member.name.at + member.name.len, span->at + span->len - 1);
        from = member.value.at + member.value.len;
        if (count++ < 20) // each is a walk over the whole map
            check_name(span, &member);
    }
}

static void walk_list(const struct json_span *span)
{
    struct json_walk at;
    struct json_span item;
    const char *from = span->at + 1;

    json_walk_init(&at, span);
    while (json_next_item(&at, &item)) {
        walk(&item, from, span->at + span->len - 1);
        from = item.at + item.len;
    }
}

static void walk(const struct json_span *span, const char *from, const char *end)
{
    struct json_span alone;

    assert(span->len > 0 && span->at >= from && span->at + span->len <= end);
    assert(json_check(span->at, span->len, &alone, NULL) == ERR_OK);
    assert(alone.at == span->at && alone.len == span->len && alone.kind == span->kind);
    switch (span->kind) {
    case JSON_TEXT: check_text(span); break;
    case JSON_LIST: walk_list(span); break;
    case JSON_MAP: walk_map(span); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_span span;
    struct error error = {.code = ERR_OK};

    if (size > 20000) // a span is checked once per level
        return 0;
    if (json_check(text, size, &span, &error) == ERR_OK)
        walk(&span, text, text + size);
    else
        assert(error.code == ERR_BAD_JSON || error.code == ERR_JSON_TOO_DEEP);
    return 0;
}
