#include "base/log.h"

#include "base/json_span.h"
#include "base/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;
static int lines[2]; // a pipe in the place of standard error

static int catch_lines(void **state)
{
    (void)state;
    saved_stderr = dup(STDERR_FILENO);
    if (saved_stderr < 0 || pipe2(lines, O_CLOEXEC))
        return -1;
    return dup2(lines[1], STDERR_FILENO) < 0;
}

static int let_lines_go(void **state)
{
    (void)state;
    log_start(LOG_INFO, LOG_TEXT);
    close(lines[0]);
    close(lines[1]);
    return dup2(saved_stderr, STDERR_FILENO) < 0 || close(saved_stderr);
}

static size_t read_lines(char *ret, size_t room)
{
    fcntl(lines[0], F_SETFL, O_NONBLOCK);
    ssize_t len = read(lines[0], ret, room - 1);
    ret[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static void text_lines_say_it_all(void **state)
{
    (void)state;
    char text[2000];

    log_write(LOG_WARNING, "store.open", "%s is %d", "\"it\"\\", 7);
    read_lines(text, sizeof text);
    assert_string_equal(text + strlen("2026-01-01T00:00:00.000Z"),
                        " warning store.open: \"it\"\\ is 7\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
    (void)state;
    char text[2000];

    log_write(LOG_DEBUG, "a", "not by default");
    assert_int_equal(read_lines(text, sizeof text), 0);
    log_start(LOG_ERROR, LOG_TEXT);
    log_write(LOG_WARNING, "a", "no");
    assert_int_equal(read_lines(text, sizeof text), 0);
    log_write(LOG_ERROR, "a", "yes");
    assert_true(read_lines(text, sizeof text) > 0);
}

static void control_bytes_are_escaped(void **state)
{
    (void)state;
    char text[2000];

    log_write(LOG_INFO, "a", "x\ny\x1b[2J\x1f\x7f\r\xc3\xa9\xff");
    read_lines(text, sizeof text);
    assert_non_null(
        strstr(text, ": x\\u000ay\\u001b[2J\\u001f\\u007f\\u000d\xc3\xa9\xef\xbf\xbd\n"));
}

static void json_lines_are_json(void **state)
{
    (void)state;
    char text[2000];
    char sentence[100];
    struct json_span line;
    struct json_span value;
    size_t len;

    log_start(LOG_DEBUG, LOG_JSON);
    log_write(LOG_ERROR, "net.accept", "a \"quoted\\ \x01\n\t\xc3\xa9 \xff line");
    len = read_lines(text, sizeof text);
    assert_int_equal(text[len - 1], '\n');
    assert_int_equal(json_check(text, len, &line, NULL), ERR_OK);
    assert_int_equal(json_find(&line, "level", &value), 1);
    assert_true(json_text_equal(&value, "error"));
    assert_int_equal(json_find(&line, "event", &value), 1);
    assert_true(json_text_equal(&value, "net.accept"));
    assert_int_equal(json_find(&line, "time", &value), 1);
    assert_int_equal(json_find(&line, "text", &value), 1);
    assert_true(json_text(&value, sentence, sizeof sentence, &len));
    assert_string_equal(sentence, "a \"quoted\\ \x01\n\t\xc3\xa9 \xef\xbf\xbd line");
}

// Whatever is cut, a line stays a line, and JSON stays JSON.
static void long_lines_are_cut(void **state)
{
    (void)state;
    static const char *const fillers[] = {"x", "\x01", "\"", "\xc3\xa9", "\xff"};

    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        for (int shift = 0; shift < 7; shift++) {
            char sentence[3000] = "";
            char text[4000];
            struct json_span line;
            for (int k = 0; k < 1400; k++)
                strcat(sentence, fillers[i]);
            log_start(LOG_INFO, LOG_JSON);
            log_write(LOG_INFO, "a", "%.*s%s", shift, "-------", sentence);
            size_t len = read_lines(text, sizeof text);
            assert_true(len <= (size_t)limit(LIMIT_LOG_LINE));
            assert_true(len > (size_t)limit(LIMIT_LOG_LINE) - 10);
            assert_ptr_equal(strchr(text, '\n'), text + len - 1);
            assert_int_equal(json_check(text, len, &line, NULL), ERR_OK);
        }
}

static void stop_the_test(int signal_number)
{
    (void)signal_number;
    _exit(3);
}

static void a_full_pipe_does_not_block(void **state)
{
    (void)state;
    signal(SIGALRM, stop_the_test);
    alarm(20);
    for (int i = 0; i < 10000; i++) // far more than a pipe holds
        log_write(LOG_ERROR, "a", "line %d", i);
    alarm(0);
}

static void lost_lines_are_counted(void **state)
{
    (void)state;
    static char text[1 << 20];
    char expected[100];
    int written = 0;

    signal(SIGALRM, stop_the_test);
    alarm(20);
    for (int i = 0; i < 10000; i++)
        log_write(LOG_ERROR, "a", "line %d", i);
    alarm(0);
    for (size_t len; (len = read_lines(text, sizeof text)) > 0;)
        for (size_t at = 0; at < len; at++)
            written += text[at] == '\n';
    assert_true(written > 0 && written < 10000);
    log_write(LOG_ERROR, "a", "here again");
    read_lines(text, sizeof text);
    assert_non_null(strstr(text, " error a: here again\n"));
    snprintf(expected, sizeof expected,
             " warning log.lost: %d lines before this found no room\n", 10000 - written);
    assert_non_null(strstr(text, expected));
    log_write(LOG_ERROR, "a", "once more");
    read_lines(text, sizeof text);
    assert_null(strstr(text, "log.lost"));
}

static void a_closed_pipe_does_no_harm(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(lines[0]);
    log_write(LOG_ERROR, "a", "nobody reads this");
    close(STDERR_FILENO);
    log_write(LOG_ERROR, "a", "nor this");
}

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, catch_lines, let_lines_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(text_lines_say_it_all),      LOG_TEST(lines_below_the_level_are_dropped),
        LOG_TEST(control_bytes_are_escaped),  LOG_TEST(json_lines_are_json),
        LOG_TEST(long_lines_are_cut),         LOG_TEST(lost_lines_are_counted),
        LOG_TEST(a_full_pipe_does_not_block), LOG_TEST(a_closed_pipe_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
