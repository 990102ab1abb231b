// A world for the tests of the door: a real server on socket pairs, a real SQLite store in a
// folder of its own, and the door between them, all on the test's thread but the store.
// Include after <cmocka.h>.

#ifndef SUPPORT_DOOR_WORLD_H
#define SUPPORT_DOOR_WORLD_H

#include "base/moment.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

struct world *world_new(void);
struct world *world_listening(bool is_loopback); // world_new() is on loopback
void world_free(struct world *world);
void world_turn(struct world *world);   // one turn that waits for at most a millisecond
int world_connect(struct world *world); // a client's descriptor

// What came back. json is NULL where the body is none, or nothing that jansson takes;
// reply_done() releases both.
struct reply {
    int status;
    char head[4096];
    char *text; // the body
    json_t *json;
};
void reply_done(struct reply *reply);
// A header's value, or "".
const char *reply_header(const struct reply *reply, const char *name, char ret[200]);
const char *reply_text(const struct reply *reply, const char *member); // of the body, or ""

// One request on its own connection. key NULL: none; more: further header lines, each ended
// by CRLF, or ""; body NULL: none.
struct reply world_ask(struct world *world, const char *method, const char *path,
                       const char *key, const char *more, const char *body);
// The same of bytes as they are, which may be no request at all.
struct reply world_say(struct world *world, const char *bytes);
// As world_ask(), released at once: its status.
int world_status(struct world *world, const char *method, const char *path, const char *key,
                 const char *body);

// An id as the API spells it, of whatever kind (enum id_kind).
void world_spell(const struct world *world, int kind, int64_t id, char ret[160]);
struct id_cipher *world_cipher(const struct world *world); // that which spells them
const char *world_operator(const struct world *world);     // the operator's key
void world_skip_ms(struct world *world, int64_t ms);       // time passes
void world_jump_ms(struct world *world, int64_t ms);       // the wall clock is set
void world_unready(struct world *world, const char *why);

// Tests are answered at once, as if 200 had come back; until then none can go out.
void world_let_send(struct world *world);

// While held, nothing that the store answers reaches the door.
void world_hold(struct world *world, bool is_held);
// The same of changes alone: their requests wait, the rest goes on. Was any held until now?
bool world_hold_changes(struct world *world, bool is_held);

// The same request count times in a row on one connection: begin sends them, end waits for
// the answers and fills in their statuses.
struct pipeline;
struct pipeline *world_begin(struct world *world, const char *method, const char *path,
                             const char *key, const char *body, size_t count);
void world_end(struct world *world, struct pipeline *pipeline, int *ret_statuses);

// The delivery's one attempt ended so, for good; nothing was sent. Ids as the API spells
// them.
struct outcome;
void world_settle(struct world *world, const char *app, const char *webhook,
                  const char *delivery, const struct outcome *outcome);

// POST, which must answer 201; the member of its body (NULL: "id") goes into ret.
void world_make(struct world *world, const char *path, const char *body, const char *member,
                char ret[160]);

// The same for an app of that profile, and for a request about an app by the operator.
#define URL "\"url\":\"http://127.0.0.1:9999/hook\""
#define TOKEN "\"secret\":\"my-verification-token\""
void world_app(struct world *world, const char *profile, char ret[160]);
struct reply world_app_ask(struct world *world, const char *method, const char *app,
                           const char *rest, const char *body);
// A body of one byte more than is allowed; the caller frees it.
char *world_large_body(void);
// That POST is refused with that status and code, and names the place (NULL: none).
void world_refuses(struct world *world, const char *app, const char *rest, const char *body,
                   int status, const char *code, const char *place);

#endif
