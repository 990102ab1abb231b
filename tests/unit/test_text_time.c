#include "base/text.h"

#include "seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const int64_t end_ms = INT64_C(253402300800000); // 10000-01-01T00:00:00Z

static void times_are_written(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        int digits;
        const char *text;
    } rows[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {0, 3, "1970-01-01T00:00:00.000Z"},
        {784111777042, 0, "1994-11-06T08:49:37Z"},
        {784111777042, 3, "1994-11-06T08:49:37.042Z"},
        {784111777042, 6, "1994-11-06T08:49:37.042000Z"},
        {951782400000, 0, "2000-02-29T00:00:00Z"},
        {-1, 3, "1969-12-31T23:59:59.999Z"},
        {253402300799999, 3, "9999-12-31T23:59:59.999Z"},
        {253402300800000, 0, "10000-01-01T00:00:00Z"},
        {INT64_MAX, 6, "292278994-08-17T07:12:55.807000Z"},
        {INT64_MIN, 6, "-292275055-05-16T16:47:04.192000Z"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[TEXT_TIME_MAX];
        assert_int_equal(text_time(text, rows[i].ms, rows[i].digits), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

// The C library's calendar is the judge, over all the years both know.
static void times_match_the_c_library(void **state)
{
    (void)state;
    uint64_t random = 4;

    for (int i = 0; i < 50000; i++) {
        int64_t ms = (int64_t)seeded_below(&random, (uint64_t)end_ms);
        time_t seconds = ms / 1000;
        char text[TEXT_TIME_MAX];
        char expected[TEXT_TIME_MAX];
        int64_t back = -1;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
        text_time(text, ms, 0);
        assert_string_equal(text, expected);
        assert_true(text_from_time(text, text_time(text, ms, 6), &back));
        assert_true(back == ms);
    }
}

static void times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; // -1: refused
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1994-11-06T08:49:37Z", 784111777000},
        {"1994-11-06t08:49:37z", 784111777000},
        {"1994-11-06T08:49:37.5Z", 784111777500},
        {"1994-11-06T08:49:37.0429999999999999999999Z", 784111777042},
        {"1994-11-06T09:49:37+01:00", 784111777000},
        {"1994-11-06T03:19:37-05:30", 784111777000},
        {"1994-11-06T08:49:37-00:00", 784111777000},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1970-01-01T00:00:00+00:01", -1}, // before 1970
        {"1969-12-31T23:59:59-00:01", 59000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"9999-12-31T23:59:59-00:01", -1}, // in the year 10000
        {"9999-12-31T23:59:60Z", -1},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2023-02-29T00:00:00Z", -1},
        {"2100-02-29T00:00:00Z", -1},
        {"2024-04-31T00:00:00Z", -1},
        {"2024-13-01T00:00:00Z", -1},
        {"2024-00-01T00:00:00Z", -1},
        {"2024-01-00T00:00:00Z", -1},
        {"2024-01-01T24:00:00Z", -1},
        {"2024-01-01T00:60:00Z", -1},
        {"2024-01-01T00:00:61Z", -1},
        {"2024-01-01T00:00:00", -1}, // in which zone?
        {"2024-01-01T00:00:00+0100", -1},
        {"2024-01-01T00:00:00+24:00", -1},
        {"2024-01-01T00:00:00.Z", -1},
        {"2024-01-01T00:00:00,5Z", -1},
        {"2024-01-01 00:00:00Z", -1},
        {"2024-01-01T00:00:00Z ", -1},
        {" 2024-01-01T00:00:00Z", -1},
        {"2024-1-01T00:00:00Z", -1},
        {"2024-01-01T00:00Z", -1},
        {"+024-01-01T00:00:00Z", -1},
        {"12024-01-01T00:00:00Z", -1},
        {"2024-01-01", -1},
        {"", -1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = -1;
        bool good = text_from_time(rows[i].text, strlen(rows[i].text), &ms);
        if (good != (rows[i].ms >= 0) || ms != rows[i].ms)
            fail_msg("%s: %lld", rows[i].text, (long long)ms);
    }
}

static void http_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; // -1: refused
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000}, // RFC 9110, section 5.6.7
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777000},
        {"Sun Nov  6 08:49:37 1994", 784111777000},
        {"Mon Nov 16 08:49:37 2026", 1794818977000},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
        {"Saturday, 01-Jan-00 00:00:00 GMT", 946684800000},
        {"Tuesday, 31-Dec-69 23:59:59 GMT", 3155759999000}, // 2069
        {"Wednesday, 06-Nov-24 00:00:00 GMT", 1730851200000},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000},
        {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
        {"Sun, 06 Nov 1994 08:49:37", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
        {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 94 08:49:37 GMT", -1},
        {"Sun, 06-Nov-94 08:49:37 GMT", -1},
        {"Sunday, 06 Nov 1994 08:49:37 GMT", -1},
        {"Sunday Nov  6 08:49:37 1994", -1},
        {"Sun, 31 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"Sun, 06 Nov 1969 08:49:37 GMT", -1},
        {"Son, 06 Nov 1994 08:49:37 GMT", -1},
        {"Sun Nov 06 08:49:37 94", -1},
        {"Sun Nov", -1},
        {"Sun", -1},
        {"Su", -1},
        {"120", -1},
        {"", -1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = -1;
        bool good = text_from_http_time(rows[i].text, strlen(rows[i].text), &ms);
        if (good != (rows[i].ms >= 0) || ms != rows[i].ms)
            fail_msg("%s: %lld", rows[i].text, (long long)ms);
    }
}

static void all_months_and_days_have_names(void **state)
{
    (void)state;
    for (int day = 0; day < 800; day++) {
        static const char *const forms[] = {
            "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"};
        time_t seconds = 1700000000 + day * 86399;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        for (size_t i = 0; i < COUNT(forms); i++) {
            char text[60];
            int64_t ms = -1;
            size_t len = strftime(text, sizeof text, forms[i], &tm);
            assert_true(text_from_http_time(text, len, &ms));
            assert_true(ms == seconds * 1000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_match_the_c_library),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(http_times_are_read),
        cmocka_unit_test(all_months_and_days_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
