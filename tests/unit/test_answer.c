// Answers as bytes: limits at their edges, what headers say about the next call, redirects.
// The receivers of test_caller.c show the rest.

#include "net/answer.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum answer_state feed(struct answer *answer, const char *bytes, size_t len)
{
    enum answer_state state = ANSWER_MORE;
    while (len > 0 && state == ANSWER_MORE) {
        size_t room;
        char *at = answer_room(answer, &room);
        size_t part = len < room ? len : room;
        memcpy(at, bytes, part);
        state = answer_feed(answer, part);
        bytes += part;
        len -= part;
    }
    return state;
}

static enum answer_state say(struct answer *answer, const char *text)
{
    return feed(answer, text, strlen(text));
}

// A head of so many lines and bytes of lines, with so many interim ones before it.
static enum call_result head_of(size_t lines, size_t bytes, int interim)
{
    struct answer answer;
    char *text = calloc(1, bytes + 4096);
    assert_non_null(text);
    answer_init(&answer);
    for (int i = 0; i < interim; i++)
        strcat(text, "HTTP/1.1 102 P\r\n\r\n");
    strcat(text, "HTTP/1.1 200 OK\r\n");
    size_t at = strlen(text), end = at + bytes; // the empty line is not counted
    for (size_t i = 0; i < lines; i++) {
        size_t left = end - at, len = i + 1 < lines ? 6 : left;
        memset(text + at, 'x', len);
        memcpy(text + at, "X: ", 3);
        memcpy(text + at + len - 2, "\r\n", 2);
        at += len;
    }
    memcpy(text + at, "\r\n", 2);
    enum answer_state state = say(&answer, text);
    enum call_result result = state == ANSWER_FAILED ? answer.fault : CALL_ANSWERED;
    answer_done(&answer);
    free(text);
    return result;
}

static void test_limits_of_heads(void **state)
{
    (void)state;
    static const struct {
        size_t lines, bytes;
        int interim;
        enum call_result result;
    } rows[] = {
        {1, 100, 0, CALL_ANSWERED},
        {199, 2000, 0, CALL_ANSWERED},
        {200, 2000, 0, CALL_ANSWERED},
        {201, 2000, 0, CALL_HEADERS_TOO_LARGE},
        {2, 65535, 0, CALL_ANSWERED},
        {2, 65536, 0, CALL_ANSWERED},
        {2, 65537, 0, CALL_HEADERS_TOO_LARGE},
        {1, 100, 7, CALL_ANSWERED},
        {1, 100, 8, CALL_ANSWERED},
        {1, 100, 9, CALL_TOO_MANY_INTERIM},
        {2, 65536, 8, CALL_HEADERS_TOO_LARGE}, // interim ones count as well
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum call_result result = head_of(rows[i].lines, rows[i].bytes, rows[i].interim);
        if (result != rows[i].result)
            fail_msg("row %zu: %s", i, call_result_slug(result));
    }
}

static void test_limits_of_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t sent;
        enum answer_state state;
        size_t kept;
        bool is_cut, is_reusable;
    } rows[] = {
        {"Content-Length: 16383", 16383, ANSWER_DONE, 16383, false, true},
        {"Content-Length: 16384", 16384, ANSWER_DONE, 16384, false, true},
        {"Content-Length: 16385", 16385, ANSWER_DONE, 16384, true, true},
        {"Content-Length: 65535", 65535, ANSWER_DONE, 16384, true, true},
        {"Content-Length: 65536", 65536, ANSWER_DONE, 16384, true, true},
        {"Content-Length: 70000", 65536, ANSWER_MORE, 16384, true, false},
        {"Content-Length: 70000", 65537, ANSWER_DONE, 16384, true, false},
        {"X: until close", 65536, ANSWER_MORE, 16384, true, false},
        {"X: until close", 65537, ANSWER_DONE, 16384, true, false},
    };
    char *body = calloc(1, 70000);
    assert_non_null(body);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        char head[100];
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", rows[i].head);
        answer_init(&answer);
        assert_int_equal(say(&answer, head), ANSWER_MORE);
        enum answer_state was = feed(&answer, body, rows[i].sent);
        if (was != rows[i].state || answer.kept != rows[i].kept ||
            answer.is_cut != rows[i].is_cut || answer.is_reusable != rows[i].is_reusable)
            fail_msg("row %zu: state %d, kept %zu", i, (int)was, answer.kept);
        answer_done(&answer);
    }
    free(body);
}

// The answer's own headers, read by one of the functions below.
static void open_answer(struct answer *answer, const char *status, const char *header)
{
    char text[40000];
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%s%sContent-Length: 0\r\n\r\n", status,
             header, *header ? "\r\n" : "");
    answer_init(answer);
    assert_int_equal(say(answer, text), ANSWER_DONE);
}

static void test_retry_after(void **state)
{
    (void)state;
    static const int64_t now_ms = 1795294800000; // 2026-11-21 21:00:00
    static const struct {
        const char *header;
        int64_t wait_ms;
    } rows[] = {
        {"", -1},
        {"Retry-After: 0", 0},
        {"Retry-After: 120", 120000},
        {"retry-after:   007  ", 7000},
        {"Retry-After: 86399", 86399000},
        {"Retry-After: 86400", 86400000},
        {"Retry-After: 86401", 86400000},
        {"Retry-After: 99999999999", 86400000},
        {"Retry-After: 99999999999999999999999999999999", 86400000},
        {"Retry-After: -1", -1},
        {"Retry-After: +5", -1},
        {"Retry-After: 1e9", -1},
        {"Retry-After: 5s", -1},
        {"Retry-After: ", -1},
        {"Retry-After: soon", -1},
        {"Retry-After: 0x10", -1},
        {"Retry-After: Sat, 21 Nov 2026 21:01:00 GMT", 60000},
        {"Retry-After: Sat, 21 Nov 2026 21:00:00 GMT", 0},
        {"Retry-After: Sat, 21 Nov 2026 20:00:00 GMT", 0},
        {"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", 86400000},
        {"Retry-After: Sat, 30 Feb 2026 00:00:00 GMT", -1},
        {"Retry-After: 5\r\nRetry-After: 9", 5000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        open_answer(&answer, "503 Busy", rows[i].header);
        int64_t wait_ms = answer_retry_after_ms(&answer, now_ms);
        if (wait_ms != rows[i].wait_ms)
            fail_msg("%s: %ld", rows[i].header, (long)wait_ms);
        answer_done(&answer);
    }
}

static void test_keep_alive(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int64_t max_ms;
    } rows[] = {
        {"", -1},
        {"Keep-Alive: timeout=5", 5000},
        {"Keep-Alive: max=100, TIMEOUT=75", 75000},
        {"Keep-Alive: timeout=", -1},
        {"Keep-Alive: timeout=x", 0},
        {"Keep-Alive: timeout=99999999999999999999", 86400000},
        {"Keep-Alive: max=3", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        open_answer(&answer, "200 OK", rows[i].header);
        int64_t max_ms = answer_idle_max_ms(&answer);
        if (max_ms != rows[i].max_ms)
            fail_msg("%s: %ld", rows[i].header, (long)max_ms);
        answer_done(&answer);
    }
}

static void test_redirects(void **state)
{
    (void)state;
    static const struct {
        const char *status, *header, *words;
    } rows[] = {
        {"200 OK", "Location: https://a.test/", ""},
        {"301 Moved", "Location: https://a.test/b?c", "it points to a.test"},
        {"302 Found", "Location: http://127.0.0.1:8080?x", "it points to 127.0.0.1:8080"},
        {"307 Same", "Location: /login", "it points to /login"},
        {"308 Same", "Location: file:///etc/passwd", "it points to "},
        {"303 See", "Location: https://a\\b\xc3\xa9/", "it points to a\\x5cb\\xc3\\xa9"},
        {"300 Many", "", "it does not say where to"},
        {"399 Odd", "Location:", "it does not say where to"},
        {"400 Bad", "Location: https://a.test/", ""},
    };
    char words[200];
    struct answer answer;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_answer(&answer, rows[i].status, rows[i].header);
        answer_redirect(&answer, words, sizeof words);
        assert_string_equal(words, rows[i].words);
        answer_done(&answer);
    }
    char *vast = calloc(1, 33000);
    assert_non_null(vast);
    memset(vast, 0xff, 32999);
    memcpy(vast, "Location: ", 10);
    open_answer(&answer, "302 Found", vast);
    answer_redirect(&answer, words, sizeof words);
    assert_in_range(strlen(words), 190, 199);
    answer_done(&answer);
    free(vast);
}

static void test_cleared_answers_start_anew(void **state)
{
    (void)state;
    struct answer answer;
    open_answer(&answer, "503 Busy", "Retry-After: 5");
    answer_clear(&answer);
    assert_int_equal(
        say(&answer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok"),
        ANSWER_MORE);
    assert_int_equal(answer_end(&answer, true), ANSWER_DONE);
    assert_true(answer.is_cut); // the last chunk is missing
    assert_int_equal(answer.kept, 2);
    answer_clear(&answer);
    assert_int_equal(answer_end(&answer, true), ANSWER_FAILED);
    assert_int_equal(answer.fault, CALL_INCOMPLETE);
    answer_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_of_heads),
        cmocka_unit_test(test_limits_of_bodies),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_cleared_answers_start_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
