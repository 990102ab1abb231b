// A command's talk with the server: which server, with which key, about which app; and a
// refusal put into words. Its functions return 0, or the exit code of the command after
// having said why on stderr.

#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/json_span.h"
#include "cli/client.h"

struct args;

struct session {
    const struct args *args;
    struct client *client;
    char *app;    // NULL: not yet asked for
    bool has_key; // it sends one
};

// What came back: the JSON stands in the answer's body. A 204 has none (JSON_NONE).
struct reply {
    struct client_answer answer;
    struct json_span json;
};

int session_open(struct session *session, const struct args *args);
void session_close(struct session *session); // after a failed session_open(), too

// The app that --app or POSTHORN_APP names, else the key's own, or the only one there is.
// Borrowed.
int session_app(struct session *session, const char **ret);

// Append a path: {app} is the app, {1} and {2} the command's arguments, all escaped. With
// --operator, /v1/apps/{app}/… is /v1/…
int session_path(struct session *session, const char *pattern, struct buf *ret);

// Sends the question. A reply that is not 2xx is said and released; else *ret is to be
// released with reply_done().
int session_ask(struct session *session, const struct question *question, struct reply *ret);
void reply_done(struct reply *reply);

#endif
