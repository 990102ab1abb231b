#include "hook/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void good_urls_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool tls;
        const char *host;
        int port;
        const char *host_header;
        const char *path;
    } rows[] = {
        {"https://example.com", true, "example.com", 443, "example.com", "/"},
        {"HTTPS://Example.COM/A?b=C", true, "example.com", 443, "example.com", "/A?b=C"},
        {"http://127.0.0.1:8000/hook", false, "127.0.0.1", 8000, "127.0.0.1:8000", "/hook"},
        {"https://example.com:443/x", true, "example.com", 443, "example.com", "/x"},
        {"http://example.com:80/x", false, "example.com", 80, "example.com", "/x"},
        {"https://example.com:80/x", true, "example.com", 80, "example.com:80", "/x"},
        {"https://example.com?@127.0.0.1", true, "example.com", 443, "example.com",
         "/?@127.0.0.1"},
        {"https://example.com./", true, "example.com", 443, "example.com", "/"},
        {"https://[2606:4700::1111]/", true, "2606:4700::1111", 443, "[2606:4700::1111]",
         "/"},
        {"https://[2606:4700:0:0:0:0:0:1111]:8443/", true, "2606:4700::1111", 8443,
         "[2606:4700::1111]:8443", "/"},
        {"https://xn--bcher-kva.example/%C3%A9", true, "xn--bcher-kva.example", 443,
         "xn--bcher-kva.example", "/%C3%A9"},
        {"https://1a.example/", true, "1a.example", 443, "1a.example", "/"},
        {"https://a/b:c@d", true, "a", 443, "a", "/b:c@d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct target target;
        struct error error = {0};
        if (target_parse(rows[i].url, strlen(rows[i].url), &target, &error))
            fail_msg("%s: %s", rows[i].url, error.text);
        assert_int_equal(target.tls, rows[i].tls);
        assert_string_equal(target.host, rows[i].host);
        assert_int_equal(target.port, rows[i].port);
        assert_string_equal(target.host_header, rows[i].host_header);
        assert_string_equal(target.path, rows[i].path);
    }
}

// The rows 90 to 107 of the attack list that a grammar can judge.
static const char *const bad[] = {
    // schemes
    "ftp://h.example/",
    "file:///etc/passwd",
    "gopher://h.example/",
    "dict://h.example/",
    "ldap://h.example/",
    "unix:/run/x",
    "http+unix://x/",
    "javascript:alert(1)",
    "data:,x",
    "",
    // no scheme, no host
    "example.com/x",
    "//example.com",
    "https:example.com",
    "https:/example.com",
    "https:///example.com",
    "https://",
    "https://:443/",
    "https://?x",
    "https:\\\\h.example",
    // user names
    "https://user@h.example/",
    "https://user:pw@h.example/",
    "https://1.2.3.4:80@127.0.0.1/",
    "https://h.example@/",
    "https://@h.example/",
    // bytes
    "https://h.example\\@127.0.0.1/",
    "https://h.example/\t",
    "https://h.example/\r\nX: y",
    "https://h.example/a b",
    " https://h.example/",
    "https://h.example/%00",
    "https://h.example/#x",
    "https://h.example#@127.0.0.1",
    // percent-encoded hosts
    "https://%31%32%37.0.0.1/",
    "https://%6cocalhost/",
    // spellings of IPv4
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.000.000.001/",
    "https://10.0.0.010/",
    "https://127.0.0.1./",
    "https://0/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://4294967297/",
    "https://1.2.3.0x4/",
    "https://h.0x/",
    "https://example.123/",
    // IPv6: zones and malformed
    "https://[fe80::1%25lo]/",
    "https://[fe80::1%lo]/",
    "https://[2606:4700::1%25eth0]/",
    "https://[::1/",
    "https://::1/",
    "https://[::1]]/",
    "https://[1.2.3.4]/",
    "https://[::g]/",
    "https://[v1.fe80::a]/",
    "https://[]/",
    "https://[::1]x/",
    // beyond ASCII
    "https://\xe2\x91\xa0\xe2\x91\xa1.example/",
    "https://127\xe3\x80\x82"
    "0.0.1/",
    "https://h\xc2\xad.example/",
    "https://h\xe2\x80\x8b.example/",
    // labels
    "https://xn--.example/",
    "https://xn--\x61-\x2e"
    "example/",
    "https://xn--a.example/",
    "https://ab--cd.example/",
    "https://-a.example/",
    "https://a-.example/",
    "https://a_b.example/",
    "https://a..b/",
    "https://.a/",
    "https://./",
    "https://a../",
    // ports
    "https://h.example:0/",
    "https://h.example:65536/",
    "https://h.example:080/",
    "https://h.example:+443/",
    "https://h.example:443a/",
    "https://h.example:/",
    "https://h.example: 443/",
    "https://[2606::1]:/",
    "https://h.example:-1/",
    // paths
    "https://h.example/\xc3\xa9",
    "https://h.example/{}",
    "https://h.example/|",
    "https://h.example/\"",
    "https://h.example/<",
    "https://h.example/^",
    "https://h.example/`",
    "https://h.example/%",
    "https://h.example/%zz",
    "https://h.example/?%2",
};

static void bad_urls_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct target target;
        struct error error = {0};
        if (target_parse(bad[i], strlen(bad[i]), &target, &error) != ERR_INVALID_URL)
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(error.field, "url");
        assert_true(error.text[0] != '\0');
    }
}

static void a_zero_byte_does_not_end_a_url(void **state)
{
    (void)state;
    static const char url[] = "https://h.example/\0.evil";
    struct target target;
    assert_int_equal(target_parse(url, sizeof url - 1, &target, NULL), ERR_INVALID_URL);
}

static void lengths_end_where_they_should(void **state)
{
    (void)state;
    static const struct {
        int url_len, label_len;
        bool is_good;
    } rows[] = {{2047, 10, true},
                {2048, 10, true},
                {2049, 10, false},
                {200, 63, true},
                {200, 64, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char url[2100];
        struct target target;
        memset(url, 'a', sizeof url);
        memcpy(url, "https://", 8);
        url[8 + rows[i].label_len] = '/';
        assert_int_equal(target_parse(url, (size_t)rows[i].url_len, &target, NULL) == ERR_OK,
                         rows[i].is_good);
    }
}

static void a_name_has_at_most_253_characters(void **state)
{
    (void)state;
    for (int len = 252; len <= 256; len++) {
        char url[300] = "https://";
        struct target target;
        for (int i = 0; i < len; i++)
            url[8 + i] = i % 60 == 59 && i < len - 1 ? '.' : 'a';
        assert_int_equal(target_parse(url, (size_t)(8 + len), &target, NULL) == ERR_OK,
                         len <= 253);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_are_taken_apart),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(a_zero_byte_does_not_end_a_url),
        cmocka_unit_test(lengths_end_where_they_should),
        cmocka_unit_test(a_name_has_at_most_253_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
