// The table of commands holds together: what parsing, help, completion and the manual take
// for granted of it.

#include "cli/command.h"

#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_command_has_a_noun_and_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];

        assert_non_null(noun_find(command->noun));
        assert_ptr_equal(command_find(command->noun, command->verb), command);
        assert_non_null(command->run);
        assert_true(command->least <= command->most);
        assert_true(strlen(command->says) > 0 && strlen(command->says) < 80);
        assert_true(command->says[strlen(command->says) - 1] != '.');
        assert_int_equal(command->most == 0,
                         command->arguments[0] == '\0' || command->is_raw);
    }
}

// A noun either is a command or has verbs, never both.
static void a_noun_is_a_command_or_has_verbs(void **state)
{
    (void)state;
    for (size_t i = 0; i < noun_count; i++) {
        size_t verbs = 0, alone = 0;

        for (size_t k = 0; k < command_count; k++) {
            if (strcmp(commands[k].noun, nouns[i].name) == 0)
                *(commands[k].verb ? &verbs : &alone) += 1;
        }
        assert_int_equal(alone, noun_has_verbs(&nouns[i]) ? 0 : 1);
        assert_int_equal(verbs > 0, noun_has_verbs(&nouns[i]));
    }
}

static void a_letter_means_one_flag_in_a_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        bool seen[256] = {false};
        struct flag_row row;

        for (size_t at = 0; command_next_flag(&commands[i], &at, &row);) {
            if (!row.letter)
                continue;
            assert_false(seen[(unsigned char)row.letter]);
            seen[(unsigned char)row.letter] = true;
        }
    }
}

static void every_flag_is_used_and_named_once(void **state)
{
    flag_set used = (flag_set)1 << FLAG_HELP;

    (void)state;
    for (size_t i = 0; i < command_count; i++)
        used |= commands[i].flags;
    for (int i = 0; i < FLAGS; i++) {
        if (!(used >> i & 1))
            fail_msg("no command takes --%s", flag_row((enum flag)i)->name);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(flag_row((enum flag)i)->name,
                                    flag_row((enum flag)k)->name);
    }
}

// --help stands last, the server's own options are all there.
static void flags_are_walked_to_their_end(void **state)
{
    struct flag_row row, last = {0};
    size_t count = 0;

    (void)state;
    for (size_t at = 0; command_next_flag(command_find("app", "list"), &at, &row); count++)
        last = row;
    assert_string_equal(last.name, "help");
    assert_int_equal(count, 8);
    count = 0;
    for (size_t at = 0; command_next_flag(command_find("serve", NULL), &at, &row); count++)
        assert_non_null(row.value);
    assert_true(count > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_a_noun_and_words),
        cmocka_unit_test(a_noun_is_a_command_or_has_verbs),
        cmocka_unit_test(a_letter_means_one_flag_in_a_command),
        cmocka_unit_test(every_flag_is_used_and_named_once),
        cmocka_unit_test(flags_are_walked_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
