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

// The second byte's range is narrower after some first bytes: RFC 3629, section 4. That is
// what shuts out overlong forms, surrogates and everything over U+10FFFF.
static bool is_second(unsigned char first, unsigned char c)
{
    switch (first) {
    case 0xe0: return c >= 0xa0 && c <= 0xbf;
    case 0xed: return c >= 0x80 && c <= 0x9f;
    case 0xf0: return c >= 0x90 && c <= 0xbf;
    case 0xf4: return c >= 0x80 && c <= 0x8f;
    default: return is_tail(c);
    }
}

size_t text_utf8_step(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t step;

    if (len == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    step = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (len < step || !is_second(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < step; i++)
        if (!is_tail(at[i]))
            return 0;
    return step;
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
        size_t step = len >= 8 && is_ascii8(text) ? 8 : text_utf8_step(text, len);
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
