// What posthorn doctor finds, one line for each thing that it looked at, with the way out
// where something is wrong. The checks stand in doctor_server.c, doctor_webhooks.c,
// doctor_folder.c and doctor_machine.c; to add one: a function there that says what it found.

#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct place;
struct session;

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct doctor {
    bool is_json;
    size_t counts[VERDICT_FAIL + 1];
    struct buf json; // what was found, where is_json
};

void doctor_init(struct doctor *doctor, bool is_json);
// Prints what is left to print; returns the exit code: 1 where a check has failed.
int doctor_done(struct doctor *doctor);

// "ok    key      it is the operator's": check is one word; hint, or NULL, the way out.
void doctor_say(struct doctor *doctor, enum verdict verdict, const char *check,
                const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void doctor_server(struct doctor *doctor, struct session *session);
// Asked with the operator's key.
void doctor_webhooks(struct doctor *doctor, struct session *session);
void doctor_folder(struct doctor *doctor, const struct place *place);
void doctor_machine(struct doctor *doctor, const struct place *place);

#endif
