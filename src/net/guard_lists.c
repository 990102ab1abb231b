#include "net/guard_lists.h"

#include "base/text.h"

#include <string.h>

const char *const guard_never[] = {
    "169.254.0.0/16 link-local and metadata services",
    "168.63.129.16/32 metadata service (Azure)",
    "100.100.100.200/32 metadata service (Alibaba)",
    "192.0.0.192/32 metadata service (Oracle)",
    "224.0.0.0/4 multicast",
    "255.255.255.255/32 broadcast",
    "fd00:ec2::254/128 metadata service (AWS)",
    "fd20:ce::254/128 metadata service (Google)",
    "fe80::/10 link-local",
    "ff00::/8 multicast",
    NULL,
};

const char *const guard_denied[] = {
    "0.0.0.0/8 this network", // Linux connects 0.0.0.0 to loopback
    "10.0.0.0/8 private",
    "100.64.0.0/10 shared by carriers",
    "127.0.0.0/8 loopback",
    "172.16.0.0/12 private",
    "192.0.0.0/24 protocol assignments",
    "192.0.2.0/24 documentation",
    "192.31.196.0/24 AS112",
    "192.52.193.0/24 AMT",
    "192.88.99.0/24 6to4 relays",
    "192.168.0.0/16 private",
    "192.175.48.0/24 AS112",
    "198.18.0.0/15 benchmarking",
    "198.51.100.0/24 documentation",
    "203.0.113.0/24 documentation",
    "240.0.0.0/4 reserved",
    "161.26.0.0/16 cloud services (IBM)",
    "166.8.0.0/14 cloud services (IBM)",
    "::1/128 loopback",
    "::/128 this host",
    "::/8 embedded and reserved",
    "100::/64 discard",
    "100:0:0:1::/64 dummy prefix",
    "2001::/23 protocol assignments",
    "2001:db8::/32 documentation",
    "2002::/16 6to4",
    "2620:4f:8000::/48 AS112",
    "3fff::/20 documentation",
    "5f00::/16 segment routing",
    "fc00::/7 private",
    "fec0::/10 site-local",
    NULL,
};

// Above 1023 only; the first rows are the Fetch standard's, the last are stores of data that
// answer whoever speaks to them.
static const uint16_t bad_ports[] = {1719, 1720, 1723,  2049, 3659, 4045, 4190,  5060,
                                     5061, 6000, 6566,  6665, 6666, 6667, 6668,  6669,
                                     6679, 6697, 10080, 3306, 5432, 6379, 11211, 27017};

bool guard_port_is_good(uint16_t port, bool tls)
{
    if (port < 1024)
        return port == (tls ? 443 : 80);
    for (size_t i = 0; i < sizeof bad_ports / sizeof *bad_ports; i++)
        if (port == bad_ports[i])
            return false;
    return true;
}

static const struct {
    const char *name; // with a leading dot: and all names under it
    enum guard_name kind;
} names[] = {
    {"metadata.google.internal", GUARD_NAME_NEVER},
    {".localhost", GUARD_NAME_LOOPBACK},
    {"ip6-localhost", GUARD_NAME_LOOPBACK},
    {"ip6-loopback", GUARD_NAME_LOOPBACK},
    {".local", GUARD_NAME_INSIDE},
    {".localdomain", GUARD_NAME_INSIDE},
    {".internal", GUARD_NAME_INSIDE},
    {".home.arpa", GUARD_NAME_INSIDE},
    {".svc", GUARD_NAME_INSIDE},
    {".cluster.local", GUARD_NAME_INSIDE},
};

static bool name_matches(const char *host, size_t len, const char *name)
{
    if (*name != '.')
        return text_equal_nocase(host, len, name);
    size_t name_len = strlen(name);
    return text_equal_nocase(host, len, name + 1) ||
           (len > name_len && text_equal_nocase(host + len - name_len, name_len, name));
}

enum guard_name guard_name_of(const char *host, size_t len)
{
    if (len > 0 && host[len - 1] == '.')
        len--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name_matches(host, len, names[i].name))
            return names[i].kind;
    return memchr(host, '.', len) ? GUARD_NAME_GOOD : GUARD_NAME_INSIDE;
}
