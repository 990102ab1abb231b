// What the files of the door share: the door itself and the two things it caches. Only files
// of api/ include this.

#ifndef API_DOOR_PARTS_H
#define API_DOOR_PARTS_H

#include "api/auth.h"
#include "api/cache.h"
#include "api/csrf.h"
#include "api/cursor.h"
#include "api/door.h"
#include "api/key_uses.h"
#include "api/requests.h"
#include "base/list.h"
#include "base/map.h"
#include "hook/id.h"
#include "hook/rows.h"

#include <openssl/evp.h>

enum { DOOR_SPARE_MAX = 256, DOOR_TRIES_MAX = 8 };

// A key's row, or a session's, as long as nothing of its app has changed.
struct known_key {
    struct cache_item item;
    bool is_session;
    int64_t id, app_id;
    unsigned char hash[KEY_HASH_LEN];
    uint32_t scopes;
    enum event_mode mode;
    int64_t expires_ms, revoked_ms;
    int rate_per_s, burst;
    int64_t noted_ms;                     // when its use was last noted
    int64_t created_ms, seen_ms, read_ms; // of a session; read_ms: from the store
};

// An app with its card, as long as nothing of it has changed.
struct known_app {
    struct cache_item item;
    struct app_card *card;
    char *uid; // or NULL
    char *alert_email;
    int64_t created_ms;
};

struct door {
    struct door_options options;
    struct server *server;
    struct minter minter;
    struct pepper *pepper;
    unsigned char cursor_key[CURSOR_KEY_LEN];
    unsigned char csrf_key[CSRF_KEY_LEN];
    EVP_MD *sha256; // fetched once: looking it up costs as much as a small hash
    EVP_MD_CTX *digest;

    struct cache keys;     // by look-up text
    struct cache sessions; // by the hash of their tokens
    struct cache apps;     // by id
    struct cache uids;     // of a uid's hash to an id; a hint, held to the app's own uid
    struct map loading;    // app id → the request that loads it
    uint64_t changes;      // counts door_on_change()

    struct link requests; // that wait for an answer
    struct link crowd;    // that wait for room at the store, oldest first
    size_t waiting;
    size_t writes; // in the store, unanswered …
    size_t write_bytes;
    bool is_full; // … as many as may be
    int64_t full_since_ms;
    bool is_paused;    // no requests are read
    struct link spare; // requests to be used again
    size_t spare_count;
    struct key_uses uses;     // since they were last written
    int64_t rsa_made_ms;      // when a webhook's RSA key was last made here
    int left_out;             // refusals that are not in the audit log …
    int64_t left_out_ms;      // … since then
    uint64_t instance;        // of the next problem document
    struct response response; // of the request that is being answered
};

static inline struct moment door_now(const struct door *door)
{
    return door->options.now(door->options.owner);
}

// The first 16 bytes of SHA-256 over the pieces.
void door_digest(struct door *door, const struct text_span *pieces, size_t count,
                 unsigned char ret[16]);

// As the store has it, but for its own event types: apps.c.
struct app_row app_row_of(const struct known_app *app);
// The app of the request's path, which the dispatcher has looked up for this very ask or
// answer.
const struct known_app *door_app(const struct request *request);

#endif
