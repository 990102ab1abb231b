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

// A number of any length, read in place: 0.d1d2d3… × 10^magnitude, d1 not 0.
struct figure {
    const char *at, *end; // from d1 on; a point may stand between
    int64_t magnitude;
    bool is_negative;
    bool is_zero;
};

static const int64_t MAGNITUDE_MAX = 1000000000;

static int64_t exponent_of(const char *at, const char *end)
{
    bool is_negative = at < end && *at == '-';
    int64_t exponent = 0;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && is_digit(*at) && exponent < MAGNITUDE_MAX; at++)
        exponent = exponent * 10 + (*at - '0');
    if (exponent > MAGNITUDE_MAX)
        exponent = MAGNITUDE_MAX;
    return is_negative ? -exponent : exponent;
}

static struct figure figure_read(const char *at, size_t len)
{
    const char *end = at + len;
    struct figure figure = {.is_negative = len > 0 && *at == '-', .is_zero = true};
    bool has_point = false;
    for (at += figure.is_negative; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            has_point = true;
            continue;
        }
        if (figure.is_zero && *at != '0') {
            figure.is_zero = false;
            figure.at = at;
        }
        if (!has_point && !figure.is_zero)
            figure.magnitude++;
        else if (has_point && figure.is_zero)
            figure.magnitude--;
    }
    figure.end = at;
    if (figure.is_zero)
        return (struct figure){.is_zero = true};
    if (at < end)
        figure.magnitude += exponent_of(at + 1, end);
    return figure;
}

// The next digit; 0s without end behind the last.
static char next_digit(struct figure *figure)
{
    if (figure->at < figure->end && *figure->at == '.')
        figure->at++;
    return figure->at < figure->end ? *figure->at++ : '0';
}

static int compare_sizes(struct figure a, struct figure b)
{
    if (a.magnitude != b.magnitude)
        return a.magnitude < b.magnitude ? -1 : 1;
    while (a.at < a.end || b.at < b.end) {
        char of_a = next_digit(&a), of_b = next_digit(&b);
        if (of_a != of_b)
            return of_a < of_b ? -1 : 1;
    }
    return 0;
}

static int sign_of(const struct figure *figure)
{
    return figure->is_zero ? 0 : figure->is_negative ? -1 : 1;
}

int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct figure of_a = figure_read(a, a_len), of_b = figure_read(b, b_len);
    int sign = sign_of(&of_a);
    if (sign != sign_of(&of_b))
        return sign < sign_of(&of_b) ? -1 : 1;
    return sign == 0 ? 0 : sign * compare_sizes(of_a, of_b);
}
