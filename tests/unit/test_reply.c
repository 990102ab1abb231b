// Answers as bytes, to the last one.

#include "net/reply.h"

#include "base/buf.h"
#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COMMON "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Content-Type-Options: nosniff\r\n"

static const struct reply_header cached[] = {{"Cache-Control", "max-age=1"}, {"ETag", "x"}};
static const struct reply_header split[] = {{"X-A", "a\r\nb\tc\x7f\xc3\xa9"}};

static void test_bytes(void **state)
{
    static const struct {
        struct reply reply;
        const char *bytes;
    } rows[] = {
        {{.status = 202, .content_type = "a/b", .body = "{}", .body_len = 2},
         "HTTP/1.1 202 Accepted\r\n" COMMON "Content-Type: a/b\r\nCache-Control: no-store\r\n"
         "Content-Length: 2\r\n\r\n{}"},
        {{.status = 404, .is_last = true},
         "HTTP/1.1 404 Not Found\r\n" COMMON "Cache-Control: no-store\r\n"
         "Connection: close\r\nContent-Length: 0\r\n\r\n"},
        {{.status = 200, .body = "hello", .body_len = 5, .is_head = true},
         "HTTP/1.1 200 OK\r\n" COMMON "Cache-Control: no-store\r\nContent-Length: 5\r\n\r\n"},
        {{.status = 204},
         "HTTP/1.1 204 No Content\r\n" COMMON "Cache-Control: no-store\r\n\r\n"},
        {{.status = 304, .headers = cached, .header_count = 2, .body = "x", .body_len = 1},
         "HTTP/1.1 304 Not Modified\r\n" COMMON
         "Cache-Control: max-age=1\r\nETag: x\r\n\r\n"},
        {{.status = 299, .headers = split, .header_count = 1},
         "HTTP/1.1 299 Other\r\n" COMMON "Cache-Control: no-store\r\n"
         "X-A: a  b c \xc3\xa9\r\nContent-Length: 0\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply_common common = {0};
        struct buf out;
        buf_init(&out, 10000);
        reply_common_update(&common, 784111777999);
        reply_write(&out, &common, &rows[i].reply);
        assert_string_equal(out.data, rows[i].bytes);
        buf_done(&out);
    }
}

static void test_date_changes_with_the_second(void **state)
{
    struct reply_common common = {0};

    (void)state;
    reply_common_update(&common, 0);
    assert_non_null(strstr(common.lines, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
    reply_common_update(&common, 999);
    assert_non_null(strstr(common.lines, "00:00:00 GMT"));
    reply_common_update(&common, 1000);
    assert_non_null(strstr(common.lines, "00:00:01 GMT"));
    reply_common_update(&common, 253402300799000);
    assert_non_null(strstr(common.lines, "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_date_changes_with_the_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
