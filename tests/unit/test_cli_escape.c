// What strangers wrote is shown, not obeyed: for terminals, for tables in pipes, for URLs.

#include "cli/escape.h"

#include "base/buf.h"
#include "base/json_span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *shown;
} texts[] = {
    {"", ""},
    {"Größe – 価格", "Größe – 価格"},
    {"a\tb\nc\rd", "a\\tb\\nc\\rd"},
    {"\033[2J", "\\x1b[2J"},
    {"\177", "\\x7f"},
    {"\xc2\x9b"
     "2J",
     "\\u009b2J"}, // CSI in one character
    {"\xe2\x80\xae"
     "exe",
     "\\u202eexe"},                   // right to left
    {"\xf3\xa0\x81\x81", "\\ue0041"}, // a tag, invisible
    {"\xff\xc3", "\\xff\\xc3"},
};

static void texts_are_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf buf;

        buf_init(&buf, 1000);
        escape_text(&buf, texts[i].text, strlen(texts[i].text));
        assert_string_equal(buf.data ? buf.data : "", texts[i].shown);
        buf_done(&buf);
    }
}

static const struct {
    const char *json;
    const char *shown;
} jsons[] = {
    {"{\"a\":1.10,\n\t\"b\" : \"\\u001b\"}", "{\"a\":1.10,\n \"b\" : \"\\u001b\"}"},
    {"\"\xc2\x9b\177\"", "\"\\u009b\\u007f\""},
    {"\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\""},
    {"1\r", "1 "},
};

// It stays the same JSON.
static void json_is_harmless_and_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof jsons / sizeof jsons[0]; i++) {
        struct json_span span;
        struct error error;
        struct buf buf;

        buf_init(&buf, 1000);
        escape_json(&buf, jsons[i].json, strlen(jsons[i].json));
        assert_string_equal(buf.data, jsons[i].shown);
        assert_int_equal(json_check(buf.data, buf.len, &span, &error), ERR_OK);
        buf_done(&buf);
    }
}

static const struct {
    const char *text;
    const char *url;
} urls[] = {
    {"app_5Vz-._~", "app_5Vz-._~"},
    {"../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"},
    {"a?b=c&d#e", "a%3Fb%3Dc%26d%23e"},
    {"'; DROP", "%27%3B%20DROP"},
    {"%2e", "%252e"},
    {"\r\nX: y", "%0D%0AX%3A%20y"},
    {"ö", "%C3%B6"},
};

static void ids_stay_one_part_of_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct buf buf;

        buf_init(&buf, 1000);
        escape_url(&buf, urls[i].text, strlen(urls[i].text));
        assert_string_equal(buf.data, urls[i].url);
        buf_done(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_harmless),
        cmocka_unit_test(json_is_harmless_and_json),
        cmocka_unit_test(ids_stay_one_part_of_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
