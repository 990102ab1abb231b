// Who asks? Keys are looked up by their public part and held to a keyed hash of their secret
// part; an unknown one costs the same work as a known one. An address may fail 20 times, and
// once more every three seconds; past it its failures are answered 429, and only they.
//
// A session at the portal is known by a cookie, and is then asked like a key.

#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/door.h"
#include "base/error.h"
#include "hook/rows.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_parts;
struct known_key;
struct limit_table;
struct pepper;
struct request;
struct taken;
struct text_span;

enum { AUTH_RATE = 1000, AUTH_BURST = 2000 }; // of an app's key by default, and of a session

struct pepper *pepper_new(const unsigned char key[PEPPER_KEY_LEN]);
void pepper_free(struct pepper *pepper); // wiped; does nothing to NULL
// What is stored instead of a key's secret part (KEY_SECRET_LEN characters).
void pepper_hash(struct pepper *pepper, const char *secret, unsigned char ret[KEY_HASH_LEN]);

// A token of the portal: 256 random bits in the form of a key's secret part, and the hash
// that is kept of it. ret must hold KEY_SECRET_LEN + 1.
void auth_make_token(struct pepper *pepper, char *ret, unsigned char ret_hash[KEY_HASH_LEN]);

// The key that the request carries, as its door wants it shown. False: none that could be one
// of ours.
bool auth_read(const struct request *request, struct key_parts *ret);
bool auth_read_bearer(const struct request *request, struct key_parts *ret); // one way
// The session's token that the request carries, instead of any key, where its door takes
// sessions. False: none that could be one of ours.
bool auth_read_session(const struct request *request, struct text_span *ret);
// Does the secret part match, and is the key in force? key NULL: an unknown one.
bool auth_holds(struct pepper *pepper, const struct key_parts *parts,
                const struct known_key *key, int64_t now_ms);
// The same of a session; hash: of the token.
bool auth_holds_session(const unsigned char hash[KEY_HASH_LEN],
                        const struct known_key *session, int64_t now_ms);
// Takes one request from the key's allowance; true for a key that has no limit.
bool auth_allow(struct limit_table *keys, const struct known_key *key, int64_t mono_ms,
                struct taken *ret);
// Notes that this address failed to say who it is. False: it may not fail more, just now.
bool auth_allow_stranger(struct limit_table *strangers, const struct address *address,
                         int64_t mono_ms, struct taken *ret);

#endif
