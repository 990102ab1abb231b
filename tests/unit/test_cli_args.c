// Command lines: what is read, what is refused, and in which words.

#include "cli/args.h"

#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 6 };

static const struct {
    const char *noun, *verb;
    const char *words[WORDS_MAX];
    enum error_code code;
    const char *says; // a part of it
} refused[] = {
    {"app", "list", {"--nonsense"}, ERR_BAD_REQUEST, "no flag --nonsense"},
    {"app", "list", {"-x"}, ERR_BAD_REQUEST, "no flag -x"},
    {"app", "list", {"--app", "a"}, ERR_BAD_REQUEST, "no flag --app"},
    {"app", "list", {"extra"}, ERR_BAD_REQUEST, "one argument too many: extra"},
    {"app", "list", {"--limit"}, ERR_BAD_REQUEST, "--limit needs a value"},
    {"app", "list", {"--json=1"}, ERR_BAD_REQUEST, "--json takes no value"},
    {"app", "list", {"--limit=1", "-n", "2"}, ERR_BAD_REQUEST, "--limit is given twice"},
    {"app", "show", {NULL}, ERR_BAD_REQUEST, "it needs APP"},
    {"app", "show", {""}, ERR_BAD_REQUEST, "is empty"},
    {"delivery", "list", {"--state", "lost"}, ERR_BAD_REQUEST, "--state is one of waiting|"},
    {"delivery", "list", {"--state", "fail"}, ERR_BAD_REQUEST, "--state is one of"},
    {"delivery", "list", {"--state="}, ERR_BAD_REQUEST, "--state is one of"},
    {"app", "list", {"--api-key", "x"}, ERR_PERMISSION, "POSTHORN_API_KEY_FILE"},
    {"app", "list", {"--api-key=x"}, ERR_PERMISSION, "would show a secret"},
    {"webhook", "add", {"--secret", "x"}, ERR_PERMISSION, "--secret-file"},
    {"webhook", "add", {"--header", "x"}, ERR_PERMISSION, "--headers FILE"},
};

static void wrong_lines_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char *argv[WORDS_MAX + 1];
        struct args args;
        struct error error = {0};

        memcpy(argv, refused[i].words, sizeof refused[i].words);
        argv[WORDS_MAX] = NULL;
        assert_int_equal(
            args_read(command_find(refused[i].noun, refused[i].verb), argv, &args, &error),
            refused[i].code);
        if (!strstr(error.text, refused[i].says))
            fail_msg("%zu: %s", i, error.text);
        args_done(&args);
    }
}

static const struct {
    const char *words[WORDS_MAX];
    const char *data, *app, *first;
} accepted[] = {
    {{"a.b", "-d", "1"}, "1", NULL, "a.b"},
    {{"-d1", "a.b"}, "1", NULL, "a.b"},
    {{"--data", "1", "--app=x", "a.b"}, "1", "x", "a.b"},
    {{"--data=a=b", "a.b"}, "a=b", NULL, "a.b"},
    {{"-d", "--app", "a.b"}, "--app", NULL, "a.b"},
    {{"-d", "-", "a.b"}, "-", NULL, "a.b"},
    {{"--app=", "--", "--data"}, NULL, "", "--data"},
    {{"-"}, NULL, NULL, "-"},
};

static void right_lines_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        char *argv[WORDS_MAX + 1];
        struct args args;
        struct error error = {0};
        const char *values[2];

        memcpy(argv, accepted[i].words, sizeof accepted[i].words);
        argv[WORDS_MAX] = NULL;
        if (args_read(command_find("event", "send"), argv, &args, &error) != ERR_OK)
            fail_msg("%zu: %s", i, error.text);
        values[0] = args_value(&args, FLAG_DATA);
        values[1] = args_value(&args, FLAG_APP);
        assert_string_equal(values[0] ? values[0] : "-none-",
                            accepted[i].data ? accepted[i].data : "-none-");
        assert_string_equal(values[1] ? values[1] : "-none-",
                            accepted[i].app ? accepted[i].app : "-none-");
        assert_string_equal(args_value(&args, ARG_FIRST), accepted[i].first);
        assert_int_equal(args.count, 1);
        args_done(&args);
    }
}

// --help wants no arguments, though the command does.
static void help_is_always_to_be_had(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        char help[] = "-h", *argv[] = {help, NULL};
        struct args args;
        struct error error;

        if (commands[i].is_raw)
            continue;
        assert_int_equal(args_read(&commands[i], argv, &args, &error), ERR_OK);
        assert_true(args_has(&args, FLAG_HELP));
        args_done(&args);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_lines_are_refused),
        cmocka_unit_test(right_lines_are_read),
        cmocka_unit_test(help_is_always_to_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
