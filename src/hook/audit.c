#include "hook/audit.h"

#include "base/memory.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct audit_mac {
    EVP_MAC *kind;
    EVP_MAC_CTX *context; // keyed once, begun anew for each hash
};

static const struct {
    const char *text;
    enum id_kind id;
} actors[] = {
#define X(name, text, id) [AUDIT_##name] = {text, ID_##id},
    AUDIT_ACTORS(X)
#undef X
};

const char *audit_actor_text(enum audit_actor actor)
{
    return (unsigned)actor < AUDIT_ACTORS_COUNT ? actors[actor].text : "?";
}

enum id_kind audit_actor_id(enum audit_actor actor)
{
    return (unsigned)actor < AUDIT_ACTORS_COUNT ? actors[actor].id : ID_NONE;
}

static void must(bool done)
{
    if (!done)
        abort(); // OpenSSL is out of memory, or broken
}

struct audit_mac *audit_mac_new(const unsigned char key[AUDIT_KEY_LEN])
{
    struct audit_mac *mac = NEW(struct audit_mac);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    mac->kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(mac->kind != NULL);
    mac->context = EVP_MAC_CTX_new(mac->kind);
    must(mac->context != NULL && EVP_MAC_init(mac->context, key, AUDIT_KEY_LEN, params) == 1);
    return mac;
}

void audit_mac_free(struct audit_mac *mac)
{
    if (!mac)
        return;
    EVP_MAC_CTX_free(mac->context);
    EVP_MAC_free(mac->kind);
    free(mac);
}

static void add(struct audit_mac *mac, const void *bytes, size_t len)
{
    must(EVP_MAC_update(mac->context, bytes, len) == 1);
}

// What it is of, so that no hash of one kind of thing stands for another.
static void begin(struct audit_mac *mac, const char *label)
{
    must(EVP_MAC_init(mac->context, NULL, 0, NULL) == 1);
    add(mac, label, strlen(label) + 1);
}

static void end(struct audit_mac *mac, unsigned char ret[AUDIT_HASH_LEN])
{
    size_t len = 0;

    must(EVP_MAC_final(mac->context, ret, &len, AUDIT_HASH_LEN) == 1 &&
         len == AUDIT_HASH_LEN);
}

static void add_number(struct audit_mac *mac, int64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
    add(mac, bytes, sizeof bytes);
}

// Its length first, so that no text runs over into the next; −1: there is none.
static void add_text(struct audit_mac *mac, const char *text)
{
    add_number(mac, text ? (int64_t)strlen(text) : -1);
    if (text)
        add(mac, text, strlen(text));
}

void audit_hash(struct audit_mac *mac, const unsigned char before[AUDIT_HASH_LEN],
                const struct audit_row *row, unsigned char ret[AUDIT_HASH_LEN])
{
    const int64_t numbers[] = {row->seq,           row->at_ms,     (int64_t)row->actor,
                               row->actor_id,      row->mode,      row->app_id,
                               (int64_t)row->kind, row->object_id, row->object_n,
                               row->before,        row->after,     row->left_out};
    const char *const texts[] = {row->address, row->action, row->name, row->detail,
                                 row->result};

    begin(mac, "audit row/v1");
    add(mac, before, AUDIT_HASH_LEN);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        add_number(mac, numbers[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(mac, texts[i]);
    end(mac, ret);
}

static void mac_of(struct audit_mac *mac, const struct audit_ends *ends,
                   unsigned char ret[AUDIT_HASH_LEN])
{
    begin(mac, "audit ends/v1");
    add_number(mac, ends->before);
    add(mac, ends->start, AUDIT_HASH_LEN);
    add_number(mac, ends->last);
    add(mac, ends->head, AUDIT_HASH_LEN);
    end(mac, ret);
}

void audit_append(struct audit_mac *mac, struct audit_ends *ends, struct audit_row *row)
{
    row->seq = ++ends->last;
    audit_hash(mac, ends->head, row, row->hash);
    memcpy(ends->head, row->hash, AUDIT_HASH_LEN);
    mac_of(mac, ends, ends->mac);
}

void audit_drop(struct audit_mac *mac, struct audit_ends *ends,
                const unsigned char hash[AUDIT_HASH_LEN])
{
    ends->before++;
    memcpy(ends->start, hash, AUDIT_HASH_LEN);
    mac_of(mac, ends, ends->mac);
}

bool audit_ends_hold(struct audit_mac *mac, const struct audit_ends *ends)
{
    unsigned char made[AUDIT_HASH_LEN];

    mac_of(mac, ends, made);
    return CRYPTO_memcmp(made, ends->mac, AUDIT_HASH_LEN) == 0;
}

bool audit_ends_open(struct audit_mac *mac, struct audit_ends *ends, bool has_ends,
                     int64_t newest, bool is_new)
{
    bool hold = has_ends && audit_ends_hold(mac, ends);

    if (!has_ends && newest == 0 && is_new) {
        *ends = (struct audit_ends){0};
        return true;
    }
    if (hold && newest <= ends->last)
        return newest == ends->last || ends->last == ends->before;
    if (!hold) // nothing that it says counts
        *ends = (struct audit_ends){0};
    ends->last = newest + 1;
    memset(ends->head, 0, AUDIT_HASH_LEN);
    mac_of(mac, ends, ends->mac);
    return false;
}
