#include "cli/help.h"

#include "base/text.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"

#include <string.h>

static void print_name(const struct command *command, FILE *out)
{
    fprintf(out, "posthorn %s%s%s%s%s", command->noun, command->verb ? " " : "",
            command->verb ? command->verb : "", command->arguments[0] ? " " : "",
            command->arguments);
}

static void help_all(FILE *out)
{
    fputs("usage: posthorn NOUN [VERB] [FLAG …]\n\n", out);
    for (size_t i = 0; i < noun_count; i++) {
        if (!nouns[i].is_hidden)
            fprintf(out, "  %-12s%s\n", nouns[i].name, nouns[i].says);
    }
    fputs("\nposthorn NOUN --help lists its verbs; posthorn serve --help the server's "
          "options.\n",
          out);
}

void help_noun(const struct noun *noun, FILE *out)
{
    if (!noun) {
        help_all(out);
        return;
    }
    fprintf(out, "%s: %s\n\n", noun->name, noun->says);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        char usage[80];

        if (strcmp(command->noun, noun->name) != 0)
            continue;
        snprintf(usage, sizeof usage, "%s %s", command->verb ? command->verb : "",
                 command->arguments);
        fprintf(out, "  %-20s%s\n", usage, command->says);
    }
    fprintf(out, "\nposthorn %s VERB --help shows a verb's flags.\n", noun->name);
}

static void print_flag(const struct flag_row *row, FILE *out)
{
    enum { WIDTH = 28 };
    char usage[96];
    int gap;

    snprintf(usage, sizeof usage, "--%s%s%s", row->name, row->value ? " " : "",
             row->value ? row->value : "");
    gap = WIDTH - (int)text_utf8_count(usage, strlen(usage));
    if (row->letter)
        fprintf(out, "  -%c, %s", row->letter, usage);
    else
        fprintf(out, "      %s", usage);
    if (gap < 2) {
        putc('\n', out);
        gap = WIDTH + 6;
    }
    fprintf(out, "%*s%s\n", gap, "", row->says);
}

void help_command(const struct command *command, FILE *out)
{
    struct flag_row row;
    size_t at = 0;

    if (command->is_raw) {
        option_help(out);
        return;
    }
    fputs("usage: ", out);
    print_name(command, out);
    fprintf(out, "%s\n\n%s\n\n", command->flags ? " [FLAG …]" : "", command->says);
    while (command_next_flag(command, &at, &row))
        print_flag(&row, out);
}

void help_hint(const struct command *command)
{
    say_hint("posthorn %s%s%s --help", command->noun, command->verb ? " " : "",
             command->verb ? command->verb : "");
}

int cmd_help(const struct args *args)
{
    const struct noun *noun = args->count > 0 ? noun_find(args->rest[0]) : NULL;
    const struct command *command;

    if (args->count > 0 && !noun)
        return say_failed(EXIT_USAGE, "there is no command %.60s", args->rest[0]);
    if (args->count < 2 && (!noun || noun_has_verbs(noun))) {
        help_noun(noun, stdout);
        return 0;
    }
    command = command_find(args->rest[0], args->count > 1 ? args->rest[1] : NULL);
    if (!command)
        return say_failed(EXIT_USAGE, "%s has no verb %.60s", noun->name, args->rest[1]);
    help_command(command, stdout);
    return 0;
}
