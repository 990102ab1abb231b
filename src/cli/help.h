// Help, made from the tables of commands and flags.

#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

struct command;
struct noun;

void help_noun(const struct noun *noun, FILE *out); // NULL: all that there is
void help_command(const struct command *command, FILE *out);
void help_hint(const struct command *command); // where help is to be had, on stderr

#endif
