#include "cli/command.h"

#include <stdio.h>

int cmd_version(const struct args *args)
{
    (void)args;
    puts("posthorn " POSTHORN_VERSION);
    return 0;
}
