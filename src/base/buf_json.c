#include "base/buf.h"
#include "base/text.h"

#include <string.h>

// What stands behind the backslash; 'u': the long form; 0: nothing to escape.
static char escape_of(unsigned char c)
{
    switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return c < 0x20 || c == 0x7f ? 'u' : 0;
    }
}

static void add_escape(struct buf *buf, unsigned char c, char escape)
{
    static const char digits[] = "0123456789abcdef";
    char text[] = {'\\', escape, '0', '0', digits[c >> 4], digits[c & 15]};

    buf_add(buf, text, escape == 'u' ? 6 : 2);
}

// How many bytes from the start need no change.
static size_t plain_run(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t step = text_utf8_step(text + at, len - at);
        if (step == 0 || (step == 1 && escape_of((unsigned char)text[at])))
            break;
        at += step;
    }
    return at;
}

void buf_add_json(struct buf *buf, const char *text, size_t len)
{
    size_t at = 0;

    buf_add_char(buf, '"');
    while (at < len && buf_ok(buf)) {
        size_t run = plain_run(text + at, len - at);
        buf_add(buf, text + at, run);
        at += run;
        if (at == len)
            break;
        char escape = escape_of((unsigned char)text[at]);
        if (escape)
            add_escape(buf, (unsigned char)text[at], escape);
        else
            buf_add_str(buf, "\xef\xbf\xbd"); // U+FFFD for a byte that is no UTF-8
        at++;
    }
    buf_add_char(buf, '"');
}
