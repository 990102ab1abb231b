// What passes as a host name, the C library reads as nothing else; a literal has one meaning;
// and no rule that an operator may write opens the metadata service.

#include "net/guard.h"
#include "net/hostname.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *host)
{
    struct in_addr v4;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct address address;
    bool is_literal = hostname_to_address(host, 443, &address);
    bool is_name = hostname_is_good(host);
    assert(!is_literal || !is_name);
    if (is_name) {
        assert(inet_aton(host, &v4) == 0);
        assert(getaddrinfo(host, NULL, &hints, &found) != 0);
    }
    if (is_literal) {
        assert(getaddrinfo(host, NULL, &hints, &found) == 0);
        assert(found->ai_family == address.as.any.sa_family);
        freeaddrinfo(found);
    }
}

static void check_rule(const char *rule)
{
    static const char *const never[] = {"169.254.169.254", "::ffff:169.254.169.254",
                                        "64:ff9b::a9fe:a9fe", "fe80::1", "fd00:ec2::254"};
    struct guard *guard = guard_new(GUARD_HTTP_ON);
    struct address address;
    if (guard_allow(guard, rule, NULL) == ERR_OK)
        for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
            bool is_literal = hostname_to_address(never[i], 443, &address);
            assert(is_literal && guard_denies(guard, &address, true));
        }
    guard_free(guard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[300] = "";
    if (size >= sizeof text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    check_name(text);
    check_rule(text);
    return 0;
}
