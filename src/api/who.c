#include "api/auth.h"
#include "api/csrf.h"
#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "api/routes.h"
#include "api/style.h"
#include "base/log.h"
#include "hook/scope.h"

#include <stdlib.h>
#include <string.h>

static bool needs_key(const struct request *request)
{
    const struct route *route = request->route;
    bool is_figures = (route->flags & ROUTE_OPEN) != 0 && route->scope != 0;

    return (route->flags & ROUTE_OPEN) == 0 ||
           (is_figures && request->door->options.metrics_need_key);
}

// What would help: a link opens a session, and a key everything else.
static const char *wanted_of(const struct request *request)
{
    struct text_span token;

    if (request->route->op == OP_SESSION && (request->route->flags & ROUTE_OPEN) != 0) {
        return "this link was used, has expired or never was; ask for a new one";
    }
    return auth_read_session(request, &token)
               ? "the session has ended; a new link opens another"
               : request->style->key_wanted;
}

enum error_code who_refuse(struct request *request, struct error *error)
{
    struct door *door = request->door;

    if (!auth_allow_stranger(door->options.stranger_limits, &request->peer,
                             door_now(door).mono_ms, &request->allowance)) {
        return error_set(error, ERR_RATE_LIMITED, "too many requests without a valid key");
    }
    if (request->query.len > 0 &&
        memmem(request->query.at, request->query.len, "_live_", 6) != NULL) {
        log_write(LOG_WARNING, "key.in_query",
                  "a key stood in a request's query, where others may log it; revoke it");
    }
    return error_set(error, ERR_UNAUTHENTICATED, "%s", wanted_of(request));
}

void who_unknown(struct request *request)
{
    struct error error = {0};
    struct key_parts parts;

    // The same work as for a key that is known.
    if (auth_read(request, &parts) &&
        auth_holds(request->door->pepper, &parts, NULL, door_now(request->door).wall_ms)) {
        abort(); // what nobody has cannot hold
    }
    error.code = who_refuse(request, &error);
    answer_error(request, &error);
}

static enum error_code take_from_allowance(struct request *request, struct known_key *known,
                                           struct error *error)
{
    struct door *door = request->door;
    struct moment now = door_now(door);

    if (request->was_counted) {
        return ERR_OK;
    }
    request->was_counted = true;
    key_uses_note(&door->uses, known, now.wall_ms);
    if (!auth_allow(door->options.key_limits, known, now.mono_ms, &request->allowance)) {
        return error_set(error, ERR_RATE_LIMITED, "this %s's requests come too fast",
                         request_asker(request));
    }
    return ERR_OK;
}

static enum error_code enter(struct request *request, struct known_key *known,
                             struct error *error)
{
    server_trust(request->door->server, request->handle);
    request->key_id = known->id;
    request->key_app_id = known->app_id;
    // A session with the scope key:create makes keys that outlive it: they are the app's.
    request->key_expires_ms = known->is_session ? 0 : known->expires_ms;
    request->key_rate_per_s = known->rate_per_s;
    request->key_burst = known->burst;
    request->scopes = known->scopes;
    request->mode = known->mode;
    request->is_session = known->is_session;
    return take_from_allowance(request, known, error);
}

static enum error_code enter_session(struct request *request, struct text_span token,
                                     struct error *error)
{
    int64_t now_ms = door_now(request->door).wall_ms;
    unsigned char hash[KEY_HASH_LEN];

    pepper_hash(request->door->pepper, token.at, hash);
    struct known_key *known = lookup_session(request, hash);
    if (known == NULL) {
        return ERR_OK; // it waits
    }
    if (!auth_holds_session(hash, known, now_ms)) {
        return who_refuse(request, error);
    }
    known->seen_ms = now_ms;
    request->session_created_ms = known->created_ms;
    request->session_ends_ms = known->expires_ms;
    return enter(request, known, error);
}

enum error_code who_key(struct request *request, struct error *error)
{
    struct key_parts parts;
    struct text_span token;

    if (!needs_key(request)) {
        return ERR_OK;
    }
    if (auth_read_session(request, &token)) {
        return enter_session(request, token, error);
    }
    if (!auth_read(request, &parts)) {
        return who_refuse(request, error);
    }
    struct known_key *known = lookup_key(request, parts.lookup);
    if (known == NULL) {
        return ERR_OK; // it waits
    }
    if (!auth_holds(request->door->pepper, &parts, known, door_now(request->door).wall_ms)) {
        return who_refuse(request, error);
    }
    return enter(request, known, error);
}

// A call counts whatever comes of it: a door's window is not a way to try things for free.
enum error_code who_window(struct request *request, struct error *error)
{
    if (!request->style->is_windowed || request->key_id == 0) {
        return ERR_OK;
    }
    if (!request->window.is_known) {
        lookup_window(request);
    } else if (request->window.is_over) {
        return error_set(error, ERR_RATE_LIMITED, "this key has made its calls of the hour");
    }
    return ERR_OK;
}

// A browser sends a cookie along whoever asked it to: what changes something must show that
// our own page did. A key is sent by nobody else.
enum error_code who_page(struct request *request, struct error *error)
{
    if (!request->is_session || !csrf_concerns(request->method)) {
        return ERR_OK;
    }
    if (csrf_place(request) != CSRF_OURS) {
        return error_set(error, ERR_CSRF,
                         "with a session, what changes something must come from this "
                         "server's own page: Sec-Fetch-Site: same-origin, or its Origin");
    }
    if (request->csrf_count != 1 || !csrf_holds(request->door->csrf_key, request->key_id,
                                                request->csrf.at, request->csrf.len)) {
        return error_at(error, ERR_CSRF, "X-Posthorn-CSRF:",
                        "must be the csrf_token that GET /v1/session answers");
    }
    return ERR_OK;
}

enum error_code who_scope(struct request *request, struct error *error)
{
    const struct route *route = request->route;

    if (!needs_key(request) || (route->flags & ROUTE_ANY_KEY) != 0 ||
        scope_allows(request->scopes, route->scope)) {
        return ERR_OK;
    }
    return error_set(error, ERR_FORBIDDEN_SCOPE, "the %s lacks the scope %s",
                     request_asker(request), scope_text((enum scope)route->scope));
}
