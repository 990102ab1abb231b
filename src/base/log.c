#include "base/log.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};

// Set once, before any thread starts.
static enum log_level least_level = LOG_INFO;
static enum log_format line_format = LOG_TEXT;

struct line {
    char text[LIMIT_MOST_LOG_LINE];
    size_t len;
    size_t max; // leaves room for what must still follow
};

void log_start(enum log_level least, enum log_format format)
{
    least_level = least;
    line_format = format;
}

// All of it or nothing, so that a cut never falls into an escape or a character.
static bool add(struct line *line, const char *text, size_t len)
{
    if (len > line->max - line->len)
        return false;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    return true;
}

static void add_str(struct line *line, const char *str)
{
    add(line, str, strlen(str));
}

static bool add_unit(struct line *line, const char *at, size_t step)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char c = (unsigned char)*at;
    char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

    if (step == 0) // no character: U+FFFD
        return add(line, "\xef\xbf\xbd", 3);
    if (c < 0x20 || c == 0x7f)
        return add(line, escape, sizeof escape);
    if (line_format == LOG_JSON && (c == '"' || c == '\\'))
        return add(line, (char[]){'\\', *at}, 2);
    return add(line, at, step);
}

static void add_sentence(struct line *line, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_step(text + at, len - at);
        if (!add_unit(line, text + at, step))
            return;
        at += step ? step : 1;
    }
}

// The two forms say the same: when, how bad, what, and a sentence.
static void fill(struct line *line, enum log_level level, const char *event,
                 const char *sentence, size_t len)
{
    const bool is_json = line_format == LOG_JSON;
    const char *tail = is_json ? "\"}\n" : "\n";
    char time[TEXT_TIME_MAX];

    line->max = (size_t)limit(LIMIT_LOG_LINE) - strlen(tail);
    text_time(time, clock_now().wall_ms, 3);
    add_str(line, is_json ? "{\"time\":\"" : "");
    add_str(line, time);
    add_str(line, is_json ? "\",\"level\":\"" : " ");
    add_str(line, level_names[level]);
    add_str(line, is_json ? "\",\"event\":\"" : " ");
    add_str(line, event);
    add_str(line, is_json ? "\",\"text\":\"" : ": ");
    add_sentence(line, sentence, len);
    line->max += strlen(tail);
    add_str(line, tail);
}

// One call per line, so that the lines of several threads do not mix. The descriptor is not
// made non-blocking, since others may share it.
static bool put(const struct line *line)
{
    struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&writable, 1, 0) == 1 && writable.revents & POLLOUT &&
           write(STDERR_FILENO, line->text, line->len) >= 0;
}

// A reader that went away or does not keep up loses lines; it must not hold up deliveries. It
// is told how many it lost with the first line that comes through again.
static void put_or_count(const struct line *line)
{
    static atomic_uint lost;
    unsigned count;

    if (!put(line)) {
        atomic_fetch_add(&lost, 1);
        return;
    }
    count = atomic_exchange(&lost, 0);
    if (count)
        log_write(LOG_WARNING, "log.lost", "%u lines before this found no room", count);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    char sentence[LIMIT_MOST_LOG_LINE];
    struct line line;
    va_list args;
    int len;

    if (level < least_level)
        return;
    va_start(args, format);
    len = vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (len < 0)
        return;
    line.len = 0;
    fill(&line, level, event, sentence,
         (size_t)len < sizeof sentence ? (size_t)len : sizeof sentence - 1);
    put_or_count(&line);
}
