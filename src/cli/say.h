// What a command says to people, on stderr, and the exit code it ends with. Data goes to
// stdout and never passes here.

#ifndef CLI_SAY_H
#define CLI_SAY_H

// X(NAME, code, text). The manual's section of exit codes is made from this table.
#define EXITS(X)                                                        \
    X(DONE, 0, "done")                                                  \
    X(FAILED, 1, "failed, for another reason than those below")         \
    X(USAGE, 2, "the command line, or a file it names, is wrong")       \
    X(NOT_ALLOWED, 3, "not allowed: no valid key, or it lacks a scope") \
    X(NOT_FOUND, 4, "there is no such thing")                           \
    X(REFUSED, 5, "refused: the request does not fit what is there")    \
    X(UNREACHABLE, 6, "the server cannot be reached")                   \
    X(RATE_LIMITED, 7, "too many requests")                             \
    X(NOT_VERIFIED, 10, "the signature does not hold")                  \
    X(NOT_DELIVERED, 11, "a delivery has failed")                       \
    X(SECRET_SHOWN, 64, "a secret stood on the command line")           \
    X(INTERRUPTED, 130, "interrupted")

enum exit_code {
#define X(name, code, text) EXIT_##name = code,
    EXITS(X)
#undef X
};

// One line "posthorn: …"; control bytes, which a stranger may have sent, are escaped.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// What to do about it, on a line of its own.
void say_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Says it, and returns the code: return say_failed(EXIT_USAGE, "…").
int say_failed(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
