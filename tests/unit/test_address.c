// Addresses as text and back.

#include "net/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_text_and_back(void **state)
{
    static const struct {
        const char *text;
        uint16_t port;
        bool is_loopback;
    } rows[] = {
        {"127.0.0.1:8080", 8080, true},       {"127.255.0.3:1", 1, true},
        {"128.0.0.1:65535", 65535, false},    {"[::1]:443", 443, true},
        {"[2606:4700::1]:443", 443, false},   {"[::ffff:127.0.0.1]:80", 80, true},
        {"[::ffff:128.0.0.1]:80", 80, false}, {"0.0.0.0:0", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        char text[ADDRESS_TEXT_MAX];
        assert_true(address_parse(rows[i].text, &address));
        address_text(&address, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(address_port(&address), rows[i].port);
        assert_int_equal(address_is_loopback(&address), rows[i].is_loopback);
    }
}

static void test_what_is_not_an_address(void **state)
{
    static const char *const rows[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.1:80",
        ":80",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[]:80",
        "[1.2.3.4]:80",
        "localhost:80",
        "127.0.0.1:+80",
        "127.0.0.1:080",
        "[::1%lo]:80",
        "127.0.0.1 :80",
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(address_parse(rows[i], &address));
}

static void test_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool are_equal;
    } rows[] = {
        {"127.0.0.1:1", "127.0.0.1:1", true},  {"127.0.0.1:1", "127.0.0.1:2", false},
        {"127.0.0.1:1", "127.0.0.2:1", false}, {"[::1]:1", "[0:0::1]:1", true},
        {"[::1]:1", "[::2]:1", false},         {"[::ffff:1.2.3.4]:1", "1.2.3.4:1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address a, b;
        assert_true(address_parse(rows[i].a, &a) && address_parse(rows[i].b, &b));
        assert_int_equal(address_equal(&a, &b), rows[i].are_equal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_back),
        cmocka_unit_test(test_what_is_not_an_address),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
