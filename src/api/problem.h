// The body of an answer that says no: a problem document (RFC 9457) of at most 1 KiB with a
// stable `code`. It repeats nothing of the request but what the error's sentence quotes,
// which is the business of whoever wrote it (PROBLEM_SHOWN).
//
// error->field says what the error is about: "?name" a query parameter, "Name:" a header,
// else a member of the body, as "url" or "/payload/uuid".

#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "base/error.h"

#include <stddef.h>

struct buf;

#define PROBLEM_TYPE "application/problem+json"

enum { PROBLEM_MAX = 1024, PROBLEM_INSTANCE_MAX = 40, PROBLEM_SHOWN_MAX = 40 };

// For "%.*s": how much of a stranger's text an error's sentence may quote.
#define PROBLEM_SHOWN(len) ((len) < PROBLEM_SHOWN_MAX ? (int)(len) : PROBLEM_SHOWN_MAX)

// Append the document. instance names the request in the log and in the answer.
void problem_write(const struct error *error, const char *instance, struct buf *ret);

#endif
