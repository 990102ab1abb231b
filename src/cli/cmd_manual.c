// posthorn manual FOLDER: posthorn.1 and a page for each noun, made from the tables of
// commands, flags, options and exit codes. The build runs it; people read the pages with man.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/say.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

// Text as roff wants it: no line may begin with a dot or an apostrophe, hyphens are minuses.
static void print_text(FILE *page, const char *text)
{
    bool is_start = true;

    for (; *text; text++) {
        if (is_start && (*text == '.' || *text == '\''))
            fputs("\\&", page);
        if (*text == '\\')
            fputs("\\e", page);
        else if (*text == '-')
            fputs("\\-", page);
        else
            putc(*text, page);
        is_start = *text == '\n';
    }
}

static void print_head(FILE *page, const char *title, const char *says)
{
    fprintf(page, ".\\\" Made by posthorn manual.\n.TH \"");
    print_text(page, title);
    fprintf(page, "\" 1 \"\" \"posthorn " POSTHORN_VERSION "\" \"Posthorn\"\n.SH NAME\n");
    print_text(page, title);
    fputs(" \\- ", page);
    print_text(page, says);
    putc('\n', page);
}

static void print_item(FILE *page, const char *name, const char *value, const char *says)
{
    fputs(".TP\n\\fB", page);
    print_text(page, name);
    fputs("\\fR", page);
    if (value && value[0]) {
        fputs(" \\fI", page);
        print_text(page, value);
        fputs("\\fR", page);
    }
    putc('\n', page);
    print_text(page, says);
    putc('\n', page);
}

static void print_flags(FILE *page, const struct command *command)
{
    struct flag_row row;
    size_t at = 0;

    while (command_next_flag(command, &at, &row)) {
        char name[80];

        if (row.letter)
            snprintf(name, sizeof name, "-%c, --%s", row.letter, row.name);
        else
            snprintf(name, sizeof name, "--%s", row.name);
        print_item(page, name, row.value, row.says);
    }
}

static void print_synopsis(FILE *page, const struct noun *noun)
{
    fputs(".SH SYNOPSIS\n", page);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];

        if (strcmp(command->noun, noun->name) != 0)
            continue;
        fprintf(page, ".B posthorn %s%s%s\n", command->noun, command->verb ? " " : "",
                command->verb ? command->verb : "");
        if (command->arguments[0]) {
            fputs("\\fI", page);
            print_text(page, command->arguments);
            fputs("\\fR\n", page);
        }
        if (command->flags)
            fputs("[\\fIflag\\fR \\&...]\n", page);
        fputs(".br\n", page);
    }
}

static void print_verbs(FILE *page, const struct noun *noun)
{
    fputs(noun_has_verbs(noun) ? ".SH VERBS\n" : ".SH DESCRIPTION\n", page);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];

        if (strcmp(command->noun, noun->name) != 0)
            continue;
        if (command->verb) {
            fputs(".SS ", page);
            print_text(page, command->verb);
            putc(' ', page);
            print_text(page, command->arguments);
            putc('\n', page);
        }
        print_text(page, command->says);
        putc('\n', page);
        print_flags(page, command);
    }
}

static void print_example(FILE *page, const struct noun *noun)
{
    if (!noun->example)
        return;
    fputs(".SH EXAMPLES\n.nf\n", page);
    print_text(page, noun->example);
    fputs("\n.fi\n", page);
}

static void print_noun(FILE *page, const struct noun *noun)
{
    char title[64];

    snprintf(title, sizeof title, "posthorn-%s", noun->name);
    print_head(page, title, noun->says);
    print_synopsis(page, noun);
    print_verbs(page, noun);
    print_example(page, noun);
    fputs(".SH SEE ALSO\n.BR posthorn (1)\n", page);
}

static void print_environment(FILE *page)
{
    static const struct {
        const char *name;
        const char *says;
    } rows[] = {
        {"POSTHORN_URL", "The server; http://127.0.0.1:8080 where it is not set."},
        {"POSTHORN_API_KEY", "The key. It never stands on a command line."},
        {"POSTHORN_API_KEY_FILE", "A file that holds the key; others may not read it."},
        {"POSTHORN_APP", "The app, by id or uid, where --app is not given."},
        {"NO_COLOR", "Not empty: no colours."},
    };

    fputs(".SH ENVIRONMENT\n", page);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        print_item(page, rows[i].name, NULL, rows[i].says);
}

static void print_exits(FILE *page)
{
    static const struct {
        int code;
        const char *says;
    } rows[] = {
#define X(name, code, text) {code, text},
        EXITS(X)
#undef X
    };

    fputs(".SH EXIT STATUS\n", page);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char code[16];

        snprintf(code, sizeof code, "%d", rows[i].code);
        print_item(page, code, NULL, rows[i].says);
    }
    fputs(".PP\n", page);
    print_text(page, "posthorn serve ends with the codes of sysexits.\n");
}

static void print_all(FILE *page)
{
    print_head(page, "posthorn", "webhooks, delivered");
    fputs(
        ".SH SYNOPSIS\n.B posthorn\n\\fInoun\\fR [\\fIverb\\fR] [\\fIflag\\fR \\&...]\n"
        ".SH DESCRIPTION\n"
        "Posthorn accepts events, keeps them safe, and delivers them signed to endpoints\n"
        "until they are received or given up. One program is the server and its client.\n"
        ".PP\nData goes to standard output, all else to standard error. On a terminal lists\n"
        "are aligned; in a pipe they have tabs between the columns and no titles.\n"
        ".SH COMMANDS\n",
        page);
    for (size_t i = 0; i < noun_count; i++) {
        if (!nouns[i].is_hidden)
            print_item(page, nouns[i].name, NULL, nouns[i].says);
    }
    print_environment(page);
    print_exits(page);
    fputs(".SH SEE ALSO\n", page);
    for (size_t i = 0, count = 0; i < noun_count; i++) {
        if (!nouns[i].is_hidden)
            fprintf(page, "%s.BR posthorn\\-%s (1)", count++ ? ",\n" : "", nouns[i].name);
    }
    putc('\n', page);
}

// noun NULL: the page of all.
static int write_page(const char *folder, const struct noun *noun)
{
    char path[PATH_MAX];
    FILE *page;
    bool is_written;

    if (snprintf(path, sizeof path, "%s/posthorn%s%s.1", folder, noun ? "-" : "",
                 noun ? noun->name : "") >= (int)sizeof path)
        return say_failed(EXIT_USAGE, "the path is too long");
    page = fopen(path, "we");
    if (!page)
        return say_failed(EXIT_FAILED, "%s: %s", path, strerror(errno));
    if (noun)
        print_noun(page, noun);
    else
        print_all(page);
    is_written = !ferror(page);
    if (fclose(page) != 0 || !is_written)
        return say_failed(EXIT_FAILED, "%s cannot be written", path);
    return 0;
}

int cmd_manual(const struct args *args)
{
    int code = write_page(args->rest[0], NULL);

    for (size_t i = 0; i < noun_count && code == 0; i++) {
        if (!nouns[i].is_hidden)
            code = write_page(args->rest[0], &nouns[i]);
    }
    return code;
}
