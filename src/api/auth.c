#include "api/auth.h"

#include "api/cookie.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "api/style.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "thread/limit.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { FAILURES = 20 }; // of one address in a minute
static const int64_t NS_PER_S = INT64_C(1000000000), MINUTE_NS = INT64_C(60000000000);

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

struct pepper *pepper_new(const unsigned char key[PEPPER_KEY_LEN])
{
    struct pepper *pepper = NEW(struct pepper);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    pepper->kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(pepper->kind != NULL);
    pepper->mac = EVP_MAC_CTX_new(pepper->kind);
    must(pepper->mac != NULL && EVP_MAC_init(pepper->mac, key, PEPPER_KEY_LEN, params) == 1);
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

void auth_make_token(struct pepper *pepper, char *ret, unsigned char ret_hash[KEY_HASH_LEN])
{
    unsigned char dice[KEY_DICE];
    char text[KEY_TEXT_MAX];
    struct key_parts parts;

    random_fill(dice, sizeof dice);
    key_text_make("ph_live_", '_', dice, text, &parts);
    memcpy(ret, parts.secret, KEY_SECRET_LEN);
    ret[KEY_SECRET_LEN] = '\0';
    pepper_hash(pepper, ret, ret_hash);
    memory_wipe(dice, sizeof dice);
    memory_wipe(text, sizeof text);
}

bool auth_read(const struct request *request, struct key_parts *ret)
{
    return request->style->read_key(request, ret);
}

bool auth_read_bearer(const struct request *request, struct key_parts *ret)
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

bool auth_read_session(const struct request *request, struct text_span *ret)
{
    const char *name = cookie_name(request->door->options.has_plain_cookie);

    if (!request->style->has_sessions || request->authorization_count != 0 ||
        request->cookie_count != 1) {
        return false;
    }
    *ret = cookie_find(request->cookie, name);
    return ret->len == KEY_SECRET_LEN && text_is(ret->at, ret->len, "0-9A-Za-z");
}

bool auth_holds_session(const unsigned char hash[KEY_HASH_LEN],
                        const struct known_key *session, int64_t now_ms)
{
    return CRYPTO_memcmp(hash, session->hash, KEY_HASH_LEN) == 0 &&
           now_ms < session->expires_ms &&
           now_ms - session->seen_ms < limit(LIMIT_SESSION_IDLE_MS);
}

bool auth_allow(struct limit_table *keys, const struct known_key *key, int64_t mono_ms,
                struct taken *ret)
{
    struct rate rate = {.burst = key->burst};

    *ret = (struct taken){0};
    if (key->rate_per_s == 0) {
        return true;
    }
    rate.interval_ns = NS_PER_S / key->rate_per_s;
    return limit_take(keys, (uint64_t)key->id, &rate, mono_ms, ret);
}

// An IPv6 address counts by its /64: that is what one subscriber has.
static uint64_t number_of(const struct address *address)
{
    uint64_t bits;

    if (address->as.any.sa_family == AF_INET6) {
        memcpy(&bits, &address->as.v6.sin6_addr, sizeof bits);
        return bits;
    }
    return address->as.v4.sin_addr.s_addr;
}

bool auth_allow_stranger(struct limit_table *strangers, const struct address *address,
                         int64_t mono_ms, struct taken *ret)
{
    static const struct rate rate = {.interval_ns = MINUTE_NS / FAILURES, .burst = FAILURES};

    return limit_take(strangers, number_of(address), &rate, mono_ms, ret);
}
