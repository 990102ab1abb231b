#include "cli/command.h"

#include "cli/args.h"
#include "cli/help.h"
#include "cli/option.h"
#include "cli/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct noun *noun_find(const char *name)
{
    for (size_t i = 0; i < noun_count; i++) {
        if (strcmp(nouns[i].name, name) == 0)
            return &nouns[i];
    }
    return NULL;
}

const struct command *command_find(const char *noun, const char *verb)
{
    for (size_t i = 0; i < command_count; i++) {
        const char *own = commands[i].verb;

        if (strcmp(commands[i].noun, noun) == 0 &&
            (own ? verb && strcmp(own, verb) == 0 : !verb))
            return &commands[i];
    }
    return NULL;
}

bool noun_has_verbs(const struct noun *noun)
{
    return command_find(noun->name, NULL) == NULL;
}

bool command_next_flag(const struct command *command, size_t *at, struct flag_row *ret)
{
    *ret = (struct flag_row){0};
    if (command->is_raw)
        return option_at((*at)++, &ret->name, &ret->value, &ret->says);
    while (++*at <= FLAGS) {
        size_t flag = *at % FLAGS; // FLAG_HELP is 0, and so the last

        if (flag == FLAG_HELP || (command->flags >> flag & 1)) {
            *ret = *flag_row((enum flag)flag);
            return true;
        }
    }
    return false;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

// Whatever was printed must have arrived: a key is shown once.
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return say_failed(EXIT_FAILED, "the output cannot be written: %s", strerror(errno));
}

static int run(const struct command *command, char **argv)
{
    struct args args;
    struct error error = {0};
    enum error_code code = args_read(command, argv, &args, &error);
    int exit_code;

    if (code == ERR_PERMISSION) {
        exit_code = say_failed(EXIT_SECRET_SHOWN, "%s", error.text);
    } else if (code != ERR_OK) {
        exit_code = say_failed(EXIT_USAGE, "%s", error.text);
        help_hint(command);
    } else if (args_has(&args, FLAG_HELP)) {
        help_command(command, stdout);
        exit_code = 0;
    } else {
        exit_code = command->run(&args);
    }
    args_done(&args);
    return finish(exit_code);
}

// What other programs call the same.
static const char *synonym(const struct noun *noun, const char *word)
{
    static const char *const pairs[][2] = {
        {"create", "add"}, {"new", "add"},       {"make", "add"},      {"add", "create"},
        {"rm", "delete"},  {"remove", "delete"}, {"delete", "revoke"}, {"del", "delete"},
        {"get", "show"},   {"ls", "list"},       {"update", "change"}, {"edit", "change"},
        {"set", "change"}, {"stop", "cancel"},   {"resend", "retry"},  {"replay", "retry"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(pairs[i][0], word) == 0 && command_find(noun->name, pairs[i][1]))
            return pairs[i][1];
    }
    return NULL;
}

// The word that begins most like this one, by three letters at least; or NULL.
static const char *nearest(const struct noun *noun, const char *word)
{
    size_t most = 2, count = noun ? command_count : noun_count;
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        const char *name = noun ? commands[i].verb : nouns[i].name;
        size_t alike = 0;

        if (noun && strcmp(commands[i].noun, noun->name) != 0)
            continue;
        while (word[alike] && word[alike] == name[alike])
            alike++;
        if (alike > most) {
            most = alike;
            found = name;
        }
    }
    return found;
}

// noun NULL: it is the noun that there is not.
static int no_command(const struct noun *noun, const char *word)
{
    const char *meant = noun && word ? synonym(noun, word) : NULL;

    if (!meant && word)
        meant = nearest(noun, word);

    if (!word)
        say("%s needs a verb", noun ? noun->name : "posthorn");
    else if (noun)
        say("%s has no verb %.60s", noun->name, word);
    else
        say("there is no command %.60s", word);
    if (meant)
        say_hint("did you mean %s?", meant);
    else
        help_noun(noun, stderr);
    return EXIT_USAGE;
}

int command_run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    const struct noun *noun;
    const struct command *command;
    char **rest = argc > 1 ? argv + 2 : argv + argc;

    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    if (is_help(name))
        name = "help";
    noun = noun_find(name);
    if (argc < 2 || !noun) {
        if (argc > 1)
            return no_command(NULL, name);
        help_noun(NULL, stderr);
        return EXIT_USAGE;
    }
    if (!noun_has_verbs(noun))
        return run(command_find(name, NULL), rest);
    if (rest[0] && is_help(rest[0])) {
        help_noun(noun, stdout);
        return finish(0);
    }
    command = rest[0] ? command_find(name, rest[0]) : NULL;
    return command ? run(command, rest + 1) : no_command(noun, rest[0]);
}
