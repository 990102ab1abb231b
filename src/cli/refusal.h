// A refusal of the server, in words, with what to do about it.

#ifndef CLI_REFUSAL_H
#define CLI_REFUSAL_H

struct client_answer;

// Says the problem document of an answer that is not 2xx; returns the exit code. noun: of the
// command.
int refusal_say(const struct client_answer *answer, const char *noun);
// The exit code of a status alone.
int refusal_exit(int status);

#endif
