#include "api/door.h"

#include "api/auditing.h"
#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "api/problem.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/app_card.h"
#include "hook/scope.h"
#include "hook/seal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_key(struct cache_item *item)
{
    struct known_key *known = container_of(item, struct known_key, item);

    memory_wipe(known, sizeof *known);
    free(known);
}

static void drop_app(struct cache_item *item)
{
    struct known_app *known = container_of(item, struct known_app, item);

    app_card_drop(known->card);
    free(known->uid);
    free(known->alert_email);
    free(known);
}

static void drop_uid(struct cache_item *item)
{
    free(item); // it stands first in struct known_uid
}

struct door *door_new(const struct door_options *options)
{
    struct door *door = NEW(struct door);
    size_t cached_max = (size_t)limit(LIMIT_CACHED);

    door->options = *options;
    door->minter.number = options->minter;
    minter_go_on(&door->minter, options->newest_event, door_now(door).wall_ms);
    door->pepper = pepper_new(options->pepper_key);
    bool done = keyring_subkey(options->keyring, NULL, "cursor/v1", door->cursor_key,
                               sizeof door->cursor_key) &&
                keyring_subkey(options->keyring, NULL, "csrf/v1", door->csrf_key,
                               sizeof door->csrf_key);
    assert(done);
    door->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    door->digest = EVP_MD_CTX_new();
    assert(door->sha256 != NULL && door->digest != NULL);
    cache_init(&door->keys, cached_max, drop_key);
    cache_init(&door->sessions, cached_max, drop_key);
    cache_init(&door->apps, cached_max, drop_app);
    cache_init(&door->uids, cached_max, drop_uid);
    map_init(&door->loading, 0);
    list_init(&door->requests);
    list_init(&door->crowd);
    list_init(&door->spare);
    door->instance = random_u64();
    buf_init(&door->response.body, RESPONSE_BODY_MAX);
    return door;
}

static void free_requests(struct link *requests)
{
    while (!list_is_empty(requests)) {
        struct request *request = container_of(requests->next, struct request, link);
        free_requests(&request->followers);
        request_free(request);
    }
}

void door_free(struct door *door)
{
    if (door == NULL) {
        return;
    }
    free_requests(&door->requests);
    free_requests(&door->crowd);
    free_requests(&door->spare);
    cache_done(&door->keys);
    cache_done(&door->sessions);
    cache_done(&door->apps);
    cache_done(&door->uids);
    map_done(&door->loading);
    pepper_free(door->pepper);
    memory_wipe(door->cursor_key, sizeof door->cursor_key);
    memory_wipe(door->csrf_key, sizeof door->csrf_key);
    EVP_MD_free(door->sha256);
    EVP_MD_CTX_free(door->digest);
    buf_done(&door->response.body);
    free(door);
}

void door_digest(struct door *door, const struct text_span *pieces, size_t count,
                 unsigned char ret[16])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    bool done = EVP_DigestInit_ex(door->digest, door->sha256, NULL) == 1;

    for (size_t i = 0; i < count; i++) {
        done = done && EVP_DigestUpdate(door->digest, pieces[i].at, pieces[i].len) == 1;
    }
    done = done && EVP_DigestFinal_ex(door->digest, digest, NULL) == 1;
    assert(done);
    memcpy(ret, digest, 16);
}

// --- requests ---

static void on_request(void *owner, struct reply_handle handle,
                       const struct http_request *http)
{
    struct request *request = request_take(owner);

    request->handle = handle;
    request_read(request, http);
    dispatch_begin(request);
}

// Whoever waits for "100 Continue" learns at once of a key that cannot be one.
static enum error_code on_head(void *owner, const struct http_request *http,
                               struct error *error)
{
    struct request request = {.door = owner};
    struct key_parts parts;
    struct text_span token;

    if (http_request_header(http, "expect", NULL) == NULL) {
        return ERR_OK;
    }
    request_read(&request, http);
    if (route_find(request.method, request.path, &request.route, request.names) !=
        ROUTE_FOUND) {
        return ERR_OK;
    }
    if ((request.route->flags & ROUTE_OPEN) == 0 && !auth_read(&request, &parts) &&
        !auth_read_session(&request, &token)) {
        return error_set(error, ERR_UNAUTHENTICATED, "no valid key was given");
    }
    return ERR_OK;
}

// Of which door there is no telling: it has no path.
static const char *on_refused(void *owner, const struct error *error, struct buf *ret_body)
{
    struct door *door = owner;
    char instance[PROBLEM_INSTANCE_MAX];

    snprintf(instance, sizeof instance, "req_%016llx", (unsigned long long)door->instance++);
    problem_write(error, instance, ret_body);
    return PROBLEM_TYPE;
}

struct server_events door_events(struct door *door)
{
    return (struct server_events){.owner = door,
                                  .on_request = on_request,
                                  .on_head = on_head,
                                  .on_refused = on_refused};
}

void door_set_server(struct door *door, struct server *server)
{
    door->server = server;
}

// --- the store's stream ---

void door_on_op(struct door *door, struct op *op)
{
    struct request *request = op->asker;

    if (request == NULL) { // key_uses_flush(), or a refusal's row in the audit log
        op_free(op);
        return;
    }
    assert(request->door == door);
    dispatch_op(request, op);
}

static bool is_of_app(const struct cache_item *item, const void *with)
{
    const struct known_key *known =
        (const void *)((const char *)item - offsetof(struct known_key, item));

    return known->app_id == *(const int64_t *)with;
}

void door_on_change(struct door *door, int64_t app_id, int64_t webhook_id)
{
    door->changes++;
    cache_drop(&door->apps, map_key(app_id));
    if (webhook_id == 0) {
        cache_drop_if(&door->keys, is_of_app, &app_id);
        cache_drop_if(&door->sessions, is_of_app, &app_id);
    }
}

void door_on_timer(struct door *door)
{
    handover_crowd(door);
    key_uses_flush(door);
    audit_left_out(door);
}

size_t door_waiting(const struct door *door)
{
    return door->waiting;
}

// --- the first key ---

void door_make_key(const unsigned char pepper_key[PEPPER_KEY_LEN], const char *prefix,
                   const unsigned char dice[64], char ret_text[128], struct key_row *ret_row,
                   char ret_lookup[16], char ret_hint[8])
{
    struct pepper *pepper = pepper_new(pepper_key);
    struct key_parts parts;

    key_text_make(prefix, '_', dice, ret_text, &parts);
    memset(ret_row, 0, sizeof *ret_row);
    pepper_hash(pepper, parts.secret, ret_row->hash);
    pepper_free(pepper);
    memcpy(ret_lookup, parts.lookup, sizeof parts.lookup);
    memcpy(ret_hint, parts.secret + KEY_SECRET_LEN - KEY_HINT_LEN, KEY_HINT_LEN);
    ret_hint[KEY_HINT_LEN] = '\0';
    ret_row->lookup = ret_lookup;
    ret_row->hint = ret_hint;
    ret_row->scopes = SCOPE_OPERATOR;
    ret_row->mode = EVENT_LIVE;
}
