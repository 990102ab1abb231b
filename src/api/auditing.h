// What a request leaves in the audit log (hook/audit.h). A route that changes something, or
// shows a secret, names its action in the table of routes; its op then carries the row, which
// is committed with the change or not at all. To audit another route: its action in its row.
//
// A refusal of authorisation leaves a row of its own, of which a stranger, or a key, causes
// only so many an hour; those past that are counted, and the next row says how many they
// were.

#ifndef API_AUDITING_H
#define API_AUDITING_H

struct audit_row;
struct door;
struct error;
struct op;
struct request;

// The row of that action, done by whoever asks, about what the request's path names; in the
// op's arena, where it becomes the op's own. The caller may say more in it.
struct audit_row *audit_new(const struct request *request, struct op *op, const char *action);
// The row of what the op, which ask() has filled, is going to do, if the route has an action.
void audit_attach(const struct request *request, struct op *op);

// The request is answered with that error: if it is one of authorisation, it is noted. Who
// has shown nothing that could be a key is not.
void audit_refusal(struct request *request, const struct error *error);
void audit_left_out(struct door *door); // on a timer: those that no row was spent on

#endif
