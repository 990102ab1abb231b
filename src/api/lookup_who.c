#include "api/dispatch.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "base/limits.h"
#include "base/memory.h"
#include "store/store.h"

#include <string.h>

struct op *lookup_op(struct request *request, enum op_kind kind, enum request_wait wait)
{
    request->wait = wait;
    request->changes = request->door->changes;
    return op_new(kind, request->door->options.worker, request);
}

// --- keys ---

static struct map_key key_of_lookup(const char *lookup)
{
    struct map_key key = {0};

    memcpy(&key.high, lookup, sizeof key.high);
    memcpy(&key.low, lookup + sizeof key.high, KEY_LOOKUP_LEN - sizeof key.high);
    return key;
}

struct known_key *lookup_cached_key(struct door *door, const char *lookup)
{
    struct cache_item *item = cache_find(&door->keys, key_of_lookup(lookup));

    return item != NULL ? container_of(item, struct known_key, item) : NULL;
}

struct known_key *lookup_key(struct request *request, const char *lookup)
{
    struct door *door = request->door;
    struct known_key *known = lookup_cached_key(door, lookup);

    if (known != NULL) {
        return known;
    }
    struct op *op = lookup_op(request, OP_KEY_BY_LOOKUP, WAIT_KEY);
    memcpy(op->as.key_by_lookup.lookup, lookup, KEY_LOOKUP_LEN + 1);
    store_submit(door->options.store, op);
    return NULL;
}

// A row that was read before a change may be out of date; it is then read again.
void lookup_on_key(struct request *request, struct op *op)
{
    struct door *door = request->door;
    const struct key_row *row = &op->as.key_by_lookup.row;

    if (op->result == OP_DONE && request->changes == door->changes) {
        struct known_key *known = NEW(struct known_key);
        known->id = row->id;
        known->app_id = row->app_id;
        memcpy(known->hash, row->hash, sizeof known->hash);
        known->scopes = row->scopes;
        known->mode = row->mode;
        known->expires_ms = row->expires_ms;
        known->revoked_ms = row->revoked_ms;
        known->rate_per_s = row->rate_per_s;
        known->burst = row->burst;
        known->noted_ms = row->last_used_ms;
        cache_put(&door->keys, key_of_lookup(op->as.key_by_lookup.lookup), &known->item);
    }
    if (op->result == OP_DONE) {
        dispatch_again(request);
    } else if (op->result == OP_NOT_FOUND) {
        who_unknown(request);
    } else {
        answer_result(request, op);
    }
    op_free(op);
}

// --- sessions ---

enum { READ_AGAIN_MS = 1000 };

static struct map_key key_of_hash(const unsigned char *hash)
{
    struct map_key key;

    memcpy(&key.high, hash, sizeof key.high);
    memcpy(&key.low, hash + sizeof key.high, sizeof key.low);
    return key;
}

// One that seems to have idled may have been used at another worker: it is read again, but
// not over and over.
struct known_key *lookup_session(struct request *request, const unsigned char *hash)
{
    struct door *door = request->door;
    int64_t now_ms = door_now(door).wall_ms;
    struct cache_item *item = cache_find(&door->sessions, key_of_hash(hash));
    struct known_key *known =
        item != NULL ? container_of(item, struct known_key, item) : NULL;

    if (known != NULL && (auth_holds_session(hash, known, now_ms) ||
                          now_ms - known->read_ms < READ_AGAIN_MS)) {
        return known;
    }
    struct op *op = lookup_op(request, OP_SESSION_BY_HASH, WAIT_SESSION);
    memcpy(op->as.session_by_hash.hash, hash, KEY_HASH_LEN);
    store_submit(door->options.store, op);
    return NULL;
}

static void note_session(struct door *door, const struct session_row *row)
{
    struct known_key *known = NEW(struct known_key);

    known->is_session = true;
    known->id = row->id;
    known->app_id = row->app_id;
    memcpy(known->hash, row->hash, sizeof known->hash);
    known->scopes = row->scopes;
    known->mode = EVENT_LIVE;
    known->expires_ms = row->ends_ms;
    known->rate_per_s = AUTH_RATE;
    known->burst = AUTH_BURST;
    known->created_ms = row->created_ms;
    known->seen_ms = known->noted_ms = row->seen_ms;
    known->read_ms = door_now(door).wall_ms;
    cache_put(&door->sessions, key_of_hash(row->hash), &known->item);
}

void lookup_on_session(struct request *request, struct op *op)
{
    if (op->result == OP_DONE && request->changes == request->door->changes) {
        note_session(request->door, &op->as.session_by_hash.row);
    }
    if (op->result == OP_DONE) {
        dispatch_again(request);
    } else if (op->result == OP_NOT_FOUND) {
        cache_drop(&request->door->sessions, key_of_hash(op->as.session_by_hash.hash));
        who_unknown(request);
    } else {
        answer_result(request, op);
    }
    op_free(op);
}

// --- the hour's calls ---

void lookup_window(struct request *request)
{
    struct op *op = lookup_op(request, OP_WINDOW, WAIT_WINDOW);
    bool is_test = request->mode == EVENT_TEST;

    op->as.window.key_id = request->key_id;
    op->as.window.now_ms = door_now(request->door).wall_ms;
    op->as.window.window_ms = limit(LIMIT_CALLS_MS);
    op->as.window.count_max = (int)limit(is_test ? LIMIT_CALLS_TEST : LIMIT_CALLS_LIVE);
    store_submit(request->door->options.store, op);
}

void lookup_on_window(struct request *request, struct op *op)
{
    bool is_counted = op->result == OP_DONE;

    if (!is_counted && op->result != OP_LIMIT) {
        answer_result(request, op);
        op_free(op);
        return;
    }
    request->window = (struct window){.is_known = true,
                                      .is_over = !is_counted,
                                      .count_max = op->as.window.count_max,
                                      .left = op->as.window.count_max - op->as.window.count,
                                      .until_ms = op->as.window.until_ms};
    op_free(op);
    request->tries = 0; // it is waited for once
    dispatch_again(request);
}
