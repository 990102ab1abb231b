#include "base/text.h"

#include <string.h>

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool text_equal(const char *a, size_t a_len, const char *b)
{
    return strlen(b) == a_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

bool text_equal_nocase(const char *a, size_t a_len, const char *b)
{
    if (strlen(b) != a_len)
        return false;
    for (size_t at = 0; at < a_len; at++)
        if (lower(a[at]) != lower(b[at]))
            return false;
    return true;
}

static void allow(bool set[256], const char *allowed)
{
    const unsigned char *at = (const unsigned char *)allowed;

    for (; *at; at++) {
        unsigned first = *at;
        if (at[1] == '-' && at[2]) // a minus sign that means itself stands last
            at += 2;
        for (unsigned c = first; c <= *at; c++)
            set[c] = true;
    }
}

bool text_is(const char *text, size_t len, const char *allowed)
{
    bool set[256] = {false};

    allow(set, allowed);
    for (size_t at = 0; at < len; at++)
        if (!set[(unsigned char)text[at]])
            return false;
    return true;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

// The first two bytes hold enough of the code point to shut out overlong forms, surrogates
// and everything over U+10FFFF: RFC 3629, section 4.
static inline size_t utf8_step(const unsigned char *at, size_t len)
{
    unsigned high;

    if (at[0] < 0xe0)
        return at[0] >= 0xc2 && len >= 2 && is_tail(at[1]) ? 2 : 0;
    if (len < 3 || !is_tail(at[1]) || !is_tail(at[2]))
        return 0;
    high = (at[0] & 0xfu) << 6 | (at[1] & 0x3fu);
    if (at[0] < 0xf0)
        return high >= 0x800 >> 6 && (high < 0xd800 >> 6 || high >= 0xe000 >> 6) ? 3 : 0;
    if (len < 4 || !is_tail(at[3]))
        return 0;
    return high >= 0x10000 >> 12 && high < 0x110000 >> 12 ? 4 : 0;
}

size_t text_utf8_step(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;

    if (len == 0)
        return 0;
    return at[0] < 0x80 ? 1 : utf8_step(at, len);
}

size_t text_utf8_run(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t run = 0;

    while (run < len && at[run] >= 0x80) {
        size_t step = utf8_step(at + run, len - run);
        if (step == 0)
            break;
        run += step;
    }
    return run;
}

static bool is_ascii8(const char *text)
{
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(const char *text, size_t len)
{
    while (len) {
        size_t step = len >= 8 && is_ascii8(text) ? 8 : (unsigned char)*text < 0x80;
        if (step == 0)
            step = text_utf8_run(text, len);
        if (step == 0)
            return false;
        text += step;
        len -= step;
    }
    return true;
}

size_t text_utf8_count(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t at = 0; at < len; at++)
        count += !is_tail((unsigned char)text[at]);
    return count;
}

bool text_is_email(const char *text, size_t len)
{
    enum { EMAIL_MAX = 254 };
    const char *at = memchr(text, '@', len);

    return len <= EMAIL_MAX && text_is(text, len, "!-~") && at && at > text &&
           at + 1 < text + len &&
           text_is(at + 1, (size_t)(text + len - at - 1), "A-Za-z0-9.-") &&
           text_is(text, (size_t)(at - text), "A-Za-z0-9.!#$%&'*+/=?^_`{|}~-");
}

bool text_to_uint(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;

    if (len == 0 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t at = 0; at < len; at++) {
        unsigned digit = (unsigned char)text[at] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    if (number > max)
        return false;
    *ret = number;
    return true;
}
