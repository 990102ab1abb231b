// From a head to a request: the target's parts, and what is refused beyond the grammar.

#include "net/request.h"

#include "net/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum error_code make(char *bytes, struct http_request *ret)
{
    static struct http_header headers[HEAD_LINES_MAX];
    static struct head head;
    struct error error;

    head_init(&head, HEAD_REQUEST, (struct head_limits){8192, 100, 32768});
    assert_int_equal(head_feed(&head, bytes, strlen(bytes)), HEAD_DONE);
    return request_from_head(&head, bytes, headers, ret, &error);
}

static void test_targets(void **state)
{
    static const struct {
        const char *target, *host, *path, *query; // path NULL: refused
    } rows[] = {
        {"/", "a", "/", ""},
        {"/a/b?c=d?e", "a", "/a/b", "c=d?e"},
        {"/?", "a", "/", ""},
        {"//a", "a", "//a", ""},
        {"/%2e%2e/%00", "a", "/%2e%2e/%00", ""},
        {"http://a/b?c", "a", "/b", "c"},
        {"HTTP://Ex.Ample:8080/b", "eX.aMPLE:8080", "/b", ""},
        {"https://[::1]:80/b", "[::1]:80", "/b", ""},
        {"http://a/b", "b", NULL, NULL},
        {"http://a/b", "aa", NULL, NULL},
        {"http://a:80/b", "a", NULL, NULL},
        {"http://a", "a", NULL, NULL},
        {"http://a?b", "a", NULL, NULL},
        {"http:///b", "a", NULL, NULL},
        {"http:/a/b", "a", NULL, NULL},
        {"http://u@a/b", "a", NULL, NULL},
        {"http://a\\b/c", "a", NULL, NULL},
        {"file:///etc/passwd", "a", NULL, NULL},
        {"*", "a", NULL, NULL},
        {"a", "a", NULL, NULL},
        {"?a", "a", NULL, NULL},
        {"/a#b", "a", NULL, NULL},
        {"/a?b#c", "a", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request;
        char bytes[200];
        enum error_code code;
        snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", rows[i].target,
                 rows[i].host);
        print_message("%s", bytes);
        code = make(bytes, &request);
        assert_int_equal(code, rows[i].path ? ERR_OK : ERR_BAD_REQUEST);
        if (!rows[i].path) {
            assert_null(request.path);
            continue;
        }
        assert_int_equal(request.path_len, strlen(rows[i].path));
        assert_memory_equal(request.path, rows[i].path, request.path_len);
        assert_int_equal(request.query_len, strlen(rows[i].query));
        assert_memory_equal(request.query, rows[i].query, request.query_len);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *bytes;
        enum error_code code;
    } rows[] = {
        {"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", ERR_NOT_IMPLEMENTED},
        {"GETS / HTTP/1.1\r\nHost: a\r\n\r\n", ERR_NOT_IMPLEMENTED},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", ERR_BAD_REQUEST},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ERR_BAD_REQUEST},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", ERR_OK},
        {"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", ERR_EXPECTATION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request;
        char bytes[200];
        snprintf(bytes, sizeof bytes, "%s", rows[i].bytes);
        assert_int_equal(make(bytes, &request), rows[i].code);
    }
}

static void test_bodies_that_are_too_large(void **state)
{
    static const struct {
        const char *framing;
        bool is_too_large;
    } rows[] = {
        {"Content-Length: 262144", false},
        {"Content-Length: 262145", true},
        {"Content-Length: 99999999999999999999", true},
        {"Transfer-Encoding: chunked", false},
        {"X-Length: 262145", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request;
        char bytes[200];
        snprintf(bytes, sizeof bytes, "PUT / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n",
                 rows[i].framing);
        assert_int_equal(make(bytes, &request),
                         rows[i].is_too_large ? ERR_TOO_LARGE : ERR_OK);
        assert_non_null(request.path); // it is handed out all the same
    }
}

static void test_headers_are_found_by_lower_case_name(void **state)
{
    char bytes[] = "GET / HTTP/1.1\r\nHOST: a\r\nX-One: 1\r\nx-two: 2\r\nX-TWO:\r\n\r\n";
    struct http_request request;
    size_t count;

    (void)state;
    assert_int_equal(make(bytes, &request), ERR_OK);
    assert_memory_equal(http_request_header(&request, "x-one", NULL)->value, "1", 1);
    assert_memory_equal(http_request_header(&request, "x-two", &count)->value, "2", 1);
    assert_int_equal(count, 2);
    assert_null(http_request_header(&request, "x-three", &count));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bodies_that_are_too_large),
        cmocka_unit_test(test_headers_are_found_by_lower_case_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
