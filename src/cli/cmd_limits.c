#include "base/limits.h"
#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>

int cmd_limits(char **argv)
{
    (void)argv;
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);

        printf("%-24s %12" PRId64 " %-6s %-26s %s\n", row->name, row->normal, row->unit,
               row->option, row->text);
    }
    return 0;
}
