#include "net/reply.h"

#include "base/buf.h"
#include "base/text.h"
#include "net/server.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *reply_reason(int status)
{
    static const char *const reasons[600] = {
        [200] = "OK",
        [201] = "Created",
        [202] = "Accepted",
        [204] = "No Content",
        [304] = "Not Modified",
        [400] = "Bad Request",
        [401] = "Unauthorized",
        [402] = "Payment Required",
        [403] = "Forbidden",
        [404] = "Not Found",
        [405] = "Method Not Allowed",
        [406] = "Not Acceptable",
        [408] = "Request Timeout",
        [409] = "Conflict",
        [410] = "Gone",
        [412] = "Precondition Failed",
        [413] = "Content Too Large",
        [414] = "URI Too Long",
        [415] = "Unsupported Media Type",
        [417] = "Expectation Failed",
        [422] = "Unprocessable Content",
        [428] = "Precondition Required",
        [429] = "Too Many Requests",
        [431] = "Request Header Fields Too Large",
        [500] = "Internal Server Error",
        [501] = "Not Implemented",
        [503] = "Service Unavailable",
        [505] = "HTTP Version Not Supported",
    };

    assert(status >= 200 && status <= 599);
    return reasons[status] ? reasons[status] : "Other";
}

void reply_common_update(struct reply_common *common, int64_t wall_ms)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t second = (time_t)(wall_ms / 1000);
    struct tm tm;

    if (common->len > 0 && common->second == second)
        return;
    gmtime_r(&second, &tm);
    common->second = second;
    common->len = (size_t)snprintf(common->lines, sizeof common->lines,
                                   "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d "
                                   "GMT\r\nX-Content-Type-Options: nosniff\r\n",
                                   days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
                                   tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    assert(common->len < sizeof common->lines);
}

// Where the next byte goes; the room was measured before.
struct pen {
    char *at;
};

static void put(struct pen *pen, const char *bytes, size_t len)
{
    if (len)
        memcpy(pen->at, bytes, len);
    pen->at += len;
}

static void put_str(struct pen *pen, const char *str)
{
    put(pen, str, strlen(str));
}

static void put_number(struct pen *pen, size_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(pen, digits + at, sizeof digits - at);
}

static void put_header(struct pen *pen, const char *name, const char *value)
{
    put_str(pen, name);
    put_str(pen, ": ");
    for (; *value; value++)
        *pen->at++ = (unsigned char)*value < ' ' || *value == 0x7f ? ' ' : *value;
    put_str(pen, "\r\n");
}

static bool has_cache_control(const struct reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (text_equal_nocase(reply->headers[i].name, strlen(reply->headers[i].name),
                              "cache-control"))
            return true;
    return false;
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

// An upper bound of what reply_write() puts.
static size_t measure(const struct reply_common *common, const struct reply *reply)
{
    size_t size = 256 + common->len + reply->body_len;

    if (reply->content_type)
        size += strlen(reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        size += strlen(reply->headers[i].name) + strlen(reply->headers[i].value) + 4;
    return size;
}

void reply_write(struct buf *out, const struct reply_common *common,
                 const struct reply *reply)
{
    char *room = buf_room(out, measure(common, reply));
    struct pen pen = {room};

    assert(room); // out has no ceiling that one answer could reach
    put_str(&pen, "HTTP/1.1 ");
    put_number(&pen, (size_t)reply->status);
    put_str(&pen, " ");
    put_str(&pen, reply_reason(reply->status));
    put_str(&pen, "\r\n");
    put(&pen, common->lines, common->len);
    if (reply->content_type)
        put_header(&pen, "Content-Type", reply->content_type);
    if (!has_cache_control(reply))
        put_str(&pen, "Cache-Control: no-store\r\n");
    for (size_t i = 0; i < reply->header_count; i++)
        put_header(&pen, reply->headers[i].name, reply->headers[i].value);
    if (reply->is_last)
        put_str(&pen, "Connection: close\r\n");
    if (!has_no_body(reply->status)) {
        put_str(&pen, "Content-Length: ");
        put_number(&pen, reply->body_len);
        put_str(&pen, "\r\n");
    }
    put_str(&pen, "\r\n");
    if (!has_no_body(reply->status) && !reply->is_head)
        put(&pen, reply->body, reply->body_len);
    buf_added(out, (size_t)(pen.at - room));
}
