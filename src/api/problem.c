#include "api/problem.h"

#include "base/buf.h"
#include "base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

// The longest start of text within room bytes that does not cut a character in two.
static size_t whole_characters(const char *text, size_t room)
{
    size_t len = strlen(text), kept = 0;

    while (kept < len) {
        size_t step = text_utf8_step(text + kept, len - kept);
        step = step > 0 ? step : 1;
        if (kept + step > room) {
            break;
        }
        kept += step;
    }
    return kept;
}

static void write_member(struct buf *ret, const char *name, const char *text, size_t len)
{
    buf_add_str(ret, ",\"");
    buf_add_str(ret, name);
    buf_add_str(ret, "\":");
    buf_add_json(ret, text, len);
}

// {"pointer":"/url"}, {"parameter":"limit"} or {"header":"If-Match"}.
static void write_place(struct buf *ret, const char *field)
{
    size_t len = strlen(field);

    if (field[0] == '?') {
        buf_add_str(ret, "{\"parameter\":");
        buf_add_json(ret, field + 1, len - 1);
    } else if (field[len - 1] == ':') {
        buf_add_str(ret, "{\"header\":");
        buf_add_json(ret, field, len - 1);
    } else {
        char pointer[ERROR_FIELD_MAX + 1] = "/";
        size_t skip = field[0] == '/';
        memcpy(pointer + 1, field + skip, len - skip);
        buf_add_str(ret, "{\"pointer\":");
        buf_add_json(ret, pointer, len - skip + 1);
    }
}

static void write_document(const struct error *error, const char *instance, size_t room,
                           struct buf *ret)
{
    const char *title = error_title(error->code);
    const char *detail = error->text[0] != '\0' ? error->text : title;
    size_t detail_len = whole_characters(detail, room);

    buf_add_str(ret, "{\"type\":\"about:blank\",\"status\":");
    buf_add_int(ret, error_http_status(error->code));
    write_member(ret, "code", error_slug(error->code), strlen(error_slug(error->code)));
    write_member(ret, "title", title, strlen(title));
    write_member(ret, "detail", detail, detail_len);
    write_member(ret, "instance", instance, strlen(instance));
    if (error->field[0] != '\0') {
        buf_add_str(ret, ",\"errors\":[");
        write_place(ret, error->field);
        write_member(ret, "detail", detail, detail_len);
        buf_add_str(ret, "}]");
    }
    buf_add_char(ret, '}');
}

// Escapes may lengthen a text; so it is cut shorter until the whole fits.
void problem_write(const struct error *error, const char *instance, struct buf *ret)
{
    assert(strlen(instance) <= PROBLEM_INSTANCE_MAX);
    size_t before = ret->len;

    for (size_t room = ERROR_TEXT_MAX;; room /= 2) {
        write_document(error, instance, room, ret);
        if (ret->len - before <= PROBLEM_MAX || room == 0) {
            return;
        }
        ret->len = before;
    }
}
