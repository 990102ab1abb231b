// The limits of connections: of one address, of strangers among them, of all.

#include "serve/peers.h"

#include "base/limits.h"
#include "net/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse(text, &address));
    return address;
}

static int set_limits(void **state)
{
    (void)state;
    return limit_set(LIMIT_STRANGERS_PER_ADDRESS, 3) &&
                   limit_set(LIMIT_CONNECTIONS_PER_ADDRESS, 5) &&
                   limit_set(LIMIT_CONNECTIONS, 16)
               ? 0
               : -1;
}

static void strangers_are_fewer_than_the_known(void **state)
{
    struct peers *peers = peers_new(1);
    struct address a = address_of("127.0.0.1:1"), b = address_of("127.0.0.2:1");

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(peers_enter(peers, &a));
    assert_false(peers_enter(peers, &a)); // the fourth stranger
    assert_true(peers_enter(peers, &b));  // another address is not concerned
    peers_trust(peers, &a);
    assert_true(peers_enter(peers, &a));
    peers_trust(peers, &a);
    assert_true(peers_enter(peers, &a));
    assert_false(peers_enter(peers, &a)); // five are open
    peers_leave(peers, &a, true);
    assert_false(peers_enter(peers, &a)); // four, of which three are strangers
    peers_leave(peers, &a, false);
    assert_true(peers_enter(peers, &a));
    peers_free(peers);
}

static void all_together_are_limited(void **state)
{
    struct peers *peers = peers_new(1);
    struct address address = address_of("10.0.0.1:1");
    int entered = 0;

    (void)state;
    for (uint32_t i = 0; i < 40; i++) {
        address.as.v4.sin_addr.s_addr = i * 0x01010101u;
        entered += peers_enter(peers, &address);
    }
    assert_int_equal(entered, 16);
    peers_free(peers);
}

static void one_network_of_six_counts_as_one(void **state)
{
    struct peers *peers = peers_new(1);
    struct address a = address_of("[2001:db8:0:1::1]:1"),
                   b = address_of("[2001:db8:0:1::2]:1");
    struct address other = address_of("[2001:db8:0:2::1]:1");

    (void)state;
    assert_true(peers_enter(peers, &a));
    assert_true(peers_enter(peers, &b));
    assert_true(peers_enter(peers, &a));
    assert_false(peers_enter(peers, &b));
    assert_true(peers_enter(peers, &other));
    peers_free(peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_fewer_than_the_known),
        cmocka_unit_test(all_together_are_limited),
        cmocka_unit_test(one_network_of_six_counts_as_one),
    };

    return cmocka_run_group_tests(tests, set_limits, NULL);
}
