// Exact decimals, as JSON spells numbers: for sums of money that binary fractions cannot
// hold.

#ifndef HOOK_DECIMAL_H
#define HOOK_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

struct decimal {
    __int128 digits; // the value is digits × 10^exponent
    int exponent;
};

// A JSON number. False: it has more digits, or a larger exponent, than any sum of money.
bool decimal_read(const char *text, size_t len, struct decimal *ret);

bool decimal_is_equal(struct decimal a, struct decimal b);
bool decimal_is_difference(struct decimal total, struct decimal plus, struct decimal minus);

// Which of two JSON numbers is greater, by value and of any length: less than 0, 0, or more
// than 0. Exponents beyond a billion are as good as a billion.
int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
