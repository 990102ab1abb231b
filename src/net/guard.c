#include "net/guard.h"

#include "base/memory.h"
#include "base/text.h"
#include "net/guard_lists.h"
#include "net/hostname.h"
#include "net/network.h"

#include <assert.h>
#include <ifaddrs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// No real network is wider than these; "everything" in two halves is refused as well.
enum { WIDEST_V4 = 8, WIDEST_V6 = 7 };

struct rule {
    struct network network;
    const char *text; // for a range of the lists
    uint16_t port;    // for an allowance; 0: the usual ports
};

struct own {
    struct ip ip;
    uint16_t port;
    bool is_any; // the listener is bound to all addresses
};

// The interfaces' addresses: main replaces them while workers look.
struct hosts {
    pthread_rwlock_t lock;
    struct ip *ips;
    size_t count;
};

struct guard {
    enum guard_http http;
    struct rule never[16];
    struct rule denied[48];
    struct rule *allowed;
    size_t allowed_count;
    struct own *own; // listeners
    size_t own_count;
    struct hosts *hosts;
};

static void guard_load(struct rule *rules, size_t room, const char *const *rows)
{
    for (size_t i = 0; rows[i]; i++) {
        assert(i + 1 < room); // the last stays empty and ends the list
        char cidr[NETWORK_TEXT_MAX];
        size_t len = strcspn(rows[i], " ");
        assert(len < sizeof cidr);
        memcpy(cidr, rows[i], len);
        cidr[len] = '\0';
        bool is_cidr = network_parse(cidr, &rules[i].network);
        assert(is_cidr);
        rules[i].text = rows[i];
    }
}

static void guard_add_own(struct guard *guard, struct own own)
{
    size_t size = (guard->own_count + 1) * sizeof *guard->own;
    guard->own = memory_resize(guard->own, size);
    guard->own[guard->own_count++] = own;
}

static bool ip_of_interface(const struct ifaddrs *interface, struct ip *ret)
{
    struct address address = {0};
    int family = interface->ifa_addr ? interface->ifa_addr->sa_family : AF_UNSPEC;

    if (family != AF_INET && family != AF_INET6)
        return false;
    address.len = family == AF_INET ? sizeof address.as.v4 : sizeof address.as.v6;
    memcpy(&address.as, interface->ifa_addr, address.len);
    return ip_from_address(&address, ret);
}

static void hosts_set(struct hosts *hosts, struct ip *ips, size_t count)
{
    int failed = pthread_rwlock_wrlock(&hosts->lock);
    struct ip *old = hosts->ips;

    assert(!failed);
    hosts->ips = ips;
    hosts->count = count;
    pthread_rwlock_unlock(&hosts->lock);
    free(old);
}

static bool hosts_have(struct hosts *hosts, const struct ip *ip)
{
    int failed = pthread_rwlock_rdlock(&hosts->lock);
    bool has = false;

    assert(!failed);
    for (size_t i = 0; i < hosts->count && !has; i++)
        has = memcmp(hosts->ips[i].bytes, ip->bytes, sizeof ip->bytes) == 0;
    pthread_rwlock_unlock(&hosts->lock);
    return has;
}

void guard_refresh(struct guard *guard)
{
    struct ifaddrs *interfaces;
    struct ip *ips = NULL;
    struct ip ip;
    size_t count = 0;

    if (getifaddrs(&interfaces) != 0)
        return;
    for (struct ifaddrs *at = interfaces; at; at = at->ifa_next)
        if (ip_of_interface(at, &ip)) {
            ips = memory_resize(ips, (count + 1) * sizeof *ips);
            ips[count++] = ip;
        }
    freeifaddrs(interfaces);
    hosts_set(guard->hosts, ips, count);
}

struct guard *guard_new(enum guard_http http)
{
    struct guard *guard = NEW(struct guard);
    guard->http = http;
    guard_load(guard->never, sizeof guard->never / sizeof *guard->never, guard_never);
    guard_load(guard->denied, sizeof guard->denied / sizeof *guard->denied, guard_denied);
    guard->hosts = NEW(struct hosts);
    pthread_rwlock_init(&guard->hosts->lock, NULL);
    guard_refresh(guard);
    return guard;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    free(guard->allowed);
    free(guard->own);
    pthread_rwlock_destroy(&guard->hosts->lock);
    free(guard->hosts->ips);
    free(guard->hosts);
    free(guard);
}

static bool is_too_wide(const struct network *network)
{
    if (ip_is_v4(&network->first) && network->bits >= NETWORK_V4_BITS)
        return network->bits < NETWORK_V4_BITS + WIDEST_V4;
    return network->bits < WIDEST_V6;
}

enum error_code guard_allow(struct guard *guard, const char *rule, struct error *error)
{
    struct rule allowed = {0};
    const char *comma = strchr(rule, ',');
    size_t cidr_len = comma ? (size_t)(comma - rule) : strlen(rule);
    char cidr[NETWORK_TEXT_MAX];
    if (cidr_len >= sizeof cidr)
        return error_set(error, ERR_CONFIG, "%.80s is not a CIDR", rule);
    memcpy(cidr, rule, cidr_len);
    cidr[cidr_len] = '\0';
    if (!network_parse(cidr, &allowed.network))
        return error_set(error, ERR_CONFIG,
                         "%s is not a CIDR like 192.168.1.0/24 or 10.1.2.3/32", cidr);
    if (is_too_wide(&allowed.network))
        return error_set(error, ERR_CONFIG,
                         "%s is too wide: the guard cannot be switched off", cidr);
    uint64_t port = 0;
    if (comma && (!text_to_uint(comma + 1, strlen(comma + 1), 65535, &port) || port == 0))
        return error_set(error, ERR_CONFIG, "%.80s does not end in a port", rule);
    allowed.port = (uint16_t)port;
    guard->allowed =
        memory_resize(guard->allowed, (guard->allowed_count + 1) * sizeof allowed);
    guard->allowed[guard->allowed_count++] = allowed;
    return ERR_OK;
}

static bool ip_is_any(const struct ip *ip)
{
    static const struct ip zero;
    size_t start = ip_is_v4(ip) ? 12 : 0;
    return memcmp(ip->bytes + start, zero.bytes + start, 16 - start) == 0;
}

static bool ip_is_loopback(const struct ip *ip)
{
    static const struct ip one = {{[15] = 1}};
    if (ip_is_v4(ip))
        return ip->bytes[12] == 127;
    return memcmp(ip->bytes, one.bytes, 16) == 0;
}

void guard_deny_own(struct guard *guard, const struct address *listener)
{
    struct own own = {.port = address_port(listener)};
    bool is_known = ip_from_address(listener, &own.ip);
    assert(is_known && own.port != 0);
    own.is_any = ip_is_any(&own.ip);
    guard_add_own(guard, own);
}

static const struct rule *rule_find(const struct rule *rules, const struct ip *ip)
{
    for (const struct rule *rule = rules; rule->text; rule++)
        if (network_has(&rule->network, ip))
            return rule;
    return NULL;
}

static bool is_this_host(const struct guard *guard, const struct ip *ip)
{
    if (ip_is_any(ip) || ip_is_loopback(ip) || hosts_have(guard->hosts, ip))
        return true;
    for (size_t i = 0; i < guard->own_count; i++)
        if (memcmp(guard->own[i].ip.bytes, ip->bytes, sizeof ip->bytes) == 0)
            return true;
    return false;
}

// 0.0.0.0 and :: lead to whoever listens on loopback.
static bool is_own_listener(const struct guard *guard, const struct ip *ip, uint16_t port)
{
    for (size_t i = 0; i < guard->own_count; i++) {
        const struct own *own = &guard->own[i];
        if (own->port != port)
            continue;
        if (memcmp(own->ip.bytes, ip->bytes, sizeof ip->bytes) == 0)
            return true;
        if (own->is_any ? is_this_host(guard, ip) : ip_is_any(ip) && ip_is_loopback(&own->ip))
            return true;
    }
    return false;
}

// The allowance that names this address and port; one that names the port is preferred.
static const struct rule *guard_allowance(const struct guard *guard, const struct ip *ip,
                                          uint16_t port)
{
    const struct rule *found = NULL;
    for (size_t i = 0; i < guard->allowed_count; i++) {
        const struct rule *rule = &guard->allowed[i];
        if ((rule->port == 0 || rule->port == port) && network_has(&rule->network, ip))
            if (!found || rule->port != 0)
                found = rule;
    }
    return found;
}

static const char *guard_denies_place(const struct guard *guard, const struct ip *ip)
{
    const struct rule *rule = rule_find(guard->denied, ip);
    if (rule)
        return rule->text;
    if (!ip_is_v4(ip) && (ip->bytes[0] & 0xe0) != 0x20)
        return "outside 2000::/3";
    return is_this_host(guard, ip) ? "an address of this host" : NULL;
}

// What forbids it: NULL and its kind, or the rule in words.
enum denial { DENIAL_NONE, DENIAL_PLACE, DENIAL_PORT, DENIAL_HTTP };

static const char *deny(enum denial *ret, enum denial denial, const char *rule)
{
    *ret = denial;
    return rule;
}

static const char *guard_judge(const struct guard *guard, const struct address *address,
                               bool tls, enum denial *ret)
{
    struct ip ip;
    if (!ip_from_address(address, &ip))
        return deny(ret, DENIAL_PLACE, "not an Internet address");
    uint16_t port = address_port(address);
    if (is_own_listener(guard, &ip, port))
        return deny(ret, DENIAL_PLACE, "a listener of this server");
    const struct rule *never = rule_find(guard->never, &ip);
    if (never)
        return deny(ret, DENIAL_PLACE, never->text);

    const struct rule *allowance = guard_allowance(guard, &ip, port);
    const char *place = allowance ? NULL : guard_denies_place(guard, &ip);
    if (place)
        return deny(ret, DENIAL_PLACE, place);
    bool is_named_port = allowance && allowance->port != 0;
    if (port == 0 || (!is_named_port && !guard_port_is_good(port, tls)))
        return deny(ret, DENIAL_PORT, "the port");
    if (!tls && guard->http == GUARD_HTTP_OFF)
        return deny(ret, DENIAL_HTTP, "http is off");
    if (!tls && guard->http == GUARD_HTTP_PRIVATE && !allowance)
        return deny(ret, DENIAL_HTTP,
                    "http to an address that --allow-private does not name");
    return deny(ret, DENIAL_NONE, NULL);
}

const char *guard_denies(const struct guard *guard, const struct address *address, bool tls)
{
    enum denial denial;
    return guard_judge(guard, address, tls, &denial);
}

// Whether a name of this kind may resolve to an address that the operator allowed.
static bool guard_may_resolve(const struct guard *guard, enum guard_name kind)
{
    for (size_t i = 0; i < guard->allowed_count; i++)
        if (ip_is_loopback(&guard->allowed[i].network.first) == (kind == GUARD_NAME_LOOPBACK))
            return true;
    return false;
}

static bool guard_names_port(const struct guard *guard, uint16_t port)
{
    for (size_t i = 0; i < guard->allowed_count; i++)
        if (guard->allowed[i].port == port)
            return true;
    return false;
}

static enum error_code refuse(enum denial denial, uint16_t port, struct error *error)
{
    switch (denial) {
    case DENIAL_NONE: return ERR_OK;
    case DENIAL_PLACE:
        return error_set(error, ERR_INVALID_URL,
                         "address_denied: the address of this endpoint is not allowed");
    case DENIAL_PORT:
        return error_set(error, ERR_INVALID_URL, "port_denied: port %u is not allowed", port);
    case DENIAL_HTTP: break;
    }
    return error_set(error, ERR_INVALID_URL, "https_required: plain http is not allowed");
}

static enum error_code guard_check_name(const struct guard *guard, bool tls, const char *host,
                                        uint16_t port, struct error *error)
{
    enum guard_name kind = guard_name_of(host, strlen(host));
    bool is_good = kind == GUARD_NAME_GOOD ||
                   (kind != GUARD_NAME_NEVER && guard_may_resolve(guard, kind));
    if (!is_good || !hostname_is_good(host))
        return error_set(error, ERR_INVALID_URL,
                         "name_denied: this name does not lead to a public address");
    if (!guard_port_is_good(port, tls) && !guard_names_port(guard, port))
        return refuse(DENIAL_PORT, port, error);
    bool is_http_possible =
        guard->http == GUARD_HTTP_ON ||
        (guard->http == GUARD_HTTP_PRIVATE && guard_may_resolve(guard, kind));
    return refuse(tls || is_http_possible ? DENIAL_NONE : DENIAL_HTTP, port, error);
}

enum error_code guard_check_target(const struct guard *guard, bool tls, const char *host,
                                   uint16_t port, struct error *error)
{
    struct address address;
    if (!hostname_to_address(host, port, &address))
        return guard_check_name(guard, tls, host, port, error);
    enum denial denial;
    guard_judge(guard, &address, tls, &denial);
    return refuse(denial, port, error);
}

enum error_code guard_check_plain(const struct guard *guard, const char *host, uint16_t port,
                                  struct error *error)
{
    struct address address;
    struct ip ip;
    bool is_allowed =
        hostname_to_address(host, port, &address)
            ? ip_from_address(&address, &ip) && guard_allowance(guard, &ip, port) != NULL
            : guard_may_resolve(guard, guard_name_of(host, strlen(host)));

    return refuse(is_allowed ? DENIAL_NONE : DENIAL_HTTP, port, error);
}
