// Logging in at the portal. Include after <cmocka.h>, with support/door_world.h.

#ifndef SUPPORT_PORTAL_CLIENT_H
#define SUPPORT_PORTAL_CLIENT_H

struct world;

struct login {
    char id[160];    // of the session
    char token[64];  // of the link that was used
    char cookie[64]; // its value
    char csrf[80];   // a token of the session
    char lines[400]; // header lines of a request that our own page makes
    char reads[200]; // … the cookie alone
};

// A new link's token. body: of the request for it, or NULL.
void world_link(struct world *world, const char *app, const char *body, char ret[64]);
// Opens a session of the app by a new link; body: of the link.
void world_log_in(struct world *world, const char *app, const char *body, struct login *ret);

#endif
