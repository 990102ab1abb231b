// Everything the door serves, as one table. The next route is a row there and a handler in
// the family's file; openapi.yaml says the same in public.

#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/requests.h"
#include "hook/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fill op (NULL where the route has none). Errors: any; the request is then answered with it.
typedef enum error_code ask_fn(struct request *request, struct op *op, struct error *error);
// op is finished with OP_DONE, or NULL where the route has none.
typedef void answer_fn(struct request *request, struct op *op, struct response *response);

enum route_flag {
    ROUTE_OPEN = 1,         // needs no key
    ROUTE_ANY_KEY = 2,      // no scope
    ROUTE_BODY = 4,         // reads a JSON object with jansson
    ROUTE_RAW = 8,          // reads the JSON by itself
    ROUTE_ONCE = 16,        // takes an Idempotency-Key
    ROUTE_OPERATORS = 4096, // of the operator's own app, which its path does not name
    ROUTE_OF_KEY = 8192,    // of the key's own app; an operator's key has none
    ROUTE_FIGURES = 256,    // reads webhooks' figures, too
    ROUTE_MAYBE = 32,       // its body may be left out
    ROUTE_SENDS = 64, // the op is handed over once its event was sent (api/webhook_tests.c)
};

struct route {
    const char *method;
    const char *pattern; // "/v1/apps/{app}"; names are those of enum path_name
    uint32_t scope;      // of hook/scope.h
    unsigned flags;
    enum op_kind read; // made before ask(), its answer in request->found; OP_KINDS: none
    enum op_kind op;   // OP_KINDS: none
    ask_fn *ask;       // NULL: nothing to ask
    answer_fn *answer; // NULL: the answer that ask() prepared
    // What it is in the audit log ("webhook.update"); NULL: it changes nothing and shows no
    // secret, or it is an event, which is data.
    const char *action;
};

extern const struct route routes[];
extern const size_t route_count;
extern const struct route route_nowhere; // says 404 or 405 to who has shown a key

enum route_match { ROUTE_FOUND, ROUTE_OTHER_METHOD, ROUTE_NO_PATH };

// names: filled where the path names something.
enum route_match route_find(struct text_span method, struct text_span path,
                            const struct route **ret, struct text_span names[PATH_NAMES]);
// The methods of the path, "GET, POST".
void route_allow(struct text_span path, char *ret, size_t room);
const char *path_name_text(enum path_name name);  // "app"
enum id_kind path_name_kind(enum path_name name); // ID_NONE: it is no id

#endif
