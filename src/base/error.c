#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *slug;
    const char *title;
    int http_status;
    int exit_code;
} codes[] = {
#define X(name, status, exit, slug, title) [ERR_##name] = {slug, title, status, exit},
    ERROR_CODES(X)
#undef X
};

const char *error_slug(enum error_code code)
{
    return codes[code].slug;
}

const char *error_title(enum error_code code)
{
    return codes[code].title;
}

int error_http_status(enum error_code code)
{
    return codes[code].http_status;
}

int error_exit_code(enum error_code code)
{
    return codes[code].exit_code;
}

// A character that was cut in the middle would make the line no UTF-8 any more.
static void drop_cut_character(char *text, size_t len)
{
    size_t tail = 0; // continuation bytes at the end

    while (tail < 3 && tail < len && ((unsigned char)text[len - 1 - tail] & 0xc0) == 0x80)
        tail++;
    if (tail < len && (unsigned char)text[len - 1 - tail] >= 0xc0) {
        unsigned char lead = (unsigned char)text[len - 1 - tail];
        size_t whole = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (tail < whole)
            text[len - 1 - tail] = '\0';
    }
}

static void replace_control_bytes(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static void fill(struct error *error, enum error_code code, const char *field,
                 const char *format, va_list args) PRINTF_LIKE(4, 0);

// Both are formatted before anything is written, because field and the arguments may be
// the error's own old text.
static void fill(struct error *error, enum error_code code, const char *field,
                 const char *format, va_list args)
{
    struct error made = {.code = code};
    int len = vsnprintf(made.text, sizeof made.text, format, args);

    if (len >= (int)sizeof made.text)
        drop_cut_character(made.text, sizeof made.text - 1);
    len = snprintf(made.field, sizeof made.field, "%s", field);
    if (len >= (int)sizeof made.field)
        drop_cut_character(made.field, sizeof made.field - 1);
    replace_control_bytes(made.text);
    replace_control_bytes(made.field);
    *error = made;
}

enum error_code error_set(struct error *error, enum error_code code, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        fill(error, code, "", format, args);
        va_end(args);
    }
    return code;
}

enum error_code error_at(struct error *error, enum error_code code, const char *field,
                         const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        fill(error, code, field, format, args);
        va_end(args);
    }
    return code;
}
