#include "cli/proof_keys.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/given.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES_MAX = 1 << 16, PROOF_BYTES_MAX = 1024, PUBLIC_LEN = 32 };

// PEM, or Standard Webhooks' "whpk_" and base64.
static EVP_PKEY *public_key_of(const char *text, size_t len)
{
    unsigned char bytes[64];
    size_t bytes_len = sizeof bytes;
    EVP_PKEY *key;
    BIO *bio;

    if (len > 5 && text_equal(text, 5, "whpk_"))
        return text_from_base64(text + 5, len - 5, bytes, &bytes_len) &&
                       bytes_len == PUBLIC_LEN
                   ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, bytes_len)
                   : NULL;
    bio = BIO_new_mem_buf(text, (int)len);
    key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return key;
}

static bool is_wanted(const struct plan *plan, const struct secret_use *use)
{
    for (size_t i = 0; i < plan->proof_count; i++) {
        if (proof_takes(&plan->proofs[i], use))
            return true;
    }
    return false;
}

static enum error_code no_key(const struct plan *plan, struct error *error)
{
    const struct proof_plan *proof = &plan->proofs[0];

    if (plan->proof_count == 0)
        return error_set(error, ERR_CONFIG, "under this profile nothing is signed");
    if (proof->by == PROOF_RSA_PKCS1_SHA256)
        return error_set(error, ERR_CONFIG, "the file is not an RSA key in PEM");
    if (proof->by == PROOF_ED25519)
        return error_set(error, ERR_CONFIG,
                         "the file is neither a key in base64 nor a public key in PEM");
    return error_set(error, ERR_CONFIG,
                     "the file is no secret of this profile: it must be %s%s%s",
                     proof->key.prefix, proof->key.prefix[0] ? " and then " : "",
                     proof->key.as == KEY_AS_BASE64 ? "base64" : "a text");
}

// A public key is no secret, so its file may be open to all: it is looked at first. A file
// that holds a private key, too, is one.
static enum error_code read_key(const char *path, struct buf *ret, struct error *error)
{
    EVP_PKEY *public;

    if (strcmp(path, "-") == 0)
        return given_secret(path, ret, error);
    if (given_open(path, ret, error) == ERR_OK && !strstr(ret->data, "PRIVATE KEY")) {
        public = public_key_of(ret->data, ret->len);
        EVP_PKEY_free(public);
        if (public)
            return ERR_OK;
    }
    if (ret->data)
        memory_wipe(ret->data, ret->cap);
    buf_clear(ret);
    return given_secret(path, ret, error);
}

enum error_code proof_keys_read(const struct plan *plan, const char *path,
                                struct proof_keys *ret, struct error *error)
{
    static const enum secret_kind kinds[] = {SECRET_SIGNING, SECRET_RSA, SECRET_ED25519};
    struct buf text;
    enum error_code code;

    *ret = (struct proof_keys){0};
    buf_init(&text, SECRET_BYTES_MAX);
    code = read_key(path, &text, error);
    ret->text = text.data; // taken over
    ret->len = text.len;
    if (code != ERR_OK)
        return code;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct secret_use *use = &ret->uses[ret->count];

        if (secret_use_init(use, plan, kinds[i], text.data, text.len) && is_wanted(plan, use))
            ret->count++;
        else
            secret_use_done(use);
    }
    ret->public_key = public_key_of(text.data, text.len);
    return ret->count > 0 || ret->public_key ? ERR_OK : no_key(plan, error);
}

void proof_keys_done(struct proof_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        secret_use_done(&keys->uses[i]);
    EVP_PKEY_free(keys->public_key);
    if (keys->text)
        memory_wipe(keys->text, keys->len);
    free(keys->text);
    *keys = (struct proof_keys){0};
}

const struct secret_use *proof_keys_find(const struct proof_keys *keys,
                                         const struct proof_plan *proof)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (proof_takes(proof, &keys->uses[i]))
            return &keys->uses[i];
    }
    return NULL;
}

// Is the public key one for this kind of proof?
static bool public_fits(const struct proof_keys *keys, const struct proof_plan *proof)
{
    int kind = proof->by == PROOF_RSA_PKCS1_SHA256 ? EVP_PKEY_RSA
               : proof->by == PROOF_ED25519        ? EVP_PKEY_ED25519
                                                   : EVP_PKEY_NONE;

    return keys->public_key && EVP_PKEY_get_base_id(keys->public_key) == kind;
}

bool proof_keys_fit(const struct proof_keys *keys, const struct proof_plan *proof)
{
    return proof_keys_find(keys, proof) || public_fits(keys, proof);
}

bool proof_unspell(const struct proof_plan *proof, struct slice said, unsigned char *ret,
                   size_t *ret_len)
{
    const struct plan_text *spelled = &proof->spelled;
    size_t before = 0, after = 0, len;
    bool is_behind = false;

    for (size_t i = 0; i < spelled->count; i++) {
        const struct slice *bytes = &spelled->pieces[i].bytes;
        size_t *side = is_behind ? &after : &before;

        if (spelled->pieces[i].kind != PIECE_BYTES) {
            is_behind = true;
            continue;
        }
        if (said.len < before + after + bytes->len ||
            (!is_behind && strncmp(said.at + before, bytes->at, bytes->len) != 0))
            return false;
        *side += bytes->len;
    }
    len = said.len - before - after;
    if (!(spelled->vars & 1u << VAR_HEX))
        return text_from_base64(said.at + before, len, ret, ret_len);
    if (len % 2 != 0 || len / 2 > *ret_len || len == 0)
        return false;
    *ret_len = len / 2;
    return text_from_hex(said.at + before, len, ret, len / 2);
}

void proof_join(const struct proof_plan *proof, const struct plan_values *values,
                struct buf *ret)
{
    for (size_t i = 0; i < proof->signs.count; i++) {
        const struct piece *piece = &proof->signs.pieces[i];
        const struct slice *slice =
            piece->kind == PIECE_VAR ? &values->of[piece->var] : &piece->bytes;

        buf_add(ret, slice->at, slice->len);
    }
}

static bool public_holds(EVP_PKEY *key, const struct proof_plan *proof,
                         const struct plan_values *values, struct slice said)
{
    unsigned char bytes[PROOF_BYTES_MAX];
    size_t len = sizeof bytes;
    EVP_MD_CTX *context;
    struct buf text;
    bool holds;

    if (!proof_unspell(proof, said, bytes, &len))
        return false;
    buf_init(&text, 2 * GIVEN_BYTES_MAX);
    proof_join(proof, values, &text);
    context = EVP_MD_CTX_new();
    holds =
        context && buf_ok(&text) &&
        EVP_DigestVerifyInit(context, NULL, proof->by == PROOF_ED25519 ? NULL : EVP_sha256(),
                             NULL, key) == 1 &&
        EVP_DigestVerify(context, bytes, len, (const unsigned char *)text.data, text.len) ==
            1;
    EVP_MD_CTX_free(context);
    buf_done(&text);
    return holds;
}

bool proof_keys_hold(const struct proof_keys *keys, const struct plan *plan, size_t proof,
                     const struct plan_values *values, struct slice said)
{
    const struct proof_plan *how = &plan->proofs[proof];
    const struct secret_use *use = proof_keys_find(keys, how);
    struct buf wanted;
    bool holds;

    if (!use)
        return public_fits(keys, how) && public_holds(keys->public_key, how, values, said);
    buf_init(&wanted, SECRET_BYTES_MAX);
    holds = proof_write(plan, proof, use, values, &wanted) && buf_ok(&wanted) &&
            wanted.len == said.len && CRYPTO_memcmp(wanted.data, said.at, said.len) == 0;
    buf_done(&wanted);
    return holds;
}
