#include "api/auth.h"

#include "api/door_parts.h"
#include "api/key_text.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "hook/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_PER_S = 1000, RATE_BURST = 2000, US_PER_REQUEST = 1000000 / RATE_PER_S };
enum { STRANGERS = 4096, FAILURES_MAX = 20, MINUTE_MS = 60000 };

struct pepper {
    EVP_MAC *kind;
    EVP_MAC_CTX *mac; // keyed once, begun anew for each hash
};

static void must(bool done)
{
    if (!done) {
        abort(); // OpenSSL is out of memory, or broken
    }
}

struct pepper *pepper_new(const struct keyring *keyring)
{
    struct pepper *pepper = NEW(struct pepper);
    unsigned char key[32];
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    must(keyring_subkey(keyring, NULL, "pepper/v1", key, sizeof key));
    pepper->kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(pepper->kind != NULL);
    pepper->mac = EVP_MAC_CTX_new(pepper->kind);
    must(pepper->mac != NULL && EVP_MAC_init(pepper->mac, key, sizeof key, params) == 1);
    memory_wipe(key, sizeof key);
    return pepper;
}

void pepper_free(struct pepper *pepper)
{
    if (pepper != NULL) {
        EVP_MAC_CTX_free(pepper->mac);
        EVP_MAC_free(pepper->kind);
        free(pepper);
    }
}

void pepper_hash(struct pepper *pepper, const char *secret, unsigned char ret[KEY_HASH_LEN])
{
    size_t len = 0;

    must(EVP_MAC_init(pepper->mac, NULL, 0, NULL) == 1 &&
         EVP_MAC_update(pepper->mac, (const unsigned char *)secret, KEY_SECRET_LEN) == 1 &&
         EVP_MAC_final(pepper->mac, ret, &len, KEY_HASH_LEN) == 1 && len == KEY_HASH_LEN);
}

bool auth_read(const struct request *request, struct key_parts *ret)
{
    static const char scheme[] = "bearer ";
    size_t scheme_len = sizeof scheme - 1;
    struct text_span value = request->authorization;

    return request->authorization_count == 1 && value.len > scheme_len &&
           text_equal_nocase(value.at, scheme_len, scheme) &&
           key_text_parse(value.at + scheme_len, value.len - scheme_len, ret);
}

bool auth_holds(struct pepper *pepper, const struct key_parts *parts,
                const struct known_key *key, int64_t now_ms)
{
    static const unsigned char nobody[KEY_HASH_LEN];
    unsigned char made[KEY_HASH_LEN];

    pepper_hash(pepper, parts->secret, made);
    const unsigned char *kept = key != NULL ? key->hash : nobody;
    bool is_same = CRYPTO_memcmp(made, kept, KEY_HASH_LEN) == 0;
    return is_same && key != NULL && key->revoked_ms == 0 &&
           (key->expires_ms == 0 || now_ms < key->expires_ms);
}

// GCRA: requests are due evenly spread, and may come early by a burst.
bool auth_allow(struct known_key *key, int64_t now_mono_ms, int64_t *ret_wait_s)
{
    int64_t now_us = now_mono_ms * 1000;
    int64_t next_us = key->next_us > now_us ? key->next_us : now_us;
    int64_t early_us = next_us - now_us - (int64_t)(RATE_BURST - 1) * US_PER_REQUEST;

    if (key->app_id != 0 && early_us > 0) {
        *ret_wait_s = early_us / 1000000 + 1;
        return false;
    }
    key->next_us = next_us + US_PER_REQUEST;
    return true;
}

// A table of fixed size: two addresses may share a place, and then share the allowance.
struct strangers {
    uint64_t seed;
    struct stranger {
        int64_t minute;
        int failures;
    } table[STRANGERS];
};

struct strangers *strangers_new(void)
{
    struct strangers *strangers = NEW(struct strangers);

    strangers->seed = random_u64();
    return strangers;
}

void strangers_free(struct strangers *strangers)
{
    free(strangers);
}

static size_t place_of(uint64_t seed, const struct address *address)
{
    const unsigned char *bytes = (const unsigned char *)&address->as.v4.sin_addr;
    size_t len = sizeof address->as.v4.sin_addr;
    uint64_t mixed = seed;

    if (address->as.any.sa_family == AF_INET6) {
        bytes = (const unsigned char *)&address->as.v6.sin6_addr;
        len = 8; // whoever has one IPv6 address has all of its network
    }
    for (size_t i = 0; i < len; i++) {
        mixed = (mixed ^ bytes[i]) * 0x100000001b3u;
        mixed ^= mixed >> 29;
    }
    return (size_t)(mixed % STRANGERS);
}

bool strangers_note(struct strangers *strangers, const struct address *address,
                    int64_t mono_ms)
{
    struct stranger *stranger = &strangers->table[place_of(strangers->seed, address)];
    int64_t minute = mono_ms / MINUTE_MS + 1;

    if (stranger->minute != minute) {
        *stranger = (struct stranger){.minute = minute};
    }
    stranger->failures += stranger->failures <= FAILURES_MAX;
    return stranger->failures <= FAILURES_MAX;
}
