#include "cli/escape.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

static uint32_t character_of(const char *text, size_t len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = (unsigned char)text[0] & masks[len];

    for (size_t i = 1; i < len; i++)
        character = character << 6 | ((unsigned char)text[i] & 0x3f);
    return character;
}

// Does a terminal obey it rather than show it?
static bool is_obeyed(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } spans[] = {
        {0, 0x1f},        {0x7f, 0x9f},     // controls
        {0x61c, 0x61c},   {0x200b, 0x200f}, // marks of direction, of no width
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f},
    };

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        if (character >= spans[i].first && character <= spans[i].last)
            return true;
    }
    return false;
}

static void add_escaped(struct buf *ret, uint32_t character)
{
    switch (character) {
    case '\n': buf_add_str(ret, "\\n"); return;
    case '\r': buf_add_str(ret, "\\r"); return;
    case '\t': buf_add_str(ret, "\\t"); return;
    }
    if (character < 0x80)
        buf_add_format(ret, "\\x%02x", (unsigned)character);
    else
        buf_add_format(ret, "\\u%04x", (unsigned)character);
}

void escape_text(struct buf *ret, const char *text, size_t len)
{
    while (len > 0) {
        size_t step = text_utf8_step(text, len);

        if (step == 0)
            buf_add_format(ret, "\\x%02x", (unsigned char)text[0]);
        else if (is_obeyed(character_of(text, step)))
            add_escaped(ret, character_of(text, step));
        else
            buf_add(ret, text, step);
        step = step > 0 ? step : 1;
        text += step;
        len -= step;
    }
}

// Inside a string a control byte cannot stand in JSON, so those below 0x20 are white space.
static void add_json_escaped(struct buf *ret, uint32_t character)
{
    if (character == '\n')
        buf_add_char(ret, '\n');
    else if (character < 0x20)
        buf_add_char(ret, ' ');
    else if (character < 0x10000)
        buf_add_format(ret, "\\u%04x", (unsigned)character);
    else
        buf_add_format(ret, "\\u%04x\\u%04x",
                       (unsigned)(0xd800 + ((character - 0x10000) >> 10)),
                       (unsigned)(0xdc00 + ((character - 0x10000) & 0x3ff)));
}

void escape_json(struct buf *ret, const char *text, size_t len)
{
    while (len > 0) {
        size_t step = text_utf8_step(text, len);

        if (step == 0)
            buf_add_str(ret, "\\ufffd");
        else if (is_obeyed(character_of(text, step)))
            add_json_escaped(ret, character_of(text, step));
        else
            buf_add(ret, text, step);
        step = step > 0 ? step : 1;
        text += step;
        len -= step;
    }
}

void escape_url(struct buf *ret, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text_is(text + i, 1, "A-Za-z0-9._~-"))
            buf_add_char(ret, text[i]);
        else
            buf_add_format(ret, "%%%02X", (unsigned char)text[i]);
    }
}
