// How the API's objects are shown: a table of columns for each kind of thing, read out of the
// JSON as it came.

#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct json_span;
struct sheet;

struct column {
    const char *title;
    const char *member; // "last_error.message"
    bool is_alone;      // shown with a single object only, not in lists
};

struct view {
    const struct column *columns;
    size_t count;
};
#define VIEW_OF(table)                         \
    {                                          \
        table, sizeof(table) / sizeof *(table) \
    }
#define VIEW(table) ((struct view)VIEW_OF(table))

// The member behind the path; kind JSON_NONE: there is none.
struct json_span view_member(const struct json_span *object, const char *path);
// Append what people read of a value: a text without quotes, a list with commas, nothing for
// null, else its JSON.
void view_value(struct buf *ret, const struct json_span *value);

size_t view_columns(const struct view *view); // in lists
void view_titles(const struct view *view, struct sheet *sheet);
void view_row(const struct view *view, struct sheet *sheet, const struct json_span *object);
// One object: a line for each member that is there; of a view of one column, the value alone.
void view_show(const struct view *view, const struct json_span *object);

// JSON as it came: byte for byte in a pipe; what a terminal would obey is escaped there.
void view_json(const char *text, size_t len);

#endif
