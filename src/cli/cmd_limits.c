#include "base/limits.h"
#include "cli/command.h"
#include "cli/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct sheet *sheet, const char *text)
{
    sheet_add(sheet, text, strlen(text));
}

int cmd_limits(const struct args *args)
{
    static const char *const titles[] = {"LIMIT", "DEFAULT", "UNIT", "OPTION", "WHAT"};
    enum { COLUMNS = sizeof titles / sizeof titles[0] };
    struct sheet sheet;
    char number[24];

    (void)args;
    sheet_init(&sheet, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        sheet_title(&sheet, titles[i]);
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);

        add(&sheet, row->name);
        snprintf(number, sizeof number, "%" PRId64, row->normal);
        add(&sheet, number);
        add(&sheet, row->unit);
        add(&sheet, row->option);
        add(&sheet, row->text);
    }
    sheet_print(&sheet);
    sheet_done(&sheet);
    return 0;
}
