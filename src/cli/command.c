#include "cli/command.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    const char *says;
    command_fn *run;
} commands[] = {
    {"serve", "run the server", cmd_serve},
    {"limits", "show every limit, its default and the option that sets it", cmd_limits},
    {"version", "show the version", cmd_version},
};

static void help(FILE *out)
{
    fputs("usage: posthorn COMMAND [OPTION …]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].says);
    fputs("\nposthorn serve --help lists the server's options.\n", out);
}

int command_run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0 || strcmp(name, "-h") == 0) {
        help(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(argv + 2);
    }
    if (name[0])
        fprintf(stderr, "posthorn: there is no command %.40s\n\n", name);
    help(stderr);
    return EXIT_USAGE;
}
