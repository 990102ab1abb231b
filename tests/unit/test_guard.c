// What an operator's rules lift and what they never do, ports, schemes, this host's own
// listeners and addresses, and what is told at registration.

#include "net/guard.h"

#include "net/hostname.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

static const struct {
    const char *rule; // NULL: none
    const char *host;
    uint16_t port;
    bool tls;
    enum guard_http http;
    bool is_allowed;
} cases[] = {
    // an allowance names address and port
    {"192.168.0.120/32,8443", "192.168.0.120", 8443, true, GUARD_HTTP_OFF, true},
    {"192.168.0.120/32,8443", "192.168.0.121", 8443, true, GUARD_HTTP_OFF, false},
    {"192.168.0.120/32,8443", "192.168.0.120", 443, true, GUARD_HTTP_OFF, false},
    {"192.168.0.120/32,22", "192.168.0.120", 22, true, GUARD_HTTP_OFF, true},
    {"192.168.0.120/32", "192.168.0.120", 22, true, GUARD_HTTP_OFF, false},
    {"192.168.0.120/32", "::ffff:192.168.0.120", 443, true, GUARD_HTTP_OFF, true},
    {"::ffff:192.168.0.0/112", "192.168.3.4", 443, true, GUARD_HTTP_OFF, true},
    {"127.0.0.0/8", "127.0.0.1", 8080, false, GUARD_HTTP_PRIVATE, true},
    {"127.0.0.0/8", "127.0.0.1", 80, false, GUARD_HTTP_PRIVATE, true},
    {"127.0.0.0/8", "127.0.0.1", 443, true, GUARD_HTTP_PRIVATE, true},
    {"127.0.0.0/8", "127.0.0.1", 25, false, GUARD_HTTP_PRIVATE, false},
    {"127.0.0.0/8", "127.0.0.1", 6379, false, GUARD_HTTP_PRIVATE, false},
    {"127.0.0.0/8", "::1", 8080, false, GUARD_HTTP_PRIVATE, false},
    {"fc00::/7", "fd12::1", 443, true, GUARD_HTTP_OFF, true},
    {"10.0.0.0/8", "0.0.0.0", 443, true, GUARD_HTTP_OFF, false},
    // never
    {"169.254.0.0/16", "169.254.169.254", 443, true, GUARD_HTTP_OFF, false},
    {"169.254.169.254/32,80", "169.254.169.254", 80, false, GUARD_HTTP_ON, false},
    {"168.63.129.16/32", "168.63.129.16", 443, true, GUARD_HTTP_OFF, false},
    {"100.64.0.0/10", "100.100.100.200", 443, true, GUARD_HTTP_OFF, false},
    {"100.64.0.0/10", "100.100.100.201", 443, true, GUARD_HTTP_OFF, true},
    {"192.0.0.0/24", "192.0.0.192", 443, true, GUARD_HTTP_OFF, false},
    {"224.0.0.0/8", "224.0.0.1", 443, true, GUARD_HTTP_OFF, false},
    {"fe80::/10", "fe80::1", 443, true, GUARD_HTTP_OFF, false},
    {"fd00::/8", "fd00:ec2::254", 443, true, GUARD_HTTP_OFF, false},
    {"fd00::/8", "fd20:ce::254", 443, true, GUARD_HTTP_OFF, false},
    {"ff00::/8", "ff02::1", 443, true, GUARD_HTTP_OFF, false},
    {"169.254.0.0/16", "64:ff9b::a9fe:a9fe", 443, true, GUARD_HTTP_OFF, false},
    // schemes
    {NULL, "8.8.8.8", 80, false, GUARD_HTTP_OFF, false},
    {NULL, "8.8.8.8", 80, false, GUARD_HTTP_PRIVATE, false},
    {NULL, "8.8.8.8", 80, false, GUARD_HTTP_ON, true},
    {NULL, "8.8.8.8", 443, true, GUARD_HTTP_OFF, true},
    {"127.0.0.0/8", "127.0.0.1", 8080, false, GUARD_HTTP_OFF, false},
    {"127.0.0.0/8,8081", "127.0.0.1", 8080, false, GUARD_HTTP_ON, false},
    // ports
    {NULL, "8.8.8.8", 80, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 443, false, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 1023, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 1024, true, GUARD_HTTP_ON, true},
    {NULL, "8.8.8.8", 65535, true, GUARD_HTTP_ON, true},
    {NULL, "8.8.8.8", 22, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 25, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 465, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 587, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 2049, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 5432, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 6379, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 6667, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 11211, true, GUARD_HTTP_ON, false},
    {NULL, "8.8.8.8", 0, true, GUARD_HTTP_ON, false},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guard *guard = guard_new(cases[i].http);
        if (cases[i].rule)
            assert_int_equal(guard_allow(guard, cases[i].rule, NULL), ERR_OK);
        const char *why = denies(guard, cases[i].host, cases[i].port, cases[i].tls);
        if ((why == NULL) != cases[i].is_allowed)
            fail_msg("row %zu, %s port %u: %s", i, cases[i].host, cases[i].port,
                     why ? why : "allowed");
        guard_free(guard);
    }
}

static void test_rules_that_are_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"0.0.0.0/0",
                                        "::/0",
                                        "0.0.0.0/1",
                                        "128.0.0.0/1",
                                        "::ffff:0:0/96",
                                        "64:ff9b::/96",
                                        "8000::/1",
                                        "2000::/3",
                                        "10.0.0.0",
                                        "10.0.0.1/8",
                                        "10.0.0.0/33",
                                        "10.0.0.0/",
                                        "10.0.0.0/8,",
                                        "10.0.0.0/8,0",
                                        "10.0.0.0/8,80x",
                                        "10.0.0.0/8,65536",
                                        "10.0.0.0/8,+80",
                                        "10.0.0.0/08",
                                        "fc00::/129",
                                        "localhost/8",
                                        "",
                                        "/8",
                                        "10.0.0/8",
                                        "fe80::1%lo/128",
                                        "10.0.0.0/8,80,90"};
    struct guard *guard = guard_new(GUARD_HTTP_PRIVATE);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct error error = {0};
        if (guard_allow(guard, rules[i], &error) != ERR_CONFIG || !error.text[0])
            fail_msg("%s is taken", rules[i]);
    }
    assert_non_null(denies(guard, "10.0.0.1", 80, false));
    guard_free(guard);
}

static void test_own_listeners(void **state)
{
    (void)state;
    static const struct {
        const char *listener, *host;
        uint16_t port;
        bool is_allowed;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1", 8080, false},
        {"127.0.0.1", "127.0.0.1", 8081, true},
        {"127.0.0.1", "127.0.0.2", 8080, true},
        {"0.0.0.0", "127.0.0.2", 8080, false},
        {"0.0.0.0", "127.0.0.2", 8081, true},
        {"::", "127.0.0.1", 8080, false},
        {"::", "::1", 8080, false},
        {"127.0.0.1", "0.0.0.0", 8080, false},
        {"127.0.0.1", "::ffff:127.0.0.1", 8080, false},
        {"127.0.0.1", "64:ff9b::7f00:1", 8080, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guard *guard = guard_new(GUARD_HTTP_ON);
        struct address listener = address_of(rows[i].listener, 8080);
        guard_deny_own(guard, &listener);
        assert_int_equal(guard_allow(guard, "127.0.0.0/8", NULL), ERR_OK);
        assert_int_equal(guard_allow(guard, "127.0.0.0/8,8080", NULL), ERR_OK);
        assert_int_equal(guard_allow(guard, "0.0.0.0/8", NULL), ERR_OK);
        assert_int_equal(guard_allow(guard, "::1/128,8080", NULL), ERR_OK);
        const char *why = denies(guard, rows[i].host, rows[i].port, false);
        if ((why == NULL) != rows[i].is_allowed)
            fail_msg("row %zu: %s", i, why ? why : "allowed");
        guard_free(guard);
    }
}

// Whatever address an interface has: denied, because it is this host's.
static void test_own_interfaces(void **state)
{
    (void)state;
    struct guard *guard = guard_new(GUARD_HTTP_ON);
    struct ifaddrs *all;
    assert_int_equal(getifaddrs(&all), 0);
    int seen = 0;
    for (struct ifaddrs *at = all; at; at = at->ifa_next) {
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET)
            continue;
        struct address address = {.len = sizeof address.as.v4};
        memcpy(&address.as.v4, at->ifa_addr, sizeof address.as.v4);
        address.as.v4.sin_port = htons(8080);
        assert_non_null(guard_denies(guard, &address, true));
        seen++;
    }
    freeifaddrs(all);
    assert_int_not_equal(seen, 0);
    guard_free(guard);
}

// In a network of its own, where lo gets a public address: a guard that was there before
// knows it once it has looked anew. 2: no such network can be had.
static int guard_at_public_address(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x09090909)};
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 2;
    struct guard *guard = guard_new(GUARD_HTTP_OFF);
    bool was_allowed = denies(guard, "9.9.9.9", 443, true) == NULL;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    memcpy(&request.ifr_addr, &name, sizeof name);
    if (fd < 0 || ioctl(fd, SIOCSIFADDR, &request) != 0)
        return 2;
    guard_refresh(guard);
    bool is_denied = denies(guard, "9.9.9.9", 443, true) != NULL;
    bool is_neighbour_allowed = denies(guard, "9.9.9.8", 443, true) == NULL;
    bool is_lifted = guard_allow(guard, "9.9.9.9/32", NULL) == ERR_OK &&
                     denies(guard, "9.9.9.9", 443, true) == NULL;
    return was_allowed && is_denied && is_neighbour_allowed && is_lifted ? 0 : 1;
}

static void test_public_address_of_this_host(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0)
        _exit(guard_at_public_address());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct {
    const char *rule;
    const char *host;
    uint16_t port;
    bool tls;
    enum guard_http http;
    const char *reason; // what the error begins with; NULL: accepted
} targets[] = {
    {NULL, "example.com", 443, true, GUARD_HTTP_PRIVATE, NULL},
    {NULL, "example.com.", 443, true, GUARD_HTTP_PRIVATE, NULL},
    {NULL, "example.com", 80, false, GUARD_HTTP_OFF, "https_required"},
    {NULL, "example.com", 80, false, GUARD_HTTP_PRIVATE, "https_required"},
    {NULL, "example.com", 80, false, GUARD_HTTP_ON, NULL},
    {"10.0.0.0/8", "hooks.example.com", 80, false, GUARD_HTTP_PRIVATE, NULL},
    {"10.0.0.0/8", "8.8.8.8", 80, false, GUARD_HTTP_PRIVATE, "https_required"},
    {"10.0.0.0/8", "10.1.1.1", 80, false, GUARD_HTTP_PRIVATE, NULL},
    {"10.0.0.0/8", "10.1.1.1", 80, false, GUARD_HTTP_OFF, "https_required"},
    {NULL, "10.1.1.1", 443, true, GUARD_HTTP_OFF, "address_denied"},
    {NULL, "::1", 443, true, GUARD_HTTP_OFF, "address_denied"},
    {NULL, "8.8.8.8", 25, true, GUARD_HTTP_OFF, "port_denied"},
    {NULL, "example.com", 6667, true, GUARD_HTTP_OFF, "port_denied"},
    {"10.0.0.0/8,25", "example.com", 25, true, GUARD_HTTP_OFF, NULL},
    {NULL, "localhost", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "LOCALHOST", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "localhost.", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "foo.localhost", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "ip6-localhost", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "kubernetes.default.svc", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "a.svc.cluster.local", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "x.local", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "x.internal", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "x.home.arpa", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "intranet", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "metadata.google.internal", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {"10.0.0.0/8", "metadata.google.internal", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {"10.0.0.0/8", "x.internal", 443, true, GUARD_HTTP_OFF, NULL},
    {"10.0.0.0/8", "intranet", 443, true, GUARD_HTTP_OFF, NULL},
    {"10.0.0.0/8", "localhost", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {"127.0.0.0/8", "localhost", 3000, false, GUARD_HTTP_PRIVATE, NULL},
    {"127.0.0.0/8", "intranet", 443, true, GUARD_HTTP_PRIVATE, "name_denied"},
    {"127.0.0.0/8", "example.com", 80, false, GUARD_HTTP_PRIVATE, "https_required"},
    {NULL, "notlocalhost.example", 443, true, GUARD_HTTP_OFF, NULL},
    {NULL, "127.1", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "10.0.0.010", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "1.2.3.0x4", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "a_b.example", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "a..example", 443, true, GUARD_HTTP_OFF, "name_denied"},
    {NULL, "-a.example", 443, true, GUARD_HTTP_OFF, "name_denied"},
};

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct guard *guard = guard_new(targets[i].http);
        struct error error = {.text = ""};
        if (targets[i].rule)
            assert_int_equal(guard_allow(guard, targets[i].rule, NULL), ERR_OK);
        enum error_code code = guard_check_target(guard, targets[i].tls, targets[i].host,
                                                  targets[i].port, &error);
        const char *reason = targets[i].reason ? targets[i].reason : "";
        if (strncmp(error.text, reason, strlen(reason)) != 0 ||
            code != (targets[i].reason ? ERR_INVALID_URL : ERR_OK))
            fail_msg("row %zu, %s: %s", i, targets[i].host, error.text);
        guard_free(guard);
    }
}

// Under a contract that asks for https, --http on opens nothing.
static void test_plain(void **state)
{
    static const struct {
        const char *rule, *host;
        uint16_t port;
        bool is_allowed;
    } rows[] = {
        {NULL, "example.com", 80, false},          {NULL, "8.8.8.8", 80, false},
        {"10.0.0.0/8", "example.com", 80, true},   {"10.0.0.0/8", "10.1.1.1", 80, true},
        {"10.0.0.0/8", "8.8.8.8", 80, false},      {"10.0.0.0/8,81", "10.1.1.1", 80, false},
        {"127.0.0.0/8", "example.com", 80, false}, {"127.0.0.0/8", "localhost", 3000, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guard *guard = guard_new(GUARD_HTTP_ON);
        struct error error = {.text = ""};
        if (rows[i].rule)
            assert_int_equal(guard_allow(guard, rows[i].rule, NULL), ERR_OK);
        enum error_code code = guard_check_plain(guard, rows[i].host, rows[i].port, &error);
        if (code != (rows[i].is_allowed ? ERR_OK : ERR_INVALID_URL))
            fail_msg("row %zu, %s: %s", i, rows[i].host, error.text);
        guard_free(guard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_that_are_refused),
        cmocka_unit_test(test_own_listeners),
        cmocka_unit_test(test_own_interfaces),
        cmocka_unit_test(test_public_address_of_this_host),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
