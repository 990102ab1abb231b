#include "net/network.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static const struct network mapped = {{{[10] = 0xff, [11] = 0xff}}, NETWORK_V4_BITS};
static const struct network nat64 = {{{[1] = 0x64, [2] = 0xff, [3] = 0x9b}}, NETWORK_V4_BITS};

static bool starts_with(const struct ip *ip, const struct network *network)
{
    size_t whole = network->bits / 8;
    if (memcmp(network->first.bytes, ip->bytes, whole) != 0)
        return false;
    unsigned rest = network->bits % 8;
    if (rest == 0)
        return true;
    unsigned differing = (unsigned)network->first.bytes[whole] ^ ip->bytes[whole];
    return differing >> (8 - rest) == 0;
}

bool ip_is_v4(const struct ip *ip)
{
    return starts_with(ip, &mapped);
}

// IPv4 addresses are in no IPv6 network, though ::/8 is how their bits begin here.
bool network_has(const struct network *network, const struct ip *ip)
{
    if (network->bits < NETWORK_V4_BITS && ip_is_v4(ip))
        return false;
    return starts_with(ip, network);
}

static void ip_set_v4(struct ip *ip, const void *four_bytes)
{
    memmove(ip->bytes + 12, four_bytes, 4); // may lie there already
    memcpy(ip->bytes, mapped.first.bytes, 12);
}

static void ip_set_v6(struct ip *ip, const void *sixteen_bytes)
{
    memcpy(ip->bytes, sixteen_bytes, 16);
    if (starts_with(ip, &nat64))
        ip_set_v4(ip, ip->bytes + 12);
}

bool ip_from_address(const struct address *address, struct ip *ret)
{
    sa_family_t family = address->as.any.sa_family;
    if (family == AF_INET && address->len == sizeof address->as.v4)
        ip_set_v4(ret, &address->as.v4.sin_addr);
    else if (family == AF_INET6 && address->len == sizeof address->as.v6)
        ip_set_v6(ret, &address->as.v6.sin6_addr);
    else
        return false;
    return true;
}

// Nothing may be set behind the prefix: "10.1.0.0/8" is a slip of the pen, not a range.
static bool is_exact(const struct network *network)
{
    for (unsigned bit = network->bits; bit < 128; bit++)
        if ((unsigned)network->first.bytes[bit / 8] & (0x80U >> bit % 8))
            return false;
    return true;
}

bool network_parse(const char *text, struct network *ret)
{
    const char *slash = strchr(text, '/');
    char literal[NETWORK_TEXT_MAX];
    if (!slash || (size_t)(slash - text) >= sizeof literal)
        return false;
    memcpy(literal, text, (size_t)(slash - text));
    literal[slash - text] = '\0';

    uint64_t bits;
    if (!text_to_uint(slash + 1, strlen(slash + 1), 128, &bits))
        return false;
    uint8_t bytes[16];
    if (inet_pton(AF_INET, literal, bytes) == 1 && bits <= 32) {
        ip_set_v4(&ret->first, bytes);
        bits += NETWORK_V4_BITS;
    } else if (inet_pton(AF_INET6, literal, bytes) == 1) {
        ip_set_v6(&ret->first, bytes);
    } else {
        return false;
    }
    ret->bits = (unsigned)bits;
    return is_exact(ret);
}
