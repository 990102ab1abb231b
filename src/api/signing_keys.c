// A webhook's own key for asymmetric proofs, RSA or Ed25519: brought by its owner, or made
// here. The answer carries the public half only.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/webhook_secrets.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "hook/plan.h"
#include "hook/profile.h"
#include "hook/proof.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { PEM_MAX = 16384, RAW_LEN = 32, PUBLIC_MAX = 4096, RSA_BITS = 2048 };

// Making an RSA key holds its worker up for a tenth of a second.
enum { RSA_EVERY_MS = 3000 };

static const struct field fields[] = {{"pem", FIELD_LINES, false, PEM_MAX}};

// The profile's asymmetric proof, or NULL.
static const struct proof_plan *find_proof(const struct profile *profile)
{
    for (size_t i = 0; i < profile->plan->proof_count; i++) {
        enum proof_by by = profile->plan->proofs[i].by;
        if (by == PROOF_RSA_PKCS1_SHA256 || by == PROOF_ED25519) {
            return &profile->plan->proofs[i];
        }
    }
    return NULL;
}

static EVP_PKEY *make_ed25519(void)
{
    unsigned char seed[RAW_LEN];

    random_fill(seed, sizeof seed);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    memory_wipe(seed, sizeof seed);
    return key;
}

static bool spell_rsa(const EVP_PKEY *key, struct buf *ret)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    bool done =
        bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long len = done ? BIO_get_mem_data(bio, &pem) : 0;

    if (len > 0) {
        buf_add(ret, pem, (size_t)len);
        memory_wipe(pem, (size_t)len);
    }
    BIO_free(bio);
    return len > 0;
}

// Appends the key as the proof takes it: prefix and base64 of seed and public half.
static bool spell_ed25519(const struct proof_plan *proof, const EVP_PKEY *key,
                          struct buf *ret)
{
    unsigned char raw[2 * RAW_LEN];
    char text[TEXT_BASE64_LEN(sizeof raw) + 1];
    size_t seed_len = RAW_LEN, public_len = RAW_LEN;
    bool done = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
                EVP_PKEY_get_raw_private_key(key, raw, &seed_len) == 1 &&
                EVP_PKEY_get_raw_public_key(key, raw + RAW_LEN, &public_len) == 1;

    if (done) {
        buf_add_str(ret, proof->key.prefix);
        buf_add(ret, text, text_base64(text, raw, sizeof raw));
    }
    memory_wipe(raw, sizeof raw);
    memory_wipe(text, sizeof text);
    return done;
}

// Standard Webhooks spells the public half as whpk_ and base64; all others read PEM.
static bool spell_public(const struct proof_plan *proof, const EVP_PKEY *key, struct buf *ret)
{
    unsigned char raw[RAW_LEN];
    char text[TEXT_BASE64_LEN(sizeof raw) + 1];
    size_t len = sizeof raw;
    char *pem;

    if (proof->by == PROOF_ED25519) {
        bool done = EVP_PKEY_get_raw_public_key(key, raw, &len) == 1;
        buf_add_str(ret, "whpk_");
        buf_add(ret, text, done ? text_base64(text, raw, sizeof raw) : 0);
        return done;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1;
    long pem_len = done ? BIO_get_mem_data(bio, &pem) : 0;
    buf_add(ret, pem_len > 0 ? pem : "", pem_len > 0 ? (size_t)pem_len : 0);
    BIO_free(bio);
    return done;
}

static EVP_PKEY *make_key(const struct proof_plan *proof)
{
    return proof->by == PROOF_ED25519 ? make_ed25519() : EVP_RSA_gen(RSA_BITS);
}

// What is kept, and what is shown. False: no key of the proof's kind.
static bool take_key(const struct proof_plan *proof, const char *pem, struct buf *ret_kept,
                     struct buf *ret_public)
{
    EVP_PKEY *key = pem != NULL ? proof_read_pem(pem, strlen(pem)) : make_key(proof);
    bool done = key != NULL;

    if (done && proof->by == PROOF_ED25519) {
        done = spell_ed25519(proof, key, ret_kept);
    } else if (done && pem != NULL) {
        buf_add_str(ret_kept, pem);
    } else if (done) {
        done = spell_rsa(key, ret_kept);
    }
    done = done && spell_public(proof, key, ret_public);
    EVP_PKEY_free(key);
    return done && buf_ok(ret_kept) && buf_ok(ret_public);
}

// Only what the sender can sign with is taken.
static bool is_usable(const struct profile *profile, enum secret_kind kind,
                      const struct buf *kept)
{
    struct secret_use use;
    bool done = secret_use_init(&use, profile->plan, kind, kept->data, kept->len);

    secret_use_done(&use);
    return done;
}

static enum error_code put_key(struct request *request, struct op *op,
                               const struct proof_plan *proof, const char *pem,
                               struct error *error)
{
    bool is_rsa = proof->by == PROOF_RSA_PKCS1_SHA256;
    enum secret_kind kind = is_rsa ? SECRET_RSA : SECRET_ED25519;
    enum error_code code = ERR_OK;
    struct buf kept, shown;

    buf_init(&kept, PEM_MAX);
    buf_init(&shown, PUBLIC_MAX);
    if (take_key(proof, pem, &kept, &shown) && is_usable(request->profile, kind, &kept)) {
        webhook_put_unchanged(request, op);
        webhook_secret_add(request, op, kind, kept.data, kept.len);
        request->status = 200;
        json_write(&request->answer, json_pack("{ss ss}", "kind", is_rsa ? "rsa" : "ed25519",
                                               "public_key", shown.data));
    } else {
        code = error_at(error, ERR_INVALID_FIELD, "pem", "must be a private %s key in PEM",
                        is_rsa ? "RSA (2048 to 8192 bits)" : "Ed25519");
    }
    if (kept.data != NULL) {
        memory_wipe(kept.data, kept.len);
    }
    buf_done(&kept);
    buf_done(&shown);
    return code;
}

static bool may_make_rsa(struct request *request)
{
    struct door *door = request->door;
    int64_t now_ms = door_now(door).mono_ms;

    if (door->rsa_made_ms != 0 && now_ms - door->rsa_made_ms < RSA_EVERY_MS) {
        return false;
    }
    door->rsa_made_ms = now_ms;
    return true;
}

enum error_code signing_key_ask(struct request *request, struct op *op, struct error *error)
{
    const struct proof_plan *proof = find_proof(request->profile);
    struct field_value pem;
    enum error_code code = fields_read(request->json, fields, 1, &pem, NULL, NULL, error);

    if (code != ERR_OK) {
        return code;
    }
    if (proof == NULL) {
        return error_set(error, ERR_CONFLICT, "this profile has no proof with a key pair");
    }
    if (pem.text == NULL && proof->by == PROOF_RSA_PKCS1_SHA256 && !may_make_rsa(request)) {
        return error_set(error, ERR_OVERLOADED, "another key was made just now");
    }
    return put_key(request, op, proof, pem.text, error);
}

enum error_code signing_key_delete_ask(struct request *request, struct op *op,
                                       struct error *error)
{
    if (webhook_secret_find(request->found, SECRET_RSA) == NULL &&
        webhook_secret_find(request->found, SECRET_ED25519) == NULL) {
        return error_set(error, ERR_NOT_FOUND, "the webhook has no key of its own");
    }
    webhook_put_unchanged(request, op);
    op->as.webhook.drops_keys = true;
    return ERR_OK;
}
