#include "base/text.h"

#include <string.h>

static const int64_t day_ms = 86400000;
static const int64_t end_ms = INT64_C(253402300800000); // the year 10000

// A day as the calendar says it; month 1 to 12, day 1 to 31.
struct date {
    int64_t year;
    int month;
    int day;
};

// Both count years from March and eras of 400 years, so that the leap day is a year's last:
// Howard Hinnant, "chrono-compatible low-level date algorithms".
static int64_t days_of(struct date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date date_of(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153); // 0: March

    return (struct date){
        .year = year + era * 400 + (month >= 10),
        .month = month + (month < 10 ? 3 : -9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
    };
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool is_date(struct date date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    return date.day <= lengths[date.month - 1] + (date.month == 2 && is_leap(date.year));
}

static char *put_digits(char *at, int64_t number, int width)
{
    for (int i = width; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + width;
}

static char *put_year(char *at, int64_t year)
{
    int width = 4;

    if (year < 0) {
        *at++ = '-';
        year = -year;
    }
    for (int64_t over = 10000; year >= over; over *= 10)
        width++;
    return put_digits(at, year, width);
}

size_t text_time(char *ret, int64_t wall_ms, int digits)
{
    int64_t of_day = (wall_ms % day_ms + day_ms) % day_ms;
    struct date date = date_of(wall_ms / day_ms - (wall_ms % day_ms < 0));
    char *at = put_year(ret, date.year);

    *at++ = '-';
    at = put_digits(at, date.month, 2);
    *at++ = '-';
    at = put_digits(at, date.day, 2);
    *at++ = 'T';
    at = put_digits(at, of_day / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, of_day / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, of_day / 1000 % 60, 2);
    if (digits) {
        *at++ = '.';
        at = put_digits(at, of_day % 1000, 3);
        for (int i = 3; i < digits; i++)
            *at++ = '0';
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - ret);
}

// What is left to read. Once something did not match, ok stays false and nothing is read.
struct scan {
    const char *at;
    const char *end;
    bool ok;
};

static bool skip_char(struct scan *scan, const char *one_of)
{
    if (!scan->ok || scan->at == scan->end || !*scan->at || !strchr(one_of, *scan->at))
        return false;
    scan->at++;
    return true;
}

static void want_char(struct scan *scan, const char *one_of)
{
    scan->ok = skip_char(scan, one_of);
}

static void want_str(struct scan *scan, const char *str)
{
    size_t len = strlen(str);

    scan->ok =
        scan->ok && (size_t)(scan->end - scan->at) >= len && memcmp(scan->at, str, len) == 0;
    if (scan->ok)
        scan->at += len;
}

static int want_number(struct scan *scan, int width, int max)
{
    int number = 0;

    for (int i = 0; i < width && scan->ok; i++) {
        scan->ok = scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
        if (scan->ok)
            number = number * 10 + (*scan->at++ - '0');
    }
    scan->ok = scan->ok && number <= max;
    return number;
}

// hh:mm:ss. A leap second, 60, is the next minute's first.
static int64_t want_clock(struct scan *scan)
{
    int64_t ms = want_number(scan, 2, 23) * INT64_C(3600000);

    want_char(scan, ":");
    ms += want_number(scan, 2, 59) * INT64_C(60000);
    want_char(scan, ":");
    return ms + want_number(scan, 2, 60) * INT64_C(1000);
}

static int64_t want_fraction(struct scan *scan)
{
    int64_t ms = 0;

    if (!skip_char(scan, "."))
        return 0;
    ms = want_number(scan, 1, 9) * 100;
    for (int64_t unit = 10; scan->ok && scan->at < scan->end; unit /= 10) {
        unsigned digit = (unsigned char)*scan->at - (unsigned)'0';
        if (digit > 9)
            break;
        ms += digit * unit;
        scan->at++;
    }
    return ms;
}

static int64_t want_offset(struct scan *scan)
{
    int64_t ms;
    bool is_west;

    if (skip_char(scan, "Zz"))
        return 0;
    is_west = scan->at < scan->end && *scan->at == '-';
    want_char(scan, "+-");
    ms = want_number(scan, 2, 23) * INT64_C(3600000);
    want_char(scan, ":");
    ms += want_number(scan, 2, 59) * INT64_C(60000);
    return is_west ? -ms : ms;
}

static bool finish(const struct scan *scan, struct date date, int64_t of_day, int64_t *ret)
{
    int64_t wall_ms;

    if (!scan->ok || scan->at != scan->end || !is_date(date))
        return false;
    wall_ms = days_of(date) * day_ms + of_day;
    if (wall_ms < 0 || wall_ms >= end_ms)
        return false;
    *ret = wall_ms;
    return true;
}

bool text_from_time(const char *text, size_t len, int64_t *ret_wall_ms)
{
    struct scan scan = {text, text + len, true};
    struct date date;
    int64_t of_day;

    date.year = want_number(&scan, 4, 9999);
    want_char(&scan, "-");
    date.month = want_number(&scan, 2, 12);
    want_char(&scan, "-");
    date.day = want_number(&scan, 2, 31);
    want_char(&scan, "Tt");
    of_day = want_clock(&scan);
    of_day += want_fraction(&scan);
    of_day -= want_offset(&scan);
    return finish(&scan, date, of_day, ret_wall_ms);
}

static int want_month(struct scan *scan)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int month = 1; month <= 12 && scan->end - scan->at >= 3; month++) {
        if (memcmp(scan->at, names + 3 * (month - 1), 3) == 0) {
            scan->at += 3;
            return month;
        }
    }
    scan->ok = false;
    return 0;
}

// The day's name says nothing that the date does not; it must be one, that is all.
static bool skip_day_name(struct scan *scan, bool *ret_is_long)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

    for (size_t i = 0; i < 7; i++) {
        struct scan ahead = *scan;
        want_str(&ahead, names[i]);
        *ret_is_long = ahead.ok;
        if (!ahead.ok && scan->end - scan->at >= 3 && memcmp(scan->at, names[i], 3) == 0)
            ahead = (struct scan){scan->at + 3, scan->end, true};
        if (ahead.ok) {
            *scan = ahead;
            return true;
        }
    }
    return false;
}

// 06 Nov 1994 08:49:37 GMT, or with a long day name 06-Nov-94 08:49:37 GMT. Two digits of a
// year can only mean 1970 to 2069 here.
static bool read_gmt(struct scan *scan, bool is_long, int64_t *ret_wall_ms)
{
    const char *between = is_long ? "-" : " ";
    struct date date;
    int64_t of_day;

    want_str(scan, ", ");
    date.day = want_number(scan, 2, 31);
    want_char(scan, between);
    date.month = want_month(scan);
    want_char(scan, between);
    date.year = want_number(scan, is_long ? 2 : 4, 9999);
    if (is_long)
        date.year += date.year < 70 ? 2000 : 1900;
    want_char(scan, " ");
    of_day = want_clock(scan);
    want_str(scan, " GMT");
    return finish(scan, date, of_day, ret_wall_ms);
}

// Nov  6 08:49:37 1994
static bool read_asctime(struct scan *scan, int64_t *ret_wall_ms)
{
    struct date date;
    int64_t of_day;

    want_char(scan, " ");
    date.month = want_month(scan);
    want_char(scan, " ");
    date.day = skip_char(scan, " ") ? want_number(scan, 1, 9) : want_number(scan, 2, 31);
    want_char(scan, " ");
    of_day = want_clock(scan);
    want_char(scan, " ");
    date.year = want_number(scan, 4, 9999);
    return finish(scan, date, of_day, ret_wall_ms);
}

bool text_from_http_time(const char *text, size_t len, int64_t *ret_wall_ms)
{
    struct scan scan = {text, text + len, true};
    bool is_long;

    if (!skip_day_name(&scan, &is_long))
        return false;
    if (!is_long && scan.at < scan.end && *scan.at == ' ')
        return read_asctime(&scan, ret_wall_ms);
    return read_gmt(&scan, is_long, ret_wall_ms);
}
