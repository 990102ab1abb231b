// Rows of text: in columns that stand under each other on a terminal, with tabs between them
// and without titles in a pipe. What is added is escaped (cli/escape.h).

#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct sheet {
    size_t columns;
    size_t count;     // of cells
    bool has_titles;  // the first row is one of titles
    struct buf cells; // each with a NUL behind it
};

void sheet_init(struct sheet *sheet, size_t columns);
void sheet_done(struct sheet *sheet);

void sheet_title(struct sheet *sheet, const char *text); // before all cells
void sheet_add(struct sheet *sheet, const char *text, size_t len);
// Prints what was added, and forgets it.
void sheet_print(struct sheet *sheet);

bool sheet_is_for_people(void); // stdout is a terminal
bool sheet_has_colours(void);   // … that wants them (NO_COLOR, TERM=dumb)

#endif
