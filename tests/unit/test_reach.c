// By which URL people reach the server, and whether a session's cookie needs TLS.

#include "serve/reach.h"

#include "net/address.h"
#include "serve/common.h"
#include "serve/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void urls_are_spelled_as_browsers_do(void **state)
{
    static const struct {
        const char *listen, *given; // given NULL: no --public-url
        const char *url;            // NULL: refused
        bool is_plain;
    } rows[] = {
        {"127.0.0.1:8080", NULL, "http://127.0.0.1:8080", true},
        {"[::1]:8080", NULL, "http://[::1]:8080", true},
        {"0.0.0.0:8080", NULL, "", false},
        {"192.0.2.1:80", NULL, "", false},
        {"127.0.0.1:8080", "https://hooks.example", "https://hooks.example", false},
        {"127.0.0.1:8080", "HTTPS://Hooks.Example:443/", "https://hooks.example", false},
        {"0.0.0.0:443", "https://hooks.example:8443", "https://hooks.example:8443", false},
        {"0.0.0.0:443", "https://[2001:DB8::1]", "https://[2001:db8::1]", false},
        {"127.0.0.1:8080", "http://localhost:3000", "http://localhost:3000", true},
        {"127.0.0.1:8080", "http://127.0.0.2:80", "http://127.0.0.2", true},
        {"127.0.0.1:8080", "http://[::1]:8080", "http://[::1]:8080", true},
        {"0.0.0.0:8080", "http://localhost:8080", "http://localhost:8080", false},
        {"127.0.0.1:8080", "http://hooks.example", NULL, false},
        {"127.0.0.1:8080", "http://127.example.com", NULL, false},
        {"127.0.0.1:8080", "http://localhost.example", NULL, false},
        {"127.0.0.1:8080", "https://hooks.example/a", NULL, false},
        {"127.0.0.1:8080", "https://hooks.example?a", NULL, false},
        {"127.0.0.1:8080", "https://hooks.example#a", NULL, false},
        {"127.0.0.1:8080", "https://user@hooks.example", NULL, false},
        {"127.0.0.1:8080", "ftp://hooks.example", NULL, false},
        {"127.0.0.1:8080", "hooks.example", NULL, false},
        {"127.0.0.1:8080", "https://", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct serve_options options = {.public_url = rows[i].given, .time_scale = 1};
        struct common common = {.options = &options};
        struct error error = {0};
        struct address listener;

        assert_true(address_parse(rows[i].listen, &listener));
        enum error_code code = reach_open(&common, &listener, &error);
        assert_int_equal(code, rows[i].url ? ERR_OK : ERR_CONFIG);
        if (!rows[i].url) {
            assert_string_equal(error.field, "public-url");
            continue;
        }
        assert_string_equal(common.base_url, rows[i].url);
        assert_int_equal(common.has_plain_cookie, rows[i].is_plain);
        reach_close(&common);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_spelled_as_browsers_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
