// What a host may be: a literal address, or a name by the letter-digit-hyphen rule whose last
// label cannot be taken for a number.

#ifndef NET_HOSTNAME_H
#define NET_HOSTNAME_H

#include "net/address.h"

#include <stdbool.h>
#include <stdint.h>

// A canonical IPv4 quad, or IPv6 without brackets and zone. False: not a literal.
bool hostname_to_address(const char *host, uint16_t port, struct address *ret);

// RFC 1123 section 2.1: labels of 1 to 63 letters, digits and inner hyphens, at most 253 in
// all, one dot at the end allowed. False also where the last label is a number, decimal or
// hexadecimal, because C libraries read such names as addresses (127.1, 0x7f.1, 10.0.0.010).
bool hostname_is_good(const char *host);

#endif
