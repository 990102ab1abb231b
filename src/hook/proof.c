#include "hook/proof.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/derive.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES_MAX = 640, PROOF_BYTES_MAX = 1024, SEED_LEN = 32, TAG_LEN = 16 };
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8 * PROOF_BYTES_MAX };

// The key's bytes as the form says. *ret_len: in, the room at ret; out, how many.
static bool key_bytes(const struct key_form *form, const char *text, size_t len,
                      unsigned char *ret, size_t *ret_len)
{
    size_t prefix_len = strlen(form->prefix);
    if (len < prefix_len || !text_equal(text, prefix_len, form->prefix))
        return false;
    text += prefix_len;
    len -= prefix_len;
    if (form->as == KEY_AS_BASE64)
        return text_from_base64(text, len, ret, ret_len) && *ret_len > 0;
    if (len == 0 || len > *ret_len)
        return false;
    memcpy(ret, text, len);
    *ret_len = len;
    return true;
}

static EVP_MAC_CTX *hmac_new(const unsigned char *key, size_t len)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (context && EVP_MAC_init(context, key, len, params) == 1)
        return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

// An encrypted key is refused: its own count of rounds would hold the thread, for as long as
// whoever brought it likes.
static int no_passphrase(char *ret, int size, int is_written, void *argument)
{
    (void)ret;
    (void)size;
    (void)is_written;
    (void)argument;
    return -1;
}

EVP_PKEY *proof_read_pem(const char *text, size_t len)
{
    BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return key;
}

static EVP_PKEY *pem_key(const char *text, size_t len)
{
    EVP_PKEY *key = proof_read_pem(text, len);
    if (key &&
        (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < RSA_BITS_MIN ||
         EVP_PKEY_get_bits(key) > RSA_BITS_MAX)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool key_proof(struct secret_use *use, size_t i, const struct proof_plan *proof)
{
    unsigned char bytes[KEY_BYTES_MAX];
    size_t len = sizeof bytes;
    if (proof->by == PROOF_TOKEN)
        return use->len > 0;
    if (proof->by == PROOF_RSA_PKCS1_SHA256) {
        use->proofs[i].key = pem_key(use->text, use->len);
        return use->proofs[i].key != NULL;
    }
    if (!key_bytes(&proof->key, use->text, use->len, bytes, &len))
        return false;
    bool done = false;
    if (proof->by == PROOF_HMAC_SHA256) {
        use->proofs[i].mac = hmac_new(bytes, len);
        done = use->proofs[i].mac != NULL;
    } else if (len == SEED_LEN || len == 2 * SEED_LEN) { // a seed, or seed and public key
        use->proofs[i].key =
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, SEED_LEN);
        done = use->proofs[i].key != NULL;
    }
    memory_wipe(bytes, sizeof bytes);
    return done;
}

static bool key_body(struct secret_use *use, const struct seal_plan *seal)
{
    unsigned char bytes[KEY_BYTES_MAX];
    size_t len = sizeof bytes;
    if (!seal->is_there || use->kind != SECRET_SIGNING)
        return true;
    bool done = key_bytes(&seal->key, use->text, use->len, bytes, &len) &&
                derive_key(bytes, len, seal->info, use->body_key, sizeof use->body_key);
    memory_wipe(bytes, sizeof bytes);
    return done;
}

bool proof_takes(const struct proof_plan *proof, const struct secret_use *use)
{
    switch (proof->by) {
    case PROOF_TOKEN:
    case PROOF_HMAC_SHA256: return use->kind == SECRET_SIGNING;
    case PROOF_RSA_PKCS1_SHA256: return use->kind == SECRET_RSA;
    case PROOF_ED25519: return use->kind == SECRET_ED25519;
    }
    return false;
}

bool secret_use_init(struct secret_use *use, const struct plan *plan, enum secret_kind kind,
                     const char *text, size_t len)
{
    memset(use, 0, sizeof *use);
    use->kind = kind;
    use->text = memory_copy(text, len);
    use->len = len;
    bool done = key_body(use, &plan->seal);
    for (size_t i = 0; done && i < plan->proof_count; i++)
        if (proof_takes(&plan->proofs[i], use))
            done = key_proof(use, i, &plan->proofs[i]);
    return done;
}

void secret_use_done(struct secret_use *use)
{
    for (size_t i = 0; i < PLAN_PROOFS_MAX; i++) {
        EVP_MAC_CTX_free(use->proofs[i].mac);
        EVP_PKEY_free(use->proofs[i].key);
    }
    if (use->text)
        memory_wipe(use->text, use->len);
    free(use->text);
    memory_wipe(use, sizeof *use);
}

bool secret_use_is_in_force(const struct secret_use *use, int64_t wall_ms)
{
    return use->until_ms == 0 || use->until_ms > wall_ms;
}

static const struct slice *slice_of(const struct piece *piece,
                                    const struct plan_values *values)
{
    return piece->kind == PIECE_VAR ? &values->of[piece->var] : &piece->bytes;
}

// Initialised anew without a key, the context starts from its keyed state: about a
// microsecond for 1 KiB, a third of what keying it again would cost.
static bool sign_hmac(EVP_MAC_CTX *context, const struct plan_text *signs,
                      const struct plan_values *values, unsigned char *ret, size_t *ret_len)
{
    if (EVP_MAC_init(context, NULL, 0, NULL) != 1)
        return false;
    for (size_t i = 0; i < signs->count; i++) {
        const struct slice *slice = slice_of(&signs->pieces[i], values);
        if (EVP_MAC_update(context, (const unsigned char *)slice->at, slice->len) != 1)
            return false;
    }
    return EVP_MAC_final(context, ret, ret_len, *ret_len) == 1;
}

// Ed25519 signs in one piece only, so the pieces are joined.
static bool sign_key(EVP_PKEY *key, bool is_digested, const struct plan_text *signs,
                     const struct plan_values *values, unsigned char *ret, size_t *ret_len)
{
    struct buf joined;
    buf_init(&joined, SIZE_MAX / 2);
    for (size_t i = 0; i < signs->count; i++) {
        const struct slice *slice = slice_of(&signs->pieces[i], values);
        buf_add(&joined, slice->at, slice->len);
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = buf_ok(&joined) && context &&
                EVP_DigestSignInit(context, NULL, is_digested ? EVP_sha256() : NULL, NULL,
                                   key) == 1 &&
                EVP_DigestSign(context, ret, ret_len, (const unsigned char *)joined.data,
                               joined.len) == 1;
    EVP_MD_CTX_free(context);
    buf_done(&joined);
    return done;
}

bool proof_write(const struct plan *plan, size_t proof, const struct secret_use *use,
                 const struct plan_values *values, struct buf *ret)
{
    const struct proof_plan *how = &plan->proofs[proof];
    unsigned char bytes[PROOF_BYTES_MAX];
    char text[2 * PROOF_BYTES_MAX + 1];
    size_t len = sizeof bytes;
    struct plan_values spelled = {0};
    assert(proof_takes(how, use));
    switch (how->by) {
    case PROOF_TOKEN: buf_add(ret, use->text, use->len); return true;
    case PROOF_HMAC_SHA256:
        if (!sign_hmac(use->proofs[proof].mac, &how->signs, values, bytes, &len))
            return false;
        break;
    case PROOF_RSA_PKCS1_SHA256:
    case PROOF_ED25519:
        if (!sign_key(use->proofs[proof].key, how->by == PROOF_RSA_PKCS1_SHA256, &how->signs,
                      values, bytes, &len))
            return false;
    }
    if (how->spelled.vars & 1u << VAR_HEX) {
        text_hex(text, bytes, len);
        plan_set(&spelled, VAR_HEX, text, 2 * len);
    } else {
        plan_set(&spelled, VAR_BASE64, text, text_base64(text, bytes, len));
    }
    plan_write(&how->spelled, &spelled, ret);
    return true;
}

static bool encrypt(const struct secret_use *use, const struct buf *aad, const char *body,
                    size_t len, const unsigned char iv[SEAL_IV_LEN], unsigned char *ret,
                    unsigned char tag[TAG_LEN])
{
    int done = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_sealed =
        len <= INT32_MAX && context &&
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, use->body_key, iv) == 1 &&
        EVP_EncryptUpdate(context, NULL, &done, (const unsigned char *)aad->data,
                          (int)aad->len) == 1 &&
        EVP_EncryptUpdate(context, ret, &done, (const unsigned char *)body, (int)len) == 1 &&
        EVP_EncryptFinal_ex(context, ret + done, &done) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_sealed;
}

bool proof_seal(const struct plan *plan, const struct secret_use *use,
                struct plan_values *values, const char *body, size_t len,
                const unsigned char iv[SEAL_IV_LEN], struct buf *ret)
{
    enum { AAD_MAX = 512 };
    unsigned char tag[TAG_LEN];
    char tag_text[TEXT_BASE64_LEN(TAG_LEN) + 1], iv_text[TEXT_BASE64_LEN(SEAL_IV_LEN) + 1];
    struct buf aad;
    buf_init(&aad, AAD_MAX);
    plan_write(&plan->seal.aad, values, &aad);
    unsigned char *sealed = memory_new(len + 1);
    char *sealed_text = memory_new(TEXT_BASE64_LEN(len) + 1);
    bool done = buf_ok(&aad) && encrypt(use, &aad, body, len, iv, sealed, tag);
    if (done) {
        plan_set(values, VAR_IV, iv_text, text_base64(iv_text, iv, SEAL_IV_LEN));
        plan_set(values, VAR_TAG, tag_text, text_base64(tag_text, tag, TAG_LEN));
        plan_set(values, VAR_SEALED, sealed_text, text_base64(sealed_text, sealed, len));
        plan_number(values, VAR_SECRET_VERSION, use->version);
        plan_write(&plan->seal.body, values, ret);
    }
    plan_set(values, VAR_IV, NULL, 0);
    plan_set(values, VAR_TAG, NULL, 0);
    plan_set(values, VAR_SEALED, NULL, 0);
    free(sealed);
    free(sealed_text);
    buf_done(&aad);
    return done && buf_ok(ret);
}
