// Every range of the policy at its edges, and 100,000 random addresses against a second
// implementation that shares nothing with the first.

#include "net/guard_lists.h"

#include "net/guard.h"
#include "net/hostname.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *host, uint16_t port)
{
    struct address address;
    if (!hostname_to_address(host, port, &address))
        fail_msg("%s is no literal", host);
    return address;
}

static const char *denies(const struct guard *guard, const char *host, uint16_t port,
                          bool tls)
{
    struct address address = address_of(host, port);
    return guard_denies(guard, &address, tls);
}

// The neighbours of a range are public unless another row denies them: "" then.
static const struct {
    const char *first, *inside, *last, *below, *above;
} ranges[] = {
    {"0.0.0.0", "0.1.2.3", "0.255.255.255", "", "1.0.0.0"},
    {"10.0.0.0", "10.9.8.7", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"100.64.0.0", "100.100.1.1", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
    {"127.0.0.0", "127.0.0.1", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"169.254.0.0", "169.254.169.254", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
    {"172.16.0.0", "172.20.1.1", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
    {"192.0.0.0", "192.0.0.192", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"192.0.2.0", "192.0.2.128", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
    {"192.31.196.0", "192.31.196.9", "192.31.196.255", "192.31.195.255", "192.31.197.0"},
    {"192.52.193.0", "192.52.193.9", "192.52.193.255", "192.52.192.255", "192.52.194.0"},
    {"192.88.99.0", "192.88.99.1", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
    {"192.168.0.0", "192.168.0.120", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
    {"192.175.48.0", "192.175.48.9", "192.175.48.255", "192.175.47.255", "192.175.49.0"},
    {"198.18.0.0", "198.19.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
    {"198.51.100.0", "198.51.100.9", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
    {"203.0.113.0", "203.0.113.9", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
    {"224.0.0.0", "239.1.1.1", "239.255.255.255", "223.255.255.255", ""},
    {"240.0.0.0", "250.1.1.1", "255.255.255.255", "", ""},
    {"168.63.129.16", "168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"},
    {"161.26.0.0", "161.26.9.9", "161.26.255.255", "161.25.255.255", "161.27.0.0"},
    {"166.8.0.0", "166.9.9.9", "166.11.255.255", "166.7.255.255", "166.12.0.0"},
    {"::", "::1", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""},
    {"100::", "100::1", "100::ffff:ffff:ffff:ffff", "", ""},
    {"100:0:0:1::", "100:0:0:1::1", "100:0:0:1:ffff:ffff:ffff:ffff", "", ""},
    {"2001::", "2001:0:4136:e378::1", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"2001:db8::", "2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"2002::", "2002:7f00:1::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"},
    {"2620:4f:8000::", "2620:4f:8000::1", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
     "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"},
    {"3fff::", "3fff::1", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
    {"4000::", "5f00::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"100:0:0:2::", "1fff::1", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2000::"},
    {"fc00::", "fd00:ec2::254", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""},
    {"fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""},
    {"fec0::", "fec0::1", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""},
    {"ff00::", "ff02::1", "ffff::", "", ""},
    {"64:ff9b:1::", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "", ""},
    {"64:ff9b::", "64:ff9b::7f00:1", "64:ff9b::ff:ffff", "", "64:ff9b::100:0"},
    {"64:ff9b::a9fe:0", "64:ff9b::a9fe:a9fe", "64:ff9b::a9fe:ffff", "64:ff9b::a9fd:ffff",
     "64:ff9b::a9ff:0"},
    {"::ffff:127.0.0.0", "::ffff:7f00:1", "::ffff:127.255.255.255", "::ffff:126.255.255.255",
     "::ffff:128.0.0.0"},
    {"::127.0.0.1", "::ffff:0:127.0.0.1", "::5efe:7f00:1", "", ""},
};

static void test_ranges(void **state)
{
    (void)state;
    struct guard *guard = guard_new(GUARD_HTTP_PRIVATE);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const char *denied[] = {ranges[i].first, ranges[i].inside, ranges[i].last};
        const char *public[] = {ranges[i].below, ranges[i].above};
        for (size_t j = 0; j < 3; j++)
            if (!denies(guard, denied[j], 443, true))
                fail_msg("%s is not denied", denied[j]);
        for (size_t j = 0; j < 2; j++)
            if (*public[j] && denies(guard, public[j], 443, true))
                fail_msg("%s is denied: %s", public[j], denies(guard, public[j], 443, true));
    }
    guard_free(guard);
}

// What the policy says, in another form than the guard's: cut by first octets and groups.
static bool reference_v4(uint32_t ip)
{
    unsigned a = ip >> 24, b = ip >> 16 & 255, c = ip >> 8 & 255;
    if (a == 0 || a == 10 || a == 127 || a >= 224)
        return true;
    switch (a) {
    case 100: return b >= 64 && b <= 127;
    case 161: return b == 26;
    case 166: return b >= 8 && b <= 11;
    case 168: return ip == 0xa83f8110;
    case 169: return b == 254;
    case 172: return b >= 16 && b <= 31;
    case 192:
        return b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 31 && c == 196) ||
               (b == 52 && c == 193) || (b == 88 && c == 99) || (b == 175 && c == 48);
    case 198: return b == 18 || b == 19 || (b == 51 && c == 100);
    case 203: return b == 0 && c == 113;
    default: return false;
    }
}

static bool reference_v6(const uint16_t group[8])
{
    bool is_zero_to_5 = !group[0] && !group[1] && !group[2] && !group[3] && !group[4];
    uint32_t last = (uint32_t)group[6] << 16 | group[7];
    if (is_zero_to_5 && group[5] == 0xffff)
        return reference_v4(last);
    if (group[0] == 0x64 && group[1] == 0xff9b && !group[2] && !group[3] && !group[4] &&
        !group[5])
        return reference_v4(last);
    if (group[0] < 0x2000 || group[0] > 0x3fff)
        return true;
    return (group[0] == 0x2001 && (group[1] < 0x200 || group[1] == 0xdb8)) ||
           group[0] == 0x2002 ||
           (group[0] == 0x2620 && group[1] == 0x4f && group[2] == 0x8000) ||
           (group[0] == 0x3fff && group[1] < 0x1000);
}

static uint64_t next_random(uint64_t *state) // xorshift, so that a failure can be repeated
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

// Half of the random bits come near a range: it would otherwise hardly ever be hit.
static void random_v6(uint64_t *state, uint16_t group[8])
{
    static const uint16_t near[] = {0,      0x64,   0x100,  0x1fff, 0x2000, 0x2001,
                                    0x2002, 0x2620, 0x3fff, 0x4000, 0x5f00, 0xfc00,
                                    0xfe80, 0xfec0, 0xff00, 0xff9b, 0x4f,   0x8000,
                                    0xdb8,  0xffff, 0x1ff,  0x200,  0x7f00, 0xa9fe};
    uint64_t shape = next_random(state);
    for (size_t i = 0; i < 8; i++, shape >>= 4) {
        uint64_t bits = next_random(state);
        group[i] = (uint16_t)bits;
        if ((shape & 3) == 1)
            group[i] = near[(bits >> 20) % (sizeof near / sizeof *near)];
        else if ((shape & 3) >= 2)
            group[i] = 0;
    }
    if ((shape & 7) == 0) { // an IPv4 address in one of its disguises
        memset(group, 0, 12);
        group[0] = shape & 8 ? 0x64 : 0;
        group[1] = shape & 8 ? 0xff9b : 0;
        group[5] = shape & 8 ? 0 : 0xffff;
    }
}

static void test_random_addresses(void **state)
{
    (void)state;
    struct guard *guard = guard_new(GUARD_HTTP_OFF);
    uint64_t seed = 0x9e3779b97f4a7c15U, denied = 0;
    for (int i = 0; i < 100000; i++) {
        struct address v4 = {.len = sizeof v4.as.v4}, v6 = {.len = sizeof v6.as.v6};
        uint32_t ip = (uint32_t)next_random(&seed);
        v4.as.v4.sin_family = AF_INET;
        v4.as.v4.sin_port = htons(443);
        v4.as.v4.sin_addr.s_addr = htonl(ip);
        bool is_denied = guard_denies(guard, &v4, true) != NULL;
        if (is_denied != reference_v4(ip))
            fail_msg("round %d: %08x", i, ip);
        denied += is_denied;

        uint16_t group[8];
        random_v6(&seed, group);
        v6.as.v6.sin6_family = AF_INET6;
        v6.as.v6.sin6_port = htons(443);
        for (size_t j = 0; j < 8; j++)
            v6.as.v6.sin6_addr.s6_addr16[j] = htons(group[j]);
        char text[64];
        address_text(&v6, text);
        if ((guard_denies(guard, &v6, true) != NULL) != reference_v6(group))
            fail_msg("round %d: %s", i, text);
    }
    assert_in_range(denied, 10000, 30000);
    guard_free(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_random_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
