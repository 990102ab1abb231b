// A socket address that was, or is to be, connected to: IPv4 or IPv6 with a port, never
// anything else, held by value.

#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } as;
    socklen_t len;
};

enum { ADDRESS_TEXT_MAX = 64 };

// "127.0.0.1:8080" or "[::1]:8080"; ret must hold ADDRESS_TEXT_MAX.
void address_text(const struct address *address, char *ret);
void address_host(const struct address *address, char *ret); // the same without its port
// A literal address with a port, as address_text() writes it. False: not one.
bool address_parse(const char *text, struct address *ret);
bool address_equal(const struct address *a, const struct address *b);
uint16_t address_port(const struct address *address);
// An IPv4 address in IPv6 clothes (::ffff:a.b.c.d) becomes the IPv4 address; others stay.
void address_unmap(struct address *address);
bool address_is_loopback(const struct address *address);

#endif
