// The commands: noun, then verb, one row each (command_table.c), one file for each noun.
// Help, completion and the manual are made from the same rows. To add one: its function in
// cmd_<noun>.c, a row in the table.

#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/args.h"

#include <stdbool.h>
#include <stddef.h>

struct flag_row;

// Returns the exit code (cli/say.h).
typedef int command_fn(const struct args *args);

struct command {
    const char *noun;
    const char *verb;      // NULL: the noun is all
    const char *arguments; // "WEBHOOK"; "" where it has none
    unsigned least, most;  // of them
    flag_set flags;
    bool is_raw; // reads its arguments itself
    command_fn *run;
    const char *says;
};

struct noun {
    const char *name;
    const char *says;
    const char *example; // lines for the manual; or NULL
    bool is_hidden;
};

extern const struct command commands[];
extern const size_t command_count;
extern const struct noun nouns[];
extern const size_t noun_count;

const struct noun *noun_find(const char *name); // or NULL
bool noun_has_verbs(const struct noun *noun);
// verb NULL: the noun's only command. NULL: there is no such command.
const struct command *command_find(const char *noun, const char *verb);

// The next flag that the command takes, --help last; *at is 0 at first. The server's options
// are those of serve. False: no more.
bool command_next_flag(const struct command *command, size_t *at, struct flag_row *ret);

// main(): returns the exit code.
int command_run(int argc, char **argv);

command_fn cmd_serve, cmd_limits, cmd_version, cmd_completion, cmd_manual, cmd_help;
command_fn app_add, app_list, app_show, app_change, app_delete;
command_fn app_portal_link;
command_fn key_add, key_list, key_revoke, key_self;
command_fn session_list, session_end, session_end_all;
command_fn webhook_add, webhook_list, webhook_show, webhook_change, webhook_enable,
    webhook_disable, webhook_delete, webhook_secret, webhook_rotate, webhook_key,
    webhook_key_drop, webhook_test, webhook_recover;
command_fn type_list, type_put, type_delete;
command_fn job_show, job_cancel;
command_fn audit_list, audit_export, audit_verify;
command_fn event_send, event_list, event_show;
command_fn delivery_list, delivery_show, delivery_attempts, delivery_retry, delivery_cancel,
    delivery_tail;
command_fn profile_list, profile_show, profile_check;
command_fn cmd_stats, cmd_migrate, cmd_doctor, cmd_demo;
command_fn backup_create, backup_list, backup_restore;
command_fn cmd_verify, cmd_sign;

#endif
