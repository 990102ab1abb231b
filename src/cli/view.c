#include "cli/view.h"

#include "base/buf.h"
#include "base/json_span.h"
#include "base/memory.h"
#include "cli/escape.h"
#include "cli/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 1 << 26, MEMBER_MAX = 64 };

struct json_span view_member(const struct json_span *object, const char *path)
{
    struct json_span at = *object, next;
    char name[MEMBER_MAX];

    while (path) {
        const char *dot = strchr(path, '.');

        snprintf(name, sizeof name, "%.*s", (int)(dot ? (size_t)(dot - path) : strlen(path)),
                 path);
        next = (struct json_span){.kind = JSON_NONE};
        if (at.kind == JSON_MAP)
            json_find(&at, name, &next);
        at = next;
        path = dot ? dot + 1 : NULL;
    }
    return at;
}

static void add_text(struct buf *ret, const struct json_span *text)
{
    char *plain = memory_new(text->len + 1);
    size_t len = 0;

    if (json_text(text, plain, text->len + 1, &len))
        buf_add(ret, plain, len);
    else // a NUL or half a character: as it is spelled
        buf_add(ret, text->at, text->len);
    free(plain);
}

static void add_list(struct buf *ret, const struct json_span *list)
{
    struct json_walk walk;
    struct json_span item;
    bool is_first = true;

    for (json_walk_init(&walk, list); json_next_item(&walk, &item); is_first = false) {
        if (!is_first)
            buf_add_char(ret, ',');
        if (item.kind == JSON_TEXT)
            add_text(ret, &item);
        else
            buf_add(ret, item.at, item.len);
    }
}

void view_value(struct buf *ret, const struct json_span *value)
{
    switch (value->kind) {
    case JSON_NONE:
    case JSON_NULL_VALUE: return;
    case JSON_TEXT: add_text(ret, value); return;
    case JSON_LIST: add_list(ret, value); return;
    case JSON_TRUE_VALUE: buf_add_str(ret, "yes"); return;
    case JSON_FALSE_VALUE: buf_add_str(ret, "no"); return;
    case JSON_NUMBER:
    case JSON_MAP: buf_add(ret, value->at, value->len); return;
    }
}

size_t view_columns(const struct view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->count; i++)
        count += !view->columns[i].is_alone;
    return count;
}

void view_titles(const struct view *view, struct sheet *sheet)
{
    for (size_t i = 0; i < view->count; i++) {
        if (!view->columns[i].is_alone)
            sheet_title(sheet, view->columns[i].title);
    }
}

static void add_value(struct sheet *sheet, const struct json_span *value)
{
    struct buf text;

    buf_init(&text, VALUE_MAX);
    view_value(&text, value);
    sheet_add(sheet, text.data ? text.data : "", text.len);
    buf_done(&text);
}

void view_row(const struct view *view, struct sheet *sheet, const struct json_span *object)
{
    for (size_t i = 0; i < view->count; i++) {
        struct json_span value = view_member(object, view->columns[i].member);

        if (!view->columns[i].is_alone)
            add_value(sheet, &value);
    }
}

// A text keeps its lines: a key in PEM is to be put into a file.
static void show_alone(const struct json_span *value)
{
    struct sheet sheet;
    struct buf text;
    char *line;

    buf_init(&text, VALUE_MAX);
    view_value(&text, value);
    sheet_init(&sheet, 1);
    for (line = text.data; line && *line;) {
        size_t len = strcspn(line, "\n");

        sheet_add(&sheet, line, len);
        line += len + (line[len] == '\n');
    }
    sheet_print(&sheet);
    sheet_done(&sheet);
    buf_done(&text);
}

void view_show(const struct view *view, const struct json_span *object)
{
    struct sheet sheet;

    if (view->count == 1) {
        struct json_span value = view_member(object, view->columns[0].member);

        show_alone(&value);
        return;
    }
    sheet_init(&sheet, 2);
    for (size_t i = 0; i < view->count; i++) {
        const char *member = view->columns[i].member;
        struct json_span value = view_member(object, member);

        if (value.kind == JSON_NONE)
            continue;
        sheet_add(&sheet, member, strlen(member));
        add_value(&sheet, &value);
    }
    sheet_print(&sheet);
    sheet_done(&sheet);
}

void view_json(const char *text, size_t len)
{
    struct buf safe;

    buf_init(&safe, SIZE_MAX / 2);
    if (sheet_is_for_people())
        escape_json(&safe, text, len);
    else
        buf_add(&safe, text, len);
    fwrite(safe.data ? safe.data : "", 1, safe.len, stdout);
    if (safe.len == 0 || safe.data[safe.len - 1] != '\n')
        putchar('\n');
    buf_done(&safe);
}
