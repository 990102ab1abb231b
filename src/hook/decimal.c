#include "hook/decimal.h"

#include <stdint.h>

// 18 digits moved by at most 18 places stay below 10^37, which 128 bits hold twice.
enum { DIGITS_MAX = 18, EXPONENT_MAX = 9 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_exponent(const char *text, size_t len, int *ret)
{
    size_t at = 1; // behind the e
    bool is_negative = at < len && text[at] == '-';
    int exponent = 0;
    if (at < len && (text[at] == '-' || text[at] == '+'))
        at++;
    for (; at < len && is_digit(text[at]) && exponent <= EXPONENT_MAX; at++)
        exponent = exponent * 10 + (text[at] - '0');
    *ret = is_negative ? -exponent : exponent;
    return at == len;
}

bool decimal_read(const char *text, size_t len, struct decimal *ret)
{
    size_t at = 0, digits = 0;
    int fraction = 0, exponent = 0;
    bool has_point = false, is_negative = len > 0 && text[0] == '-';
    ret->digits = 0;
    for (at += is_negative; at < len && (is_digit(text[at]) || text[at] == '.'); at++) {
        if (text[at] == '.') {
            has_point = true;
            continue;
        }
        ret->digits = ret->digits * 10 + (text[at] - '0');
        digits += ret->digits != 0;
        fraction += has_point;
        if (digits > DIGITS_MAX || fraction > EXPONENT_MAX)
            return false;
    }
    if (at < len && !read_exponent(text + at, len - at, &exponent))
        return false;
    if (is_negative)
        ret->digits = -ret->digits;
    ret->exponent = exponent - fraction;
    return ret->exponent >= -EXPONENT_MAX && ret->exponent <= EXPONENT_MAX;
}

// All in units of 10^−EXPONENT_MAX.
static __int128 scaled(struct decimal decimal)
{
    for (int i = -EXPONENT_MAX; i < decimal.exponent; i++)
        decimal.digits *= 10;
    return decimal.digits;
}

bool decimal_is_equal(struct decimal a, struct decimal b)
{
    return scaled(a) == scaled(b);
}

bool decimal_is_difference(struct decimal total, struct decimal plus, struct decimal minus)
{
    return scaled(total) == scaled(plus) - scaled(minus);
}
