#include "cli/args.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

static const struct flag_row rows[FLAGS] = {
#define X(name, text, letter, value, says) [FLAG_##name] = {text, letter, value, says},
    FLAGS_TABLE(X)
#undef X
};

// What would show a secret to everybody who may list processes.
static const struct {
    const char *name;
    const char *instead;
} shown[] = {
    {"api-key", "--api-key-file FILE, or the variables POSTHORN_API_KEY_FILE or "
                "POSTHORN_API_KEY"},
    {"key",
     "--api-key-file FILE, or the variables POSTHORN_API_KEY_FILE or POSTHORN_API_KEY"},
    {"secret", "--secret-file FILE; - is standard input"},
    {"token", "--secret-file FILE; - is standard input"},
    {"password", "--secret-file FILE; - is standard input"},
    {"header", "--headers FILE, with a line \"Name: value\" for each"},
};

const struct flag_row *flag_row(enum flag flag)
{
    return &rows[flag];
}

bool flag_has_words(const struct flag_row *row)
{
    return row->value && strchr(row->value, '|') &&
           text_is(row->value, strlen(row->value), "a-z0-9_|");
}

static bool takes(const struct command *command, enum flag flag)
{
    return flag == FLAG_HELP || (command->flags >> flag & 1) != 0;
}

static int flag_find(const struct command *command, const char *name, size_t len)
{
    for (int i = 0; i < FLAGS; i++) {
        if (takes(command, (enum flag)i) && text_equal(name, len, rows[i].name))
            return i;
    }
    return -1;
}

static int letter_find(const struct command *command, char letter)
{
    for (int i = 0; i < FLAGS; i++) {
        if (takes(command, (enum flag)i) && rows[i].letter == letter)
            return i;
    }
    return -1;
}

static bool is_word(const struct flag_row *row, const char *value)
{
    size_t len = strlen(value);

    for (const char *at = row->value; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (len > 0 && strncmp(at, value, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static enum error_code unknown(const char *name, size_t len, struct error *error)
{
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (text_equal(name, len, shown[i].name))
            return error_set(error, ERR_PERMISSION,
                             "--%s on a command line would show a secret to everybody here; "
                             "use %s",
                             shown[i].name, shown[i].instead);
    }
    return error_set(error, ERR_BAD_REQUEST, "there is no flag --%.*s",
                     (int)(len < 60 ? len : 60), name);
}

static enum error_code set(struct args *args, int flag, const char *value,
                           struct error *error)
{
    const struct flag_row *row = &rows[flag];

    if (args->values[flag])
        return error_set(error, ERR_BAD_REQUEST, "--%s is given twice", row->name);
    if (!value)
        return error_set(error, ERR_BAD_REQUEST, "--%s needs a value: %s", row->name,
                         row->value);
    if (flag_has_words(row) && !is_word(row, value))
        return error_set(error, ERR_BAD_REQUEST, "--%s is one of %s", row->name, row->value);
    args->values[flag] = value;
    return ERR_OK;
}

// "--name", "--name=value", "--name value", "-d value", "-dvalue". *at is moved past what was
// read.
static enum error_code read_flag(struct args *args, char ***at, struct error *error)
{
    const char *text = **at, *value = NULL;
    int flag;

    if (text[1] == '-') {
        const char *name = text + 2, *equals = strchr(name, '=');
        size_t len = equals ? (size_t)(equals - name) : strlen(name);

        flag = flag_find(args->command, name, len);
        if (flag < 0)
            return unknown(name, len, error);
        value = equals ? equals + 1 : NULL;
    } else {
        flag = letter_find(args->command, text[1]);
        if (flag < 0)
            return error_set(error, ERR_BAD_REQUEST, "there is no flag %.60s", text);
        value = text[2] ? text + 2 : NULL;
    }
    if (!rows[flag].value) {
        if (value)
            return error_set(error, ERR_BAD_REQUEST, "--%s takes no value", rows[flag].name);
        value = rows[flag].name;
    } else if (!value) {
        value = *++*at;
    }
    if (**at)
        ++*at;
    return set(args, flag, value, error);
}

static enum error_code check_count(const struct args *args, struct error *error)
{
    const struct command *command = args->command;

    if (args_has(args, FLAG_HELP))
        return ERR_OK;
    if (args->count < command->least)
        return error_set(error, ERR_BAD_REQUEST, "it needs %s", command->arguments);
    if (args->count > command->most)
        return error_set(error, ERR_BAD_REQUEST,
                         "there is one argument too many: %.60s; what has spaces in "
                         "it stands in quotes",
                         args->rest[command->most]);
    for (size_t i = 0; i < args->count; i++) {
        if (!args->rest[i][0])
            return error_set(error, ERR_BAD_REQUEST, "an argument is empty");
    }
    return ERR_OK;
}

enum error_code args_read(const struct command *command, char **argv, struct args *ret,
                          struct error *error)
{
    size_t len = 0;
    bool are_flags = true;

    while (argv[len])
        len++;
    *ret = (struct args){.command = command, .argv = argv};
    ret->rest = NEW_ARRAY(char *, len + 1);
    if (command->is_raw)
        return ERR_OK;
    while (*argv) {
        if (are_flags && strcmp(*argv, "--") == 0) {
            are_flags = false;
            argv++;
        } else if (are_flags && (*argv)[0] == '-' && (*argv)[1]) {
            enum error_code code = read_flag(ret, &argv, error);

            if (code != ERR_OK)
                return code;
        } else {
            ret->rest[ret->count++] = *argv++;
        }
    }
    return check_count(ret, error);
}

void args_done(struct args *args)
{
    free(args->rest);
    args->rest = NULL;
}

const char *args_value(const struct args *args, enum flag flag)
{
    if (flag == ARG_FIRST)
        return args->count > 0 ? args->rest[0] : NULL;
    return args->values[flag];
}

bool args_has(const struct args *args, enum flag flag)
{
    return args_value(args, flag) != NULL;
}
