// The body reader: bodies by length, in chunks and until close, in one piece and byte by
// byte, with the same result; and what is refused.

#include "net/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TRAILER_MAX = 64 };

struct result {
    enum body_state state;
    char data[64];
    size_t len;
    size_t used;
};

static struct result read_by(struct body body, const char *bytes, size_t len, size_t at_once)
{
    struct result result = {BODY_MORE, "", 0, 0};

    while (result.state == BODY_MORE && result.used < len) {
        size_t given = len - result.used < at_once ? len - result.used : at_once;
        struct body_piece piece;
        size_t used;
        result.state = body_read(&body, bytes + result.used, given, &used, &piece);
        assert_true(used > 0 || result.state != BODY_MORE);
        assert_true(used <= given && piece.len <= used);
        assert_true(result.len + piece.len <= sizeof result.data);
        if (piece.len)
            memcpy(result.data + result.len, piece.data, piece.len);
        result.len += piece.len;
        result.used += used;
    }
    return result;
}

static struct result read_all_ways(struct body body, const char *bytes, size_t len)
{
    struct result whole = read_by(body, bytes, len, len);

    for (size_t at_once = 1; at_once < 5; at_once++) {
        struct result parts = read_by(body, bytes, len, at_once);
        assert_int_equal(parts.state, whole.state);
        assert_int_equal(parts.used, whole.used);
        assert_int_equal(parts.len, whole.len);
        assert_memory_equal(parts.data, whole.data, whole.len);
    }
    return whole;
}

static void test_chunks(void **state)
{
    static const struct {
        const char *bytes;
        enum body_state state;
        const char *body; // NULL: whatever came before it was refused
    } rows[] = {
        {"5\r\nhello\r\n0\r\n\r\n", BODY_DONE, "hello"},
        {"0\r\n\r\n", BODY_DONE, ""},
        {"1\r\na\r\n1\r\nb\r\n2\r\ncd\r\n000\r\n\r\n", BODY_DONE, "abcd"},
        {"A\r\n0123456789\r\n0\r\nA: b\r\nc:\r\n\r\n", BODY_DONE, "0123456789"},
        {"a;x=y;z=\"1\"\r\n0123456789\r\n0;end\r\n\r\n", BODY_DONE, "0123456789"},
        {"0000000000000001\r\na\r\n0\r\n\r\n", BODY_DONE, "a"},
        {"5\r\nhel", BODY_MORE, "hel"},
        {"5\r\nhello\r\n0\r\n", BODY_MORE, "hello"},
        {"FFFFFFFFFFFFFFFFF\r\n", BODY_BAD, NULL},
        {"00000000000000001\r\n", BODY_BAD, NULL},
        {"FFFFFFFFFFFFFFFF\r\n", BODY_TOO_LARGE, NULL},
        {"21\r\n", BODY_TOO_LARGE, NULL}, // 33, and 32 are allowed
        {"20\r\n01234567890123456789012345678901\r\n1\r\n", BODY_TOO_LARGE, NULL},
        {"-1\r\n", BODY_BAD, NULL},
        {"+1\r\na\r\n", BODY_BAD, NULL},
        {" 5\r\nhello\r\n", BODY_BAD, NULL},
        {"5 \r\nhello\r\n", BODY_BAD, NULL},
        {"5 ;a\r\nhello\r\n", BODY_BAD, NULL},
        {"0x5\r\nhello\r\n", BODY_BAD, NULL},
        {"\r\nhello\r\n", BODY_BAD, NULL},
        {";a\r\nhello\r\n", BODY_BAD, NULL},
        {"5\nhello\r\n", BODY_BAD, NULL},
        {"5\r\r\nhello\r\n", BODY_BAD, NULL},
        {"5;a\nhello\r\n", BODY_BAD, NULL},
        {"5;a\x01\r\nhello\r\n", BODY_BAD, NULL},
        {"5\r\nhello0\r\n\r\n", BODY_BAD, NULL},
        {"5\r\nhello\n0\r\n\r\n", BODY_BAD, NULL},
        {"5\r\nhello\r0\r\n\r\n", BODY_BAD, NULL},
        {"0\r\n A: b\r\n\r\n", BODY_BAD, NULL},
        {"0\r\nA : b\r\n\r\n", BODY_BAD, NULL},
        {"0\r\nA: b\n\r\n", BODY_BAD, NULL},
        {"0\r\nA: \x7f\r\n\r\n", BODY_BAD, NULL},
        {"0\r\nno colon\r\n\r\n", BODY_BAD, NULL},
        {"0\r\n\rX", BODY_BAD, NULL},
        {"0\r\nA: 0123456789012345678901234567890123456789012345678901234567890\r\n\r\n",
         BODY_TRAILER_OVER, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct body body;
        struct result result;
        print_message("%s\n", rows[i].bytes);
        body_init(&body, FRAMING_CHUNKED, 0, 32, TRAILER_MAX);
        result = read_all_ways(body, rows[i].bytes, strlen(rows[i].bytes));
        assert_int_equal(result.state, rows[i].state);
        if (rows[i].body) {
            assert_int_equal(result.len, strlen(rows[i].body));
            assert_memory_equal(result.data, rows[i].body, result.len);
        }
    }
}

static void test_what_follows_is_left(void **state)
{
    static const char bytes[] = "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    struct body body;
    struct result result;

    (void)state;
    body_init(&body, FRAMING_CHUNKED, 0, 32, TRAILER_MAX);
    result = read_all_ways(body, bytes, sizeof bytes - 1);
    assert_int_equal(result.state, BODY_DONE);
    assert_string_equal(bytes + result.used, "GET / HTTP/1.1\r\n");
    body_init(&body, FRAMING_LENGTH, 3, 32, TRAILER_MAX);
    result = read_all_ways(body, bytes, sizeof bytes - 1);
    assert_int_equal(result.state, BODY_DONE);
    assert_int_equal(result.used, 3);
    assert_memory_equal(result.data, "3\r\n", 3);
}

static void test_no_body_is_done_at_once(void **state)
{
    static const enum framing framings[] = {FRAMING_NONE, FRAMING_LENGTH};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct body body;
        struct body_piece piece;
        size_t used;
        body_init(&body, framings[i], 0, 32, 0);
        assert_int_equal(body_read(&body, "x", 1, &used, &piece), BODY_DONE);
        assert_int_equal(used, 0);
        assert_int_equal(piece.len, 0);
    }
}

static void test_until_close(void **state)
{
    struct body body;
    struct result result;

    (void)state;
    body_init(&body, FRAMING_CLOSE, 0, 32, 0);
    result = read_all_ways(body, "0\r\n\r\n", 5);
    assert_int_equal(result.state, BODY_MORE);
    assert_int_equal(result.len, 5);
}

static enum body_state read_repeated(const char *first, const char *again, size_t *ret_count)
{
    struct body body;
    enum body_state state = BODY_MORE;
    struct body_piece piece;
    size_t used;

    body_init(&body, FRAMING_CHUNKED, 0, 1 << 20, 1 << 20);
    for (size_t at = 0; at < strlen(first); at += used)
        state = body_read(&body, first + at, strlen(first) - at, &used, &piece);
    for (*ret_count = 0; state == BODY_MORE && *ret_count < 100000; ++*ret_count)
        for (size_t at = 0; at < strlen(again) && state == BODY_MORE; at += used)
            state = body_read(&body, again + at, strlen(again) - at, &used, &piece);
    return state;
}

static void test_endless_extensions_and_trailers_end(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(read_repeated("1;", "x", &count), BODY_BAD);
    assert_int_equal(count, BODY_EXTENSIONS_MAX + 1);
    assert_int_equal(read_repeated("", "1;x\r\na\r\n", &count), BODY_BAD);
    assert_int_equal(count, BODY_EXTENSIONS_MAX + 1);
    assert_int_equal(read_repeated("0\r\n", "a: b\r\n", &count), BODY_TRAILER_OVER);
    assert_int_equal(count, BODY_TRAILER_LINES_MAX + 1);
    assert_int_equal(read_repeated("", "1\r\na\r\n", &count), BODY_MORE); // many is not wrong
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_what_follows_is_left),
        cmocka_unit_test(test_no_body_is_done_at_once),
        cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_endless_extensions_and_trailers_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
