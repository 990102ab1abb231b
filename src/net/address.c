#include "net/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void address_host(const struct address *address, char *ret)
{
    bool is_v6 = address->as.any.sa_family == AF_INET6;
    const void *bytes = is_v6 ? (const void *)&address->as.v6.sin6_addr
                              : (const void *)&address->as.v4.sin_addr;

    ret[0] = '\0';
    if (address->len > 0 &&
        !inet_ntop(address->as.any.sa_family, bytes, ret, ADDRESS_TEXT_MAX))
        ret[0] = '\0';
}

void address_text(const struct address *address, char *ret)
{
    char host[ADDRESS_TEXT_MAX];
    bool is_v6 = address->as.any.sa_family == AF_INET6;

    address_host(address, host);
    ret[0] = '\0';
    if (host[0] == '\0')
        return;
    snprintf(ret, ADDRESS_TEXT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", host,
             (unsigned)address_port(address));
}

static bool parse_v4(const char *host, uint16_t port, struct address *ret)
{
    *ret = (struct address){.len = sizeof ret->as.v4};
    ret->as.v4.sin_family = AF_INET;
    ret->as.v4.sin_port = htons(port);
    return inet_pton(AF_INET, host, &ret->as.v4.sin_addr) == 1;
}

static bool parse_v6(const char *host, uint16_t port, struct address *ret)
{
    *ret = (struct address){.len = sizeof ret->as.v6};
    ret->as.v6.sin6_family = AF_INET6;
    ret->as.v6.sin6_port = htons(port);
    return inet_pton(AF_INET6, host, &ret->as.v6.sin6_addr) == 1;
}

bool address_parse(const char *text, struct address *ret)
{
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    bool is_v6 = text[0] == '[';
    size_t host_len;
    uint64_t port;

    if (!colon || !text_to_uint(colon + 1, strlen(colon + 1), UINT16_MAX, &port))
        return false;
    host_len = (size_t)(colon - text);
    if (is_v6) {
        if (host_len < 2 || text[host_len - 1] != ']')
            return false;
        text++;
        host_len -= 2;
    }
    if (host_len >= sizeof host)
        return false;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    return is_v6 ? parse_v6(host, (uint16_t)port, ret) : parse_v4(host, (uint16_t)port, ret);
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->len != b->len || a->len == 0)
        return a->len == b->len;
    if (a->as.any.sa_family != b->as.any.sa_family)
        return false;
    if (address_port(a) != address_port(b))
        return false;
    if (a->as.any.sa_family == AF_INET6)
        return memcmp(&a->as.v6.sin6_addr, &b->as.v6.sin6_addr, sizeof(struct in6_addr)) ==
                   0 &&
               a->as.v6.sin6_scope_id == b->as.v6.sin6_scope_id;
    return a->as.v4.sin_addr.s_addr == b->as.v4.sin_addr.s_addr;
}

uint16_t address_port(const struct address *address)
{
    return ntohs(address->as.any.sa_family == AF_INET6 ? address->as.v6.sin6_port
                                                       : address->as.v4.sin_port);
}

bool address_is_loopback(const struct address *address)
{
    const struct in6_addr *v6 = &address->as.v6.sin6_addr;

    if (address->as.any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(v6) ||
               (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
    return address->as.any.sa_family == AF_INET &&
           ntohl(address->as.v4.sin_addr.s_addr) >> 24 == 127;
}

void address_unmap(struct address *address)
{
    struct sockaddr_in plain = {.sin_family = AF_INET};

    if (address->as.any.sa_family != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&address->as.v6.sin6_addr))
        return;
    plain.sin_port = address->as.v6.sin6_port;
    memcpy(&plain.sin_addr, &address->as.v6.sin6_addr.s6_addr[12], sizeof plain.sin_addr);
    address->as.v4 = plain;
    address->len = sizeof plain;
}
