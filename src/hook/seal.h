// Secrets at rest: AES-256-GCM under a key derived from the master key, bound to their place
// (table, column, row, app), so that rows cannot be swapped. Text form:
// v1.<kid>.<nonce>.<sealed>.<tag>, base64url each.
//
// The keyring is read-only once threads run. Pure: the nonce is the caller's dice.

#ifndef HOOK_SEAL_H
#define HOOK_SEAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct keyring;

enum { MASTER_KEY_LEN = 32, SEAL_NONCE_LEN = 12 };

// Lines "kid base64 [primary]" (one line alone is primary); '#' begins a comment line.
// Errors: ERR_CONFIG naming the line.
enum error_code keyring_parse(const char *text, size_t len, struct keyring **ret,
                              struct error *error) MUST_CHECK;
void keyring_free(struct keyring *keyring); // wiped

// Append a fresh master key file's line for those 32 dice.
void keyring_line(const unsigned char key[MASTER_KEY_LEN], struct buf *ret);

// A subkey of the primary master key (of the kid, where given): HKDF-SHA256 with this label,
// as "pepper/v1". Errors: false when the kid is unknown.
bool keyring_subkey(const struct keyring *keyring, const char *kid, const char *label,
                    unsigned char *ret, size_t ret_len);
const char *keyring_primary(const struct keyring *keyring); // its kid

struct seal_place {
    const char *table;
    const char *column;
    int64_t row_id;
    int64_t app_id;
};

// Where a webhook's secrets lie: every secret_row is sealed for this place.
struct seal_place seal_place_of_secret(int64_t secret_id, int64_t app_id);

void seal(const struct keyring *keyring, const struct seal_place *place,
          const unsigned char nonce[SEAL_NONCE_LEN], const void *plain, size_t len,
          struct buf *ret);
// Append the plain bytes. Errors: ERR_DAMAGED (changed, of another place), ERR_CONFIG (its
// kid is not in the keyring).
enum error_code unseal(const struct keyring *keyring, const struct seal_place *place,
                       const char *sealed, struct buf *ret, struct error *error) MUST_CHECK;

#endif
