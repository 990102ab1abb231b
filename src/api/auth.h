// Who asks? Keys are looked up by their public part and held to a keyed hash of their secret
// part; an unknown one costs the same work as a known one. Addresses that fail often are
// answered 429 (only their failures are).

#ifndef API_AUTH_H
#define API_AUTH_H

#include "base/error.h"
#include "hook/rows.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_parts;
struct keyring;
struct known_key;
struct pepper;
struct request;
struct strangers;

struct pepper *pepper_new(const struct keyring *keyring);
void pepper_free(struct pepper *pepper); // wiped; does nothing to NULL
// What is stored instead of a key's secret part (KEY_SECRET_LEN characters).
void pepper_hash(struct pepper *pepper, const char *secret, unsigned char ret[KEY_HASH_LEN]);

// The key that the request carries. False: none that could be one of ours.
bool auth_read(const struct request *request, struct key_parts *ret);
// Does the secret part match, and is the key in force? key NULL: an unknown one.
bool auth_holds(struct pepper *pepper, const struct key_parts *parts,
                const struct known_key *key, int64_t now_ms);
// Takes one request from the key's allowance. False: none is left for *ret_wait_s.
bool auth_allow(struct known_key *key, int64_t now_mono_ms, int64_t *ret_wait_s);

// Counts failures by address, 20 a minute.
struct strangers *strangers_new(void);
void strangers_free(struct strangers *strangers);
// Note a failure. False: that address had its 20 of this minute.
bool strangers_note(struct strangers *strangers, const struct address *address,
                    int64_t mono_ms);

#endif
