#include "cli/sheet.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHEET_BYTES_MAX = 1 << 28, WIDTH_MAX = 60, GAP = 2 };

static const struct {
    const char *word;
    const char *colour;
} colours[] = {
    {"delivered", "\033[32m"}, {"failed", "\033[31m"},   {"waiting", "\033[33m"},
    {"in_flight", "\033[36m"}, {"cancelled", "\033[2m"},
};

bool sheet_is_for_people(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool sheet_has_colours(void)
{
    const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");

    return sheet_is_for_people() && !(refused && refused[0]) && term &&
           strcmp(term, "dumb") != 0;
}

void sheet_init(struct sheet *sheet, size_t columns)
{
    *sheet = (struct sheet){.columns = columns};
    buf_init(&sheet->cells, SHEET_BYTES_MAX);
}

void sheet_done(struct sheet *sheet)
{
    buf_done(&sheet->cells);
}

static void add_cell(struct sheet *sheet, const char *text, size_t len)
{
    escape_text(&sheet->cells, text, len);
    buf_add_char(&sheet->cells, '\0');
    sheet->count++;
}

void sheet_title(struct sheet *sheet, const char *text)
{
    if (!sheet_is_for_people())
        return;
    sheet->has_titles = true;
    add_cell(sheet, text, strlen(text));
}

void sheet_add(struct sheet *sheet, const char *text, size_t len)
{
    if (len == 0 && sheet_is_for_people())
        add_cell(sheet, "-", 1);
    else
        add_cell(sheet, text, len);
}

static size_t width_of(const char *cell)
{
    return text_utf8_count(cell, strlen(cell));
}

// A column is as wide as its widest cell, unless that one is a whole sentence.
static size_t *measure(const struct sheet *sheet)
{
    size_t *widths = NEW_ARRAY(size_t, sheet->columns + 1);
    const char *cell = sheet->cells.data;

    for (size_t i = 0; i < sheet->count; i++, cell += strlen(cell) + 1) {
        size_t *width = &widths[i % sheet->columns], wanted = width_of(cell);

        wanted = wanted < WIDTH_MAX ? wanted : WIDTH_MAX;
        *width = *width > wanted ? *width : wanted;
    }
    return widths;
}

static const char *colour_of(const struct sheet *sheet, size_t i, const char *cell)
{
    if (sheet->has_titles && i < sheet->columns)
        return "\033[1m";
    for (size_t k = 0; k < sizeof colours / sizeof colours[0]; k++) {
        if (strcmp(colours[k].word, cell) == 0)
            return colours[k].colour;
    }
    return NULL;
}

static void print_cell(const char *cell, size_t width, bool is_last, const char *colour)
{
    size_t own = width_of(cell);

    printf("%s%s%s", colour ? colour : "", cell, colour ? "\033[0m" : "");
    if (is_last)
        putchar('\n');
    else
        printf("%*s", (int)((own < width ? width - own : 0) + GAP), "");
}

void sheet_print(struct sheet *sheet)
{
    bool is_for_people = sheet_is_for_people(), is_coloured = sheet_has_colours();
    size_t *widths = measure(sheet);
    const char *cell = sheet->cells.data;

    for (size_t i = 0; i < sheet->count; i++, cell += strlen(cell) + 1) {
        bool is_last = i % sheet->columns == sheet->columns - 1;

        if (is_for_people)
            print_cell(cell, widths[i % sheet->columns], is_last,
                       is_coloured ? colour_of(sheet, i, cell) : NULL);
        else
            printf("%s%c", cell, is_last ? '\n' : '\t');
    }
    free(widths);
    buf_clear(&sheet->cells);
    sheet->count = 0;
    sheet->has_titles = false;
}
