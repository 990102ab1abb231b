// The setting of the mail server, and headers that a stranger's text cannot leave. What goes
// over the wire is tested against real SMTP servers in tests/flow/mail.test.mjs.

#include "net/mailer.h"

#include "base/buf.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void settings_that_hold(void **state)
{
    const struct {
        const char *url, *password, *host;
        int port;
    } rows[] = {
        {"smtp://mail.example", NULL, "mail.example", 25},
        {"smtp://mail.example/", NULL, "mail.example", 25},
        {"smtps://mail.example", NULL, "mail.example", 465},
        {"smtp://mail.example:2525?tls=required", NULL, "mail.example", 2525},
        {"smtp://127.0.0.1:1025", NULL, "127.0.0.1", 1025},
        {"smtp://[::1]:1025", NULL, "::1", 1025},
        {"smtp://localhost", NULL, "localhost", 25},
        {"smtp://user%40example.com@mail.example:587", "secret", "mail.example", 587},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mailer_options options = {.url = rows[i].url,
                                         .password = rows[i].password,
                                         .from = "posthorn@platform.example"};
        struct mailer *mailer = NULL;
        struct error error = {0};

        if (mailer_new(&options, &mailer, &error) != ERR_OK)
            fail_msg("%s: %s", rows[i].url, error.text);
        assert_string_equal(mailer_host(mailer), rows[i].host);
        assert_int_equal(mailer_port(mailer), rows[i].port);
        mailer_free(mailer);
    }
}

static void settings_that_do_not(void **state)
{
    const struct {
        const char *url, *password, *from, *field;
    } rows[] = {
        {"mail.example", NULL, "a@b.example", "smtp-url"},
        {"http://mail.example", NULL, "a@b.example", "smtp-url"},
        {"file:///etc/passwd", NULL, "a@b.example", "smtp-url"},
        {"smtp://", NULL, "a@b.example", "smtp-url"},
        {"smtp://mail.example/path", NULL, "a@b.example", "smtp-url"},
        {"smtp://mail.example?tls=off", NULL, "a@b.example", "smtp-url"},
        {"smtp://mail.example:0", NULL, "a@b.example", "smtp-url"},
        {"smtp://mail.example:65536", NULL, "a@b.example", "smtp-url"},
        {"smtp://user:password@mail.example", NULL, "a@b.example", "smtp-url"},
        {"smtp://user@mail.example", NULL, "a@b.example", "smtp-password-file"},
        {"smtp://mail.example", "secret", "a@b.example", "smtp-url"},
        {"smtp://mail.example", NULL, NULL, "mail-from"},
        {"smtp://mail.example", NULL, "Posthorn <a@b.example>", "mail-from"},
        {"smtp://mail.example", NULL, "a@b.example\r\nBcc: x@y.example", "mail-from"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mailer_options options = {
            .url = rows[i].url, .password = rows[i].password, .from = rows[i].from};
        struct mailer *mailer = NULL;
        struct error error = {0};

        assert_int_equal(mailer_new(&options, &mailer, &error), ERR_CONFIG);
        assert_string_equal(error.field, rows[i].field);
        assert_null(strstr(error.text, "secret"));
    }
}

static void headers_stay_one(void **state)
{
    const struct {
        const char *text, *line;
    } rows[] = {
        {"Delivery failed", "Subject: Delivery failed"},
        {"", "Subject: "},
        {"a\r\nBcc: x@y.example", "Subject: a  Bcc: x@y.example"},
        {"a\nb\tc\x01\x7f", "Subject: a b c  "},
        {"=?utf-8?Q?sly?=", "Subject: =?utf-8?B?PT91dGYtOD9RP3NseT89?="},
        {"K\xc3\xa4se", "Subject: =?utf-8?B?S8Okc2U=?="},
        {"K\xc3\xa4se\r\nBcc: x@y", "Subject: =?utf-8?B?S8Okc2UgIEJjYzogeEB5?="},
        {"\xff\xfe", "Subject: ??"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf line;

        buf_init(&line, 4096);
        mailer_header(&line, "Subject", rows[i].text);
        assert_string_equal(line.data, rows[i].line);
        buf_done(&line);
    }
}

// However long: lines of at most 76 bytes, each going on after a space, and no character cut.
static void long_headers_are_folded(void **state)
{
    static const char *const units[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\xaf"};
    char text[1200];

    (void)state;
    for (size_t u = 0; u < 4; u++) {
        struct buf line;
        size_t longest = 0, at = 0;

        text[0] = '\0';
        for (int i = 0; i < 250; i++)
            memcpy(text + strlen(text), units[u], strlen(units[u]) + 1);
        buf_init(&line, 4096);
        mailer_header(&line, "Subject", text);
        assert_true(buf_ok(&line));
        for (const char *end; (end = strstr(line.data + at, "\r\n"));) {
            size_t len = (size_t)(end - (line.data + at));
            longest = len > longest ? len : longest;
            assert_int_equal(end[2], ' ');
            at += len + 2;
        }
        assert_true(longest > 0 && longest <= 76);
        assert_true(strlen(line.data + at) <= 76);
        buf_done(&line);
    }
}

static void letters_to_nobody(void **state)
{
    static const char *const nobodies[] = {"",
                                           "a@b\r\nBcc: x@y",
                                           "\"a b\"@c.example",
                                           "a@b@c",
                                           "a b@c.example",
                                           "a@b.example,c@d",
                                           "<a@b.example>",
                                           "\xc3\xa4@b.example"};
    struct mailer_options options = {.url = "smtp://127.0.0.1:1", .from = "a@b.example"};
    struct mailer *mailer = NULL;
    char why[MAILER_WHY_MAX];

    (void)state;
    assert_int_equal(mailer_new(&options, &mailer, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof nobodies / sizeof *nobodies; i++) {
        const struct letter letter = {
            .to = nobodies[i], .subject = "s", .text = "t\n", .id = "x"};
        assert_int_equal(mailer_send(mailer, &letter, why), LETTER_REFUSED);
    }
    mailer_free(mailer);
}

static void nobody_listens(void **state)
{
    struct mailer_options options = {.url = "smtp://127.0.0.1:1", .from = "a@b.example"};
    const struct letter letter = {
        .to = "c@d.example", .subject = "s", .text = "t\n", .id = "x"};
    struct mailer *mailer = NULL;
    char why[MAILER_WHY_MAX];

    (void)state;
    assert_int_equal(mailer_new(&options, &mailer, NULL), ERR_OK);
    assert_int_equal(mailer_send(mailer, &letter, why), LETTER_LATER);
    assert_true(why[0] != '\0');
    mailer_free(mailer);
}

static void addresses(void **state)
{
    const struct {
        const char *text;
        bool is_email;
    } rows[] = {
        {"a@b", true},    {"first.last+tag@shop.example", true},
        {"@b", false},    {"a@", false},
        {"a", false},     {"", false},
        {"a@b@c", false}, {"a@b_c", false},
        {"a@b\n", false}, {"a@[127.0.0.1]", false},
        {"a,c@b", false}, {"a:c@b", false},
    };
    char longest[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(text_is_email(rows[i].text, strlen(rows[i].text)), rows[i].is_email);
    memset(longest, 'a', sizeof longest);
    longest[1] = '@';
    assert_true(text_is_email(longest, 254));
    assert_false(text_is_email(longest, 255));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_hold), cmocka_unit_test(settings_that_do_not),
        cmocka_unit_test(headers_stay_one),   cmocka_unit_test(long_headers_are_folded),
        cmocka_unit_test(letters_to_nobody),  cmocka_unit_test(nobody_listens),
        cmocka_unit_test(addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
