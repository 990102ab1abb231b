#include "base/json_scan.h"

#include "base/limits.h"
#include "base/text.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

static char peek(const struct json_scan *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

bool json_scan_skip(struct json_scan *scan, char c)
{
    bool is_there = peek(scan) == c;

    scan->at += is_there;
    return is_there;
}

void json_scan_space(struct json_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

// How many of eight bytes from the first are plain: ASCII, no control byte, quote or
// backslash. A byte's top bit is set in odd if it is not plain; a borrow can only spoil bytes
// behind one that is not plain already.
static size_t plain_of_8(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bytes;
    uint64_t odd;

    memcpy(&bytes, at, sizeof bytes);
    bytes = le64toh(bytes);
    odd = bytes | (bytes - ones * ' ') | ((bytes ^ ones * '"') - ones) |
          ((bytes ^ ones * '\\') - ones);
    odd &= ones * 0x80;
    return odd ? (size_t)__builtin_ctzll(odd) / 8 : 8;
}

static void skip_plain(struct json_scan *scan)
{
    while (scan->end - scan->at >= 8) {
        size_t plain = plain_of_8(scan->at);
        scan->at += plain;
        if (plain < 8)
            return;
    }
    while (scan->at < scan->end && (unsigned char)*scan->at >= 0x20 && *scan->at != '"' &&
           *scan->at != '\\' && (unsigned char)*scan->at < 0x80)
        scan->at++;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The 16 bits of uXXXX, of which at is the u; -1: it is not that.
static int32_t hex_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 5 || *at != 'u')
        return -1;
    for (int i = 1; i <= 4; i++) {
        int value = hex_value(at[i]);
        if (value < 0)
            return -1;
        unit = unit << 4 | value;
    }
    return unit;
}

int32_t json_scan_character(const char **at, const char *end)
{
    int32_t first = hex_unit(*at, end);
    int32_t second;

    if (first < 0 || (first >= 0xdc00 && first < 0xe000))
        return -1;
    *at += 5;
    if (first < 0xd800 || first >= 0xe000)
        return first;
    if (*at == end || **at != '\\')
        return -1;
    second = hex_unit(*at + 1, end);
    if (second < 0xdc00 || second >= 0xe000)
        return -1;
    *at += 6;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

static bool scan_escape(struct json_scan *scan)
{
    scan->at++;
    switch (peek(scan)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': scan->at++; return true;
    case 'u': return json_scan_character(&scan->at, scan->end) >= 0;
    default: return false;
    }
}

static bool scan_text(struct json_scan *scan)
{
    if (!json_scan_skip(scan, '"'))
        return false;
    for (;;) {
        skip_plain(scan);
        if (scan->at == scan->end)
            return false;
        if (*scan->at == '"') {
            scan->at++;
            return true;
        }
        if (*scan->at == '\\') {
            if (!scan_escape(scan))
                return false;
            continue;
        }
        size_t run = text_utf8_run(scan->at, (size_t)(scan->end - scan->at));
        if (run == 0) // a control byte, or no character
            return false;
        scan->at += run;
    }
}

static bool scan_digits(struct json_scan *scan)
{
    const char *first = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return scan->at > first;
}

static bool scan_number(struct json_scan *scan)
{
    json_scan_skip(scan, '-');
    if (!json_scan_skip(scan, '0') && !scan_digits(scan))
        return false;
    if (json_scan_skip(scan, '.') && !scan_digits(scan))
        return false;
    if (!json_scan_skip(scan, 'e') && !json_scan_skip(scan, 'E'))
        return true;
    if (!json_scan_skip(scan, '+'))
        json_scan_skip(scan, '-');
    return scan_digits(scan);
}

static bool scan_word(struct json_scan *scan, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
        return false;
    scan->at += len;
    return true;
}

// A value that holds no other.
static bool scan_leaf(struct json_scan *scan)
{
    switch (peek(scan)) {
    case '"': return scan_text(scan);
    case 't': return scan_word(scan, "true");
    case 'f': return scan_word(scan, "false");
    case 'n': return scan_word(scan, "null");
    default: return scan_number(scan);
    }
}

static bool scan_name(struct json_scan *scan)
{
    json_scan_space(scan);
    if (!scan_text(scan))
        return false;
    json_scan_space(scan);
    return json_scan_skip(scan, ':');
}

static char closer(const struct json_scan *scan)
{
    return scan->maps & 1 ? '}' : ']';
}

// Behind a value: closes what ends there, and stops before the next value or at the end.
static bool scan_to_next(struct json_scan *scan)
{
    while (scan->depth) {
        json_scan_space(scan);
        if (json_scan_skip(scan, ','))
            return scan->maps & 1 ? scan_name(scan) : true;
        if (!json_scan_skip(scan, closer(scan)))
            return false;
        scan->maps >>= 1;
        scan->depth--;
    }
    return true;
}

// Behind the bracket that opens a container: stops before its first value, if it has one.
static bool scan_to_first(struct json_scan *scan)
{
    json_scan_space(scan);
    if (peek(scan) == closer(scan))
        return scan_to_next(scan);
    return scan->maps & 1 ? scan_name(scan) : true;
}

enum error_code json_scan_value(struct json_scan *scan)
{
    const unsigned depth_max = (unsigned)limit(LIMIT_JSON_DEPTH);
    bool is_good;

    static_assert(LIMIT_MOST_JSON_DEPTH <= 8 * sizeof scan->maps, "each level needs its bit");
    do {
        json_scan_space(scan);
        char c = peek(scan);
        if (c == '{' || c == '[') {
            if (scan->depth == depth_max)
                return ERR_JSON_TOO_DEEP;
            scan->at++;
            scan->depth++;
            scan->maps = scan->maps << 1 | (c == '{');
            is_good = scan_to_first(scan);
        } else {
            is_good = scan_leaf(scan) && scan_to_next(scan);
        }
    } while (is_good && scan->depth);
    return is_good ? ERR_OK : ERR_BAD_JSON;
}
