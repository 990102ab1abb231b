// The commands, one file each. To add one: a file cmd_<name>.c, a row in the table of
// command.c.

#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

// argv after the command's name, NULL-terminated. Returns the exit code.
typedef int command_fn(char **argv);

command_fn cmd_serve, cmd_limits, cmd_version;

int command_run(int argc, char **argv);

#endif
