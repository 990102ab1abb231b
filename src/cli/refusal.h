// A refusal of the server, in words, with what to do about it.

#ifndef CLI_REFUSAL_H
#define CLI_REFUSAL_H

#include <stdbool.h>

struct client_answer;

struct refused {
    const char *noun; // whose list shows what there is, where a thing was not found
    bool has_key;     // a key was sent
};

// Says the problem document of an answer that is not 2xx; returns the exit code.
int refusal_say(const struct client_answer *answer, const struct refused *refused);
// The exit code of a status alone.
int refusal_exit(int status);

#endif
