// posthorn completion bash|zsh|fish: a script for the shell, made from the tables of commands
// and flags. It asks no server while somebody types.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/say.h"

#include <stdio.h>
#include <string.h>

// A value that is a path is completed as one.
static const char *kind_of(const struct flag_row *row)
{
    if (flag_has_words(row))
        return "words";
    if (row->value && strcmp(row->value, "FILE") == 0)
        return "file";
    return row->value && strcmp(row->value, "FOLDER") == 0 ? "folder" : "";
}

static void print_words(const char *words) // "a|b" with a space between them
{
    for (; *words; words++)
        putchar(*words == '|' ? ' ' : *words);
}

// Inside apostrophes of a shell. Of "name:what" in zsh, the name's colons would count.
static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static void print_nouns(const char *separator)
{
    for (size_t i = 0; i < noun_count; i++) {
        if (!nouns[i].is_hidden)
            printf("%s%s", nouns[i].name, separator);
    }
}

static void print_verbs(const struct noun *noun)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].noun, noun->name) == 0)
            printf("%s ", commands[i].verb);
    }
}

// Every flag with a value that can be completed, once: flags mean the same everywhere.
static void for_each_value(void (*print)(const struct flag_row *row))
{
    size_t at = 0;
    struct flag_row row;

    for (int i = 0; i < FLAGS; i++) {
        if (kind_of(flag_row((enum flag)i))[0])
            print(flag_row((enum flag)i));
    }
    while (command_next_flag(command_find("serve", NULL), &at, &row)) {
        if (kind_of(&row)[0])
            print(&row);
    }
}

static void bash_value(const struct flag_row *row)
{
    printf("    --%s) ", row->name);
    if (flag_has_words(row)) {
        fputs("words='", stdout);
        print_words(row->value);
        fputs("' ;;\n", stdout);
    } else {
        printf("_posthorn_files -%c; return ;;\n",
               strcmp(row->value, "FILE") == 0 ? 'f' : 'd');
    }
}

static void bash_command(const struct command *command)
{
    struct flag_row row;
    size_t at = 0;

    printf("    '%s%s%s') words='", command->noun, command->verb ? " " : "",
           command->verb ? command->verb : "");
    while (command_next_flag(command, &at, &row))
        printf("--%s ", row.name);
    if (strcmp(command->noun, "completion") == 0)
        print_words(command->arguments);
    fputs("' ;;\n", stdout);
}

static void print_bash(void)
{
    fputs("# bash completion for posthorn; made by: posthorn completion bash\n"
          "_posthorn_files() {\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
          "}\n"
          "_posthorn() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]:-} words=\n"
          "    COMPREPLY=()\n"
          "    case $prev in\n",
          stdout);
    for_each_value(bash_value);
    fputs("    esac\n    if [ -z \"$words\" ] && [ \"$COMP_CWORD\" -eq 1 ]; then words='",
          stdout);
    print_nouns(" ");
    fputs("'; fi\n    if [ -z \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then case $command "
          "in\n",
          stdout);
    for (size_t i = 0; i < noun_count; i++) {
        if (!noun_has_verbs(&nouns[i]))
            continue;
        printf("    %s) words='", nouns[i].name);
        print_verbs(&nouns[i]);
        fputs("' ;;\n", stdout);
    }
    fputs("    esac; fi\n    case $command in\n    ", stdout);
    for (size_t i = 0, count = 0; i < noun_count; i++) {
        if (noun_has_verbs(&nouns[i]))
            printf("%s%s", count++ ? "|" : "", nouns[i].name);
    }
    fputs(") command=\"$command ${COMP_WORDS[2]:-}\" ;;\n    esac\n"
          "    if [ -z \"$words\" ]; then case $command in\n",
          stdout);
    for (size_t i = 0; i < command_count; i++)
        bash_command(&commands[i]);
    fputs("    esac; fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    if [ ${#COMPREPLY[@]} -eq 0 ]; then _posthorn_files -f; fi\n"
          "}\ncomplete -F _posthorn posthorn\n",
          stdout);
}

static void zsh_value(const struct flag_row *row)
{
    printf("    --%s) ", row->name);
    if (flag_has_words(row)) {
        fputs("compadd ", stdout);
        print_words(row->value);
        fputs("; return ;;\n", stdout);
    } else {
        printf("_files%s; return ;;\n", strcmp(row->value, "FILE") == 0 ? "" : " -/");
    }
}

static void zsh_item(const char *dashes, const char *name, const char *says)
{
    char item[400];

    snprintf(item, sizeof item, "%s%s:%s", dashes, name, says);
    putchar(' ');
    print_quoted(item);
}

static void zsh_verbs(const struct noun *noun)
{
    printf("    %s) items=(", noun->name);
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].noun, noun->name) == 0)
            zsh_item("", commands[i].verb, commands[i].says);
    }
    fputs("); _describe verb items; return ;;\n", stdout);
}

static void zsh_command(const struct command *command)
{
    struct flag_row row;
    size_t at = 0;

    printf("    '%s %s') items=(", command->noun, command->verb ? command->verb : "");
    while (command_next_flag(command, &at, &row))
        zsh_item("--", row.name, row.says);
    if (strcmp(command->noun, "completion") == 0)
        fputs(" bash zsh fish", stdout);
    fputs(") ;;\n", stdout);
}

static void print_zsh(void)
{
    fputs("#compdef posthorn\n# made by: posthorn completion zsh\n_posthorn() {\n"
          "  local -a items\n  local command=\"${words[2]} \"\n"
          "  case ${words[CURRENT-1]} in\n",
          stdout);
    for_each_value(zsh_value);
    fputs("  esac\n  if (( CURRENT == 2 )); then\n    items=(", stdout);
    for (size_t i = 0; i < noun_count; i++) {
        if (!nouns[i].is_hidden)
            zsh_item("", nouns[i].name, nouns[i].says);
    }
    fputs("); _describe command items; return\n  fi\n"
          "  if (( CURRENT == 3 )); then case ${words[2]} in\n",
          stdout);
    for (size_t i = 0; i < noun_count; i++) {
        if (noun_has_verbs(&nouns[i]))
            zsh_verbs(&nouns[i]);
    }
    fputs("  esac; fi\n  case ${words[2]} in\n    ", stdout);
    for (size_t i = 0, count = 0; i < noun_count; i++) {
        if (noun_has_verbs(&nouns[i]))
            printf("%s%s", count++ ? "|" : "", nouns[i].name);
    }
    fputs(") command=\"${words[2]} ${words[3]}\" ;;\n  esac\n  case $command in\n", stdout);
    for (size_t i = 0; i < command_count; i++)
        zsh_command(&commands[i]);
    fputs("  esac\n  if [[ $PREFIX == -* || $command == 'completion ' ]]; then "
          "_describe flag items; else _files; fi\n}\n"
          "compdef _posthorn posthorn\n",
          stdout);
}

static void fish_flag(const struct command *command, const struct flag_row *row)
{
    printf("complete -c posthorn -n '__fish_seen_subcommand_from %s", command->noun);
    if (command->verb)
        printf("; and __fish_seen_subcommand_from %s", command->verb);
    printf("' -l %s", row->name);
    if (row->letter)
        printf(" -s %c", row->letter);
    if (row->value)
        fputs(strcmp(kind_of(row), "file") == 0 ? " -r -F" : " -x", stdout);
    if (flag_has_words(row)) {
        fputs(" -a '", stdout);
        print_words(row->value);
        putchar('\'');
    }
    fputs(" -d ", stdout);
    print_quoted(row->says);
    putchar('\n');
}

static void fish_verb(const struct command *command)
{
    printf("complete -c posthorn -f -n '__fish_seen_subcommand_from %s; and not "
           "__fish_seen_subcommand_from ",
           command->noun);
    print_verbs(noun_find(command->noun));
    printf("' -a %s -d ", command->verb);
    print_quoted(command->says);
    putchar('\n');
}

static void print_fish(void)
{
    fputs("# fish completion for posthorn; made by: posthorn completion fish\n", stdout);
    for (size_t i = 0; i < noun_count; i++) {
        if (nouns[i].is_hidden)
            continue;
        printf("complete -c posthorn -f -n __fish_use_subcommand -a %s -d ", nouns[i].name);
        print_quoted(nouns[i].says);
        putchar('\n');
    }
    for (size_t i = 0; i < command_count; i++) {
        struct flag_row row;
        size_t at = 0;

        if (commands[i].verb)
            fish_verb(&commands[i]);
        while (command_next_flag(&commands[i], &at, &row))
            fish_flag(&commands[i], &row);
    }
    fputs("complete -c posthorn -f -n '__fish_seen_subcommand_from completion' "
          "-a 'bash zsh fish'\n",
          stdout);
}

int cmd_completion(const struct args *args)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, args->rest[0]) == 0) {
            shells[i].print();
            return 0;
        }
    }
    return say_failed(EXIT_USAGE, "there is no completion for %.60s: bash, zsh or fish",
                      args->rest[0]);
}
