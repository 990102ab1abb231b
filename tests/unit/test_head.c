// The head parser: what is refused and why, what is read from what is not, at once and byte
// by byte. Rows of one table are requests, of the other responses.

#include "net/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

static const struct head_limits limits = {8192, 100, 32768};

static enum head_state feed_whole(struct head *head, enum head_kind kind, const char *bytes,
                                  size_t len)
{
    head_init(head, kind, limits);
    return head_feed(head, bytes, len);
}

// From a block of exactly the bytes so far, moved each time, so that reading beyond them or
// keeping a pointer into them is seen.
static enum head_state feed_bytes(struct head *head, enum head_kind kind, const char *bytes,
                                  size_t len)
{
    enum head_state state = HEAD_MORE;

    head_init(head, kind, limits);
    for (size_t so_far = 1; so_far <= len && state == HEAD_MORE; so_far++) {
        char *copy = malloc(so_far);
        assert_non_null(copy);
        memcpy(copy, bytes, so_far);
        state = head_feed(head, copy, so_far);
        free(copy);
    }
    return state;
}

// Both ways of feeding must agree in everything but what the parser keeps to itself.
static enum head_state feed(struct head *ret, enum head_kind kind, const char *bytes,
                            size_t len)
{
    struct head dripped;
    enum head_state state = feed_whole(ret, kind, bytes, len);

    assert_int_equal(feed_bytes(&dripped, kind, bytes, len), state);
    assert_int_equal(dripped.fault, ret->fault);
    if (state == HEAD_DONE) {
        assert_int_equal(dripped.len, ret->len);
        assert_int_equal(dripped.line_count, ret->line_count);
        assert_int_equal(dripped.framing, ret->framing);
        assert_int_equal(dripped.body_len, ret->body_len);
        assert_memory_equal(dripped.lines, ret->lines, ret->line_count * sizeof *ret->lines);
    }
    return state;
}

static void test_refused_requests(void **state)
{
    static const struct {
        const char *bytes;
        enum head_fault fault;
    } rows[] = {
        // the first line
        {"get / HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET  / HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET / HTTP/1.1 \r\n", HEAD_FAULT_START},
        {"GET\t/ HTTP/1.1\r\n", HEAD_FAULT_START},
        {" GET / HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET /\r\n", HEAD_FAULT_START},
        {"GET\r\n", HEAD_FAULT_START},
        {"\r\n" GET, HEAD_FAULT_START},
        {"\n", HEAD_FAULT_START},
        {"GET / HTTP/1.1\n", HEAD_FAULT_START},
        {"GET / HTTP/1.1\r\r\n", HEAD_FAULT_START},
        {"GET /a\rb HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET /a\x7f HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET /\xc3\xa9 HTTP/1.1\r\n", HEAD_FAULT_START},
        {"GET / HTTP/11.1\r\n", HEAD_FAULT_START},
        {"GET / http/1.1\r\n", HEAD_FAULT_START},
        {"GET / HTTP/1.x\r\n", HEAD_FAULT_START},
        {"\x16\x03\x01\x02", HEAD_FAULT_START}, // a TLS hello, before any line ends
        {"GET / HTTP/1.2\r\n", HEAD_FAULT_VERSION},
        {"GET / HTTP/0.9\r\n", HEAD_FAULT_VERSION},
        {"PRI * HTTP/2.0\r\n", HEAD_FAULT_VERSION},
        // header lines
        {GET HOST "A: b\n", HEAD_FAULT_LINE},
        {GET HOST "A: b\rc\r\n", HEAD_FAULT_LINE},
        {GET HOST "A: b\r\r\n", HEAD_FAULT_LINE},
        {GET HOST "\n", HEAD_FAULT_LINE},
        {GET HOST "A: b\r\n c\r\n", HEAD_FAULT_LINE},
        {GET HOST "A: b\r\n\tc\r\n", HEAD_FAULT_LINE},
        {GET " " HOST, HEAD_FAULT_LINE},
        {GET "Host : a\r\n", HEAD_FAULT_LINE},
        {GET HOST "Transfer-Encoding : chunked\r\n", HEAD_FAULT_LINE},
        {GET HOST "no colon\r\n", HEAD_FAULT_LINE},
        {GET HOST "nocolon\r\n", HEAD_FAULT_LINE},
        {GET HOST ": a\r\n", HEAD_FAULT_LINE},
        {GET HOST "\xc3\xa9: a\r\n", HEAD_FAULT_LINE},
        {GET HOST "a/b: a\r\n", HEAD_FAULT_LINE},
        {GET HOST "A: b\tc\r\n", HEAD_FAULT_LINE},
        {GET HOST "Transfer-Encoding:\tchunked\r\n", HEAD_FAULT_LINE},
        {GET HOST "Transfer-Encoding: \x0b"
                  "chunked\r\n",
         HEAD_FAULT_LINE},
        // Host
        {GET "\r\n", HEAD_FAULT_HOST},
        {GET HOST HOST, HEAD_FAULT_HOST},
        {GET "Host: a@b\r\n", HEAD_FAULT_HOST},
        {GET "Host: a b\r\n", HEAD_FAULT_HOST},
        {GET "Host: a,b\r\n", HEAD_FAULT_HOST},
        {GET "Host: a/b\r\n", HEAD_FAULT_HOST},
        {GET "Host:\r\n", HEAD_FAULT_HOST},
        // lengths
        {GET HOST "Content-Length: 5\r\nContent-Length: 5\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: 5\r\nContent-Length: 6\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: +5\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: -1\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: 0x5\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: 5,5\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: 5 5\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length: 5.0\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length:\r\n", HEAD_FAULT_LENGTH},
        {GET HOST "Content-Length:  \r\n", HEAD_FAULT_LENGTH},
        // codings
        {GET HOST "Transfer-Encoding: chunked, identity\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: gzip, chunked\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: xchunked\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: chunkedchunked\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: chunked, chunked\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: chunked;a=b\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding:\r\n", HEAD_FAULT_CODING},
        {GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
         HEAD_FAULT_CODING},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HEAD_FAULT_CODING},
        {GET HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         HEAD_FAULT_AMBIGUOUS},
        {GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
         HEAD_FAULT_AMBIGUOUS},
    };
    struct head head;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].bytes);
        assert_int_equal(feed(&head, HEAD_REQUEST, rows[i].bytes, strlen(rows[i].bytes)),
                         HEAD_BAD);
        assert_int_equal(head.fault, rows[i].fault);
        assert_true(strlen(head_fault_text(head.fault)) > 0);
    }
}

static void test_control_bytes(void **state)
{
    struct head head;

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char in_name[] = GET HOST "a?a: b\r\n\r\n", in_value[] = GET HOST "aa: b?b\r\n\r\n";
        bool is_control = byte < ' ' || byte == 0x7f;
        *strchr(in_name, '?') = *strchr(in_value, '?') = (char)byte;
        assert_int_equal(feed(&head, HEAD_REQUEST, in_value, sizeof in_value - 1),
                         is_control ? HEAD_BAD : HEAD_DONE);
        if (is_control || byte > 0x7f)
            assert_int_equal(feed(&head, HEAD_REQUEST, in_name, sizeof in_name - 1),
                             HEAD_BAD);
    }
}

static void test_accepted_requests(void **state)
{
    static const struct {
        const char *bytes; // the head, and "NEXT", which is not part of it
        const char *method, *target;
        int minor;
        enum framing framing;
        uint64_t body_len;
        bool closes, expects_continue, expects_other;
    } rows[] = {
        {GET HOST "\r\nNEXT", "GET", "/", 1, FRAMING_NONE, 0, false, false, false},
        {"POST /a?b=c HTTP/1.1\r\nhOST:b:80\r\nContent-Length: 005\r\n\r\nNEXT", "POST",
         "/a?b=c", 1, FRAMING_LENGTH, 5, false, false, false},
        {GET HOST "Content-Length: 0\r\n\r\nNEXT", "GET", "/", 1, FRAMING_NONE, 0, false,
         false, false},
        {GET HOST "content-length: 99999999999999999999\r\n\r\nNEXT", "GET", "/", 1,
         FRAMING_LENGTH, INT64_MAX, false, false, false},
        {GET HOST "Transfer-Encoding:  Chunked  \r\n\r\nNEXT", "GET", "/", 1, FRAMING_CHUNKED,
         0, false, false, false},
        {"GET / HTTP/1.0\r\n\r\nNEXT", "GET", "/", 0, FRAMING_NONE, 0, true, false, false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nNEXT", "GET", "/", 0, FRAMING_NONE,
         0, true, false, false},
        {GET HOST "Connection: te, Close\r\n\r\nNEXT", "GET", "/", 1, FRAMING_NONE, 0, true,
         false, false},
        {GET HOST "Connection: closed, xclose\r\n\r\nNEXT", "GET", "/", 1, FRAMING_NONE, 0,
         false, false, false},
        {GET HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nNEXT", "GET", "/", 1,
         FRAMING_LENGTH, 1, false, true, false},
        {GET HOST "Expect: 200-ok\r\n\r\nNEXT", "GET", "/", 1, FRAMING_NONE, 0, false, false,
         true},
        {"CONNECT x:443 HTTP/1.1\r\nHost: [::1]:8080\r\n\r\nNEXT", "CONNECT", "x:443", 1,
         FRAMING_NONE, 0, false, false, false},
        {"M-SEARCH * HTTP/1.1\r\nHost: a\r\nEmpty:\r\n\r\nNEXT", "M-SEARCH", "*", 1,
         FRAMING_NONE, 0, false, false, false},
    };
    struct head head;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *bytes = rows[i].bytes;
        print_message("%s\n", bytes);
        assert_int_equal(feed(&head, HEAD_REQUEST, bytes, strlen(bytes)), HEAD_DONE);
        assert_int_equal(head.len, strlen(bytes) - 4);
        assert_int_equal(head.method.len, strlen(rows[i].method));
        assert_memory_equal(bytes + head.method.at, rows[i].method, head.method.len);
        assert_int_equal(head.target.len, strlen(rows[i].target));
        assert_memory_equal(bytes + head.target.at, rows[i].target, head.target.len);
        assert_int_equal(head.minor, rows[i].minor);
        assert_int_equal(head.framing, rows[i].framing);
        assert_int_equal(head.body_len, rows[i].body_len);
        assert_int_equal(head.closes, rows[i].closes);
        assert_int_equal(head.expects_continue, rows[i].expects_continue);
        assert_int_equal(head.expects_other, rows[i].expects_other);
    }
}

static void test_header_lines(void **state)
{
    char bytes[] = GET "Host: a\r\nX-Long-Name:  two words \r\nx-b:\r\n\r\n";
    const struct head_line *line;
    struct head head;

    (void)state;
    assert_int_equal(feed(&head, HEAD_REQUEST, bytes, sizeof bytes - 1), HEAD_DONE);
    assert_int_equal(head.line_count, 3);
    head_lower_names(&head, bytes);
    line = head_find(&head, bytes, "x-long-name");
    assert_non_null(line);
    assert_memory_equal(bytes + line->name.at, "x-long-name", line->name.len);
    assert_int_equal(line->value.len, 9);
    assert_memory_equal(bytes + line->value.at, "two words", 9);
    assert_int_equal(head_find(&head, bytes, "x-b")->value.len, 0);
    assert_null(head_find(&head, bytes, "x-bb"));
    assert_null(head_find(&head, bytes, "x-"));
}

// Each limit at limit - 1, limit and limit + 1.
struct sized {
    size_t start_len; // of the request line, without CRLF
    size_t lines;     // header lines besides Host
    size_t bytes;     // of all header lines with their CRLFs; 0: as they come
    enum head_fault fault;
};

static size_t write_sized(char *bytes, const struct sized *row)
{
    size_t at = 0, lines_at;

    memcpy(bytes, "GET /", 5);
    at = row->start_len - strlen(" HTTP/1.1");
    memset(bytes + 5, 'a', at - 5);
    memcpy(bytes + at, " HTTP/1.1\r\n", 11);
    at += 11;
    lines_at = at;
    memcpy(bytes + at, HOST, strlen(HOST));
    at += strlen(HOST);
    for (size_t i = 0; i < row->lines; i++, at += 6)
        memcpy(bytes + at, "a: b\r\n", 6);
    if (row->bytes) {
        size_t len = row->bytes - (at - lines_at);
        memset(bytes + at, 'a', len);
        bytes[at + 1] = ':';
        at += len;
        memcpy(bytes + at - 2, "\r\n", 2);
    }
    memcpy(bytes + at, "\r\n", 2);
    return at + 2;
}

static void test_limits(void **state)
{
    static const struct sized rows[] = {
        {8191, 0, 0, HEAD_FAULT_NONE},           {8192, 0, 0, HEAD_FAULT_NONE},
        {8193, 0, 0, HEAD_FAULT_START_TOO_LONG}, {20000, 0, 0, HEAD_FAULT_START_TOO_LONG},
        {100, 98, 0, HEAD_FAULT_NONE},           {100, 99, 0, HEAD_FAULT_NONE},
        {100, 100, 0, HEAD_FAULT_TOO_MANY},      {100, 0, 32767, HEAD_FAULT_NONE},
        {100, 0, 32768, HEAD_FAULT_NONE},        {100, 0, 32769, HEAD_FAULT_TOO_LARGE},
        {100, 50, 32769, HEAD_FAULT_TOO_LARGE},
    };
    static char bytes[65536];
    struct head head;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = write_sized(bytes, &rows[i]);
        assert_int_equal(feed_whole(&head, HEAD_REQUEST, bytes, len),
                         rows[i].fault ? HEAD_BAD : HEAD_DONE);
        assert_int_equal(head.fault, rows[i].fault);
        head_init(&head, HEAD_REQUEST, limits);
        for (size_t at = 1; at <= len && head_feed(&head, bytes, at) == HEAD_MORE; at++)
            ;
        assert_int_equal(head.fault, rows[i].fault);
    }
}

static void test_endless_line_is_refused_without_its_end(void **state)
{
    static char bytes[40000];
    struct head head;

    (void)state;
    memset(bytes, 'A', sizeof bytes);
    assert_int_equal(feed_whole(&head, HEAD_REQUEST, bytes, 8193), HEAD_MORE);
    assert_int_equal(head_feed(&head, bytes, 8194), HEAD_BAD);
    assert_int_equal(head.fault, HEAD_FAULT_START_TOO_LONG);
    memcpy(bytes, GET, strlen(GET));
    assert_int_equal(feed_whole(&head, HEAD_REQUEST, bytes, sizeof bytes), HEAD_BAD);
    assert_int_equal(head.fault, HEAD_FAULT_TOO_LARGE);
}

static void test_host_length(void **state)
{
    static const struct {
        int len;
        enum head_state state;
    } rows[] = {{254, HEAD_DONE}, {255, HEAD_DONE}, {256, HEAD_BAD}};
    char bytes[400];
    struct head head;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int len = snprintf(bytes, sizeof bytes, GET "Host: %0*d\r\n\r\n", rows[i].len, 1);
        assert_int_equal(feed(&head, HEAD_REQUEST, bytes, (size_t)len), rows[i].state);
    }
}

static void test_responses(void **state)
{
    static const struct {
        const char *bytes;
        enum head_state state;
        int status;
        enum framing framing;
        enum head_fault fault;
        bool closes;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", HEAD_DONE, 200, FRAMING_LENGTH, 0,
         false},
        {"HTTP/1.1 200\r\n\r\n", HEAD_DONE, 200, FRAMING_CLOSE, 0, false},
        {"HTTP/1.1 200 \r\n\r\n", HEAD_DONE, 200, FRAMING_CLOSE, 0, false},
        {"HTTP/1.0 201 Made\r\nContent-Length: 0\r\n\r\n", HEAD_DONE, 201, FRAMING_NONE, 0,
         true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX:\ta\tb\r\n\r\n", HEAD_DONE, 200,
         FRAMING_CHUNKED, 0, false},
        {"HTTP/1.1 999 \xc3\xa9\r\nContent-Length: 1\r\n\r\n", HEAD_DONE, 999, FRAMING_LENGTH,
         0, false},
        {"HTTP/1.1 100 Continue\r\n\r\n", HEAD_DONE, 100, FRAMING_NONE, 0, false},
        {"HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", HEAD_DONE, 204, FRAMING_NONE, 0,
         false},
        {"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", HEAD_DONE, 304, FRAMING_NONE, 0,
         false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", HEAD_DONE, 200,
         FRAMING_UNKNOWN, HEAD_FAULT_LENGTH, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", HEAD_DONE, 200, FRAMING_UNKNOWN,
         HEAD_FAULT_LENGTH, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         HEAD_DONE, 200, FRAMING_UNKNOWN, HEAD_FAULT_AMBIGUOUS, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", HEAD_DONE, 200,
         FRAMING_UNKNOWN, HEAD_FAULT_CODING, false},
        {"HTTP/1.1 000 No\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 099 No\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 20\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 2000\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 -200\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 200x\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1  200 OK\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"ICY 200 OK\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"<html>hello\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/2 200\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/2.0 200 OK\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_VERSION, false},
        {"HTTP/1.1 200 O\x1bK\r\n\r\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
        {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", HEAD_BAD, 200, 0, HEAD_FAULT_LINE, false},
        {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", HEAD_BAD, 200, 0, HEAD_FAULT_LINE, false},
        {"HTTP/1.1 200 OK\nA: b\n\n", HEAD_BAD, 0, 0, HEAD_FAULT_START, false},
    };
    struct head head;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].bytes);
        assert_int_equal(feed(&head, HEAD_RESPONSE, rows[i].bytes, strlen(rows[i].bytes)),
                         rows[i].state);
        assert_int_equal(head.fault, rows[i].fault);
        assert_int_equal(head.status, rows[i].status);
        assert_int_equal(head.framing, rows[i].framing);
        assert_int_equal(head.closes, rows[i].closes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_requests),
        cmocka_unit_test(test_control_bytes),
        cmocka_unit_test(test_accepted_requests),
        cmocka_unit_test(test_header_lines),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_endless_line_is_refused_without_its_end),
        cmocka_unit_test(test_host_length),
        cmocka_unit_test(test_responses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
