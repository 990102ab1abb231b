// The way of a request: the order of checks, what it waits for, and its answer. The order, as
// the API promises it: path 404, method 405 → key 401 → limit 429 → scope 403 → object 404 →
// type 415 → JSON 400 → fields 422 → state 409, 412.
//
// Whenever a key or an app had to be fetched the checks begin anew, so nothing is decided by
// what was known before a change. Only what was handed to the store goes on from there.

#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "api/requests.h"
#include "base/error.h"
#include "store/ops.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct door;
struct known_app;
struct known_key;
struct op;
struct request;

// dispatch.c
void dispatch_begin(struct request *request);             // as it came from its connection
void dispatch_op(struct request *request, struct op *op); // an op of it is finished; takes op
void dispatch_again(struct request *request);             // all checks
void dispatch_plan_again(struct request *request);        // what follows the check of the key

// who.c: the checks of who asks. Each answers ERR_OK to go on, unless the request now waits.
enum error_code who_key(struct request *request, struct error *error);    // who is it
enum error_code who_window(struct request *request, struct error *error); // not too often
enum error_code who_page(struct request *request, struct error *error);   // from our page
enum error_code who_scope(struct request *request, struct error *error);  // may it
void who_unknown(struct request *request); // the store knows no such key, or session
// Who has shown nothing that counts: 401, or 429 where its address did so too often.
enum error_code who_refuse(struct request *request, struct error *error);

// lookup_who.c and lookups.c: what is known, or else is asked of the store; the request then
// waits.
struct op *lookup_op(struct request *request, enum op_kind kind, enum request_wait wait);
struct known_key *lookup_key(struct request *request, const char *lookup);
struct known_key *lookup_session(struct request *request, const unsigned char *hash);
struct known_key *lookup_cached_key(struct door *door, const char *lookup); // NULL: not there
void lookup_window(struct request *request);
struct known_app *lookup_app(struct request *request, int64_t id); // id 0: by uid
struct known_app *lookup_app_by_uid(struct request *request);      // the path's
void lookup_found(struct request *request);                        // the route's read
// Of the webhooks found.
void lookup_figures(struct request *request);
void lookup_on_window(struct request *request, struct op *op);
void lookup_on_figures(struct request *request, struct op *op);
void lookup_on_key(struct request *request, struct op *op);
void lookup_on_session(struct request *request, struct op *op);
void lookup_on_app(struct request *request, struct op *op);
void lookup_on_found(struct request *request, struct op *op);

// handover.c: a request's op and the store.
void handover(struct request *request, struct op *op);
// webhook_tests.c: sends the op's event; handed over when an answer has come.
void test_send(struct request *request, struct op *op);
void handover_on_op(struct request *request, struct op *op);
void handover_on_replay(struct request *request, struct op *op);
void handover_crowd(struct door *door); // those that waited for room, or waited too long

// answers.c: each ends the request.
extern const char answer_no_such[]; // one sentence, whatever is not there, and for whom
void answer_with(struct request *request, struct op *op); // what the route answers
void answer_error(struct request *request, const struct error *error);
// An op that was refused; conflict: with what, or NULL.
void answer_result(struct request *request, const struct op *op);
void answer_kept(struct request *request, int status, const char *body, size_t len);

#endif
