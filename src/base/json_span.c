#include "base/json_span.h"

#include "base/json_scan.h"
#include "base/limits.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static enum json_kind kind_of(char first)
{
    switch (first) {
    case '{': return JSON_MAP;
    case '[': return JSON_LIST;
    case '"': return JSON_TEXT;
    case 't': return JSON_TRUE_VALUE;
    case 'f': return JSON_FALSE_VALUE;
    case 'n': return JSON_NULL_VALUE;
    default: return JSON_NUMBER;
    }
}

enum error_code json_check(const char *text, size_t len, struct json_span *ret,
                           struct error *error)
{
    struct json_scan scan = {.at = text, .end = text + len};
    const char *first;
    const char *behind;
    enum error_code code;

    json_scan_space(&scan);
    first = scan.at;
    code = json_scan_value(&scan);
    behind = scan.at;
    if (code == ERR_JSON_TOO_DEEP)
        return error_set(error, code, "nested deeper than %d levels at byte %zu",
                         (int)limit(LIMIT_JSON_DEPTH), (size_t)(scan.at - text));
    json_scan_space(&scan);
    if (code != ERR_OK || scan.at != scan.end)
        return error_set(error, ERR_BAD_JSON, "not JSON at byte %zu",
                         (size_t)(scan.at - text));
    *ret = (struct json_span){first, (size_t)(behind - first), kind_of(*first)};
    return ERR_OK;
}

void json_walk_init(struct json_walk *walk, const struct json_span *map_or_list)
{
    assert(map_or_list->kind == JSON_MAP || map_or_list->kind == JSON_LIST);
    walk->at = map_or_list->at + 1;
    walk->end = map_or_list->at + map_or_list->len - 1;
}

static void take_value(struct json_scan *scan, struct json_span *ret)
{
    enum error_code code;

    json_scan_space(scan);
    ret->at = scan->at;
    code = json_scan_value(scan);
    assert(code == ERR_OK);
    ret->len = (size_t)(scan->at - ret->at);
    ret->kind = kind_of(*ret->at);
}

bool json_next_item(struct json_walk *walk, struct json_span *ret)
{
    struct json_scan scan = {.at = walk->at, .end = walk->end};

    json_scan_space(&scan);
    if (scan.at == scan.end)
        return false;
    json_scan_skip(&scan, ',');
    take_value(&scan, ret);
    walk->at = scan.at;
    return true;
}

bool json_next_member(struct json_walk *walk, struct json_member *ret)
{
    struct json_scan scan;

    if (!json_next_item(walk, &ret->name))
        return false;
    scan = (struct json_scan){.at = walk->at, .end = walk->end};
    json_scan_space(&scan);
    json_scan_skip(&scan, ':');
    take_value(&scan, &ret->value);
    walk->at = scan.at;
    return true;
}

size_t json_find(const struct json_span *map, const char *name, struct json_span *ret)
{
    struct json_walk walk;
    struct json_member member;
    size_t count = 0;

    *ret = (struct json_span){.kind = JSON_NONE};
    json_walk_init(&walk, map);
    while (json_next_member(&walk, &member)) {
        if (!json_text_equal(&member.name, name))
            continue;
        if (count++ == 0)
            *ret = member.value;
    }
    return count;
}

static size_t utf8(int32_t c, char ret[4])
{
    const uint32_t bits = (uint32_t)c;

    if (c <= 0)
        return 0;
    if (c < 0x80) {
        ret[0] = (char)bits;
        return 1;
    }
    if (c < 0x800) {
        ret[0] = (char)(0xc0 | bits >> 6);
        ret[1] = (char)(0x80 | (bits & 63));
        return 2;
    }
    if (c < 0x10000) {
        ret[0] = (char)(0xe0 | bits >> 12);
        ret[1] = (char)(0x80 | (bits >> 6 & 63));
        ret[2] = (char)(0x80 | (bits & 63));
        return 3;
    }
    ret[0] = (char)(0xf0 | bits >> 18);
    ret[1] = (char)(0x80 | (bits >> 12 & 63));
    ret[2] = (char)(0x80 | (bits >> 6 & 63));
    ret[3] = (char)(0x80 | (bits & 63));
    return 4;
}

// The bytes of the character that follows the backslash at *at; 0: a NUL, or not one. *at
// moves behind it.
static size_t read_escape(const char **at, const char *end, char ret[4])
{
    static const char short_forms[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *found;

    ++*at;
    found = *at < end ? memchr(short_forms, **at, sizeof short_forms - 1) : NULL;
    if (found) {
        ++*at;
        ret[0] = meanings[found - short_forms];
        return 1;
    }
    return utf8(json_scan_character(at, end), ret);
}

// A byte as it stands, or an escape's bytes; 0: it is half a character.
static size_t read_character(const char **at, const char *end, char ret[4])
{
    if (**at == '\\')
        return read_escape(at, end, ret);
    ret[0] = *(*at)++;
    return 1;
}

bool json_text(const struct json_span *text, char *ret, size_t room, size_t *ret_len)
{
    const char *at = text->at + 1;
    const char *end = text->at + text->len - 1;
    size_t len = 0;

    while (at < end) {
        char character[4];
        size_t step = read_character(&at, end, character);
        if (step == 0 || step + len >= room)
            return false;
        memcpy(ret + len, character, step);
        len += step;
    }
    if (len >= room)
        return false;
    ret[len] = '\0';
    *ret_len = len;
    return true;
}

bool json_text_equal(const struct json_span *text, const char *plain)
{
    const char *at = text->at + 1;
    const char *end = text->at + text->len - 1;

    while (at < end) {
        char character[4];
        size_t step = read_character(&at, end, character);
        if (step == 0 || strncmp(plain, character, step) != 0)
            return false;
        plain += step;
    }
    return *plain == '\0';
}
