#include "cli/say.h"

#include "base/buf.h"
#include "cli/escape.h"

#include <stdarg.h>
#include <stdio.h>

enum { SAY_MAX = 4096 };

static void say_line(const char *before, const char *format, va_list values)
{
    char text[SAY_MAX];
    struct buf line;
    int len = vsnprintf(text, sizeof text, format, values);

    if (len < 0)
        return;
    buf_init(&line, 8 * SAY_MAX);
    escape_text(&line, text, len < SAY_MAX ? (size_t)len : SAY_MAX - 1);
    fflush(stdout); // so that both stand in the order in which they were said
    fprintf(stderr, "%s%s\n", before, line.data ? line.data : "");
    buf_done(&line);
}

void say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_line("posthorn: ", format, values);
    va_end(values);
}

void say_hint(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_line("  ", format, values);
    va_end(values);
}

int say_failed(enum exit_code code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_line("posthorn: ", format, values);
    va_end(values);
    return (int)code;
}
