#include "cli/command.h"

#include <stdio.h>

int cmd_version(char **argv)
{
    (void)argv;
    puts("posthorn " POSTHORN_VERSION);
    return 0;
}
