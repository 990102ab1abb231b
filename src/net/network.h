// Internet addresses and ranges of them as plain bits. IPv4 stands as ::ffff:a.b.c.d, so one
// comparison serves both families; NAT64's 64:ff9b::/96 is unwrapped to the IPv4 address that
// it leads to. Two spellings of one destination are therefore the same bits here.

#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include "net/address.h"

#include <stdbool.h>
#include <stdint.h>

struct ip {
    uint8_t bytes[16];
};

struct network {
    struct ip first;
    unsigned bits; // of the 128 that must be equal
};

enum { NETWORK_V4_BITS = 96, NETWORK_TEXT_MAX = 64 };

// False: neither IPv4 nor IPv6.
bool ip_from_address(const struct address *address, struct ip *ret);
bool ip_is_v4(const struct ip *ip);

// "10.0.0.0/8", "fc00::/7". False: not a CIDR, or bits are set behind the prefix.
bool network_parse(const char *text, struct network *ret);
bool network_has(const struct network *network, const struct ip *ip);

#endif
