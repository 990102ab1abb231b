#include "hook/seal.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/keyring.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_LEN = 16, AAD_MAX = 256, FIELDS = 4, SEALED_MAX = 1 << 20 };

struct seal_place seal_place_of_secret(int64_t secret_id, int64_t app_id)
{
    return (struct seal_place){"secret", "sealed", secret_id, app_id};
}

// The bytes that bind a secret to its row: fields are ended by a zero byte, which no field
// holds, so that no two places give the same bytes.
static size_t write_aad(const struct seal_place *place, const char *kid, char ret[AAD_MAX])
{
    int len =
        snprintf(ret, AAD_MAX, "%s%c%s%c%lld%c%lld%c%s%cv1", place->table, 0, place->column,
                 0, (long long)place->row_id, 0, (long long)place->app_id, 0, kid, 0);
    if (len < 0 || len >= AAD_MAX)
        abort(); // names of tables and columns are ours
    return (size_t)len;
}

static void add_base64url(struct buf *ret, const void *bytes, size_t len)
{
    char *room = buf_room(ret, TEXT_BASE64_LEN(len) + 1);
    if (room)
        buf_added(ret, text_base64url(room, bytes, len));
}

// *ret_len: in, the room at ret; out, what was decoded.
static bool from_base64url(const char *text, size_t len, unsigned char *ret, size_t *ret_len)
{
    char *plain = memory_new(len + 4);
    for (size_t i = 0; i < len; i++) {
        plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
        if (text[i] == '+' || text[i] == '/' || text[i] == '=')
            plain[i] = '!'; // no digit of base64url
    }
    size_t padded = len;
    while (padded % 4 != 0)
        plain[padded++] = '=';
    bool done = text_from_base64(plain, padded, ret, ret_len);
    free(plain);
    return done;
}

void seal(const struct keyring *keyring, const struct seal_place *place,
          const unsigned char nonce[SEAL_NONCE_LEN], const void *plain, size_t len,
          struct buf *ret)
{
    const char *kid = keyring_primary(keyring);
    char aad[AAD_MAX];
    size_t aad_len = write_aad(place, kid, aad);
    unsigned char tag[TAG_LEN];
    unsigned char *sealed = memory_new(len + 1);
    int done = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (len > SEALED_MAX || !context ||
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, keyring_wrap_key(keyring, kid),
                           nonce) != 1 ||
        EVP_EncryptUpdate(context, NULL, &done, (unsigned char *)aad, (int)aad_len) != 1 ||
        EVP_EncryptUpdate(context, sealed, &done, plain, (int)len) != 1 ||
        EVP_EncryptFinal_ex(context, sealed + done, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) != 1)
        abort(); // a secret must not be kept in any other way
    EVP_CIPHER_CTX_free(context);
    buf_add_format(ret, "v1.%s.", kid);
    add_base64url(ret, nonce, SEAL_NONCE_LEN);
    buf_add_char(ret, '.');
    add_base64url(ret, sealed, len);
    buf_add_char(ret, '.');
    add_base64url(ret, tag, TAG_LEN);
    free(sealed);
}

// "v1.<kid>.<nonce>.<sealed>.<tag>", taken apart.
struct sealed {
    char kid[KEY_ID_MAX + 1];
    unsigned char nonce[SEAL_NONCE_LEN];
    unsigned char tag[TAG_LEN];
    unsigned char *bytes;
    size_t len;
};

static bool split(const char *text, struct sealed *ret)
{
    const char *at[FIELDS];
    size_t len[FIELDS];
    memset(ret, 0, sizeof *ret);
    if (strncmp(text, "v1.", 3) != 0)
        return false;
    text += 3;
    for (size_t i = 0; i < FIELDS; i++) {
        at[i] = text;
        len[i] = strcspn(text, ".");
        text += len[i];
        if ((i < FIELDS - 1) != (*text == '.'))
            return false;
        text += *text == '.';
    }
    size_t nonce_len = sizeof ret->nonce, tag_len = sizeof ret->tag;
    if (len[0] > KEY_ID_MAX || !from_base64url(at[1], len[1], ret->nonce, &nonce_len) ||
        !from_base64url(at[3], len[3], ret->tag, &tag_len) ||
        nonce_len != sizeof ret->nonce || tag_len != sizeof ret->tag)
        return false;
    memcpy(ret->kid, at[0], len[0]);
    ret->len = len[2] + 4;
    ret->bytes = memory_new(ret->len);
    if (len[2] <= 2 * SEALED_MAX && from_base64url(at[2], len[2], ret->bytes, &ret->len))
        return true;
    free(ret->bytes);
    return false;
}

static bool open_sealed(const struct seal_place *place, const unsigned char *key,
                        struct sealed *sealed, unsigned char *ret)
{
    char aad[AAD_MAX];
    size_t aad_len = write_aad(place, sealed->kid, aad);
    int len = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done =
        context &&
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, sealed->nonce) == 1 &&
        EVP_DecryptUpdate(context, NULL, &len, (unsigned char *)aad, (int)aad_len) == 1 &&
        EVP_DecryptUpdate(context, ret, &len, sealed->bytes, (int)sealed->len) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LEN, sealed->tag) == 1 &&
        EVP_DecryptFinal_ex(context, ret + len, &len) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

enum error_code unseal(const struct keyring *keyring, const struct seal_place *place,
                       const char *sealed, struct buf *ret, struct error *error)
{
    struct sealed parts;
    if (!split(sealed, &parts))
        return error_set(error, ERR_DAMAGED, "a sealed value of %s is not in its form",
                         place->table);
    enum error_code code = ERR_OK;
    unsigned char *plain = memory_new(parts.len + 1);
    const unsigned char *key = keyring_wrap_key(keyring, parts.kid);
    if (!key)
        code = error_set(error, ERR_CONFIG, "the master key '%s' is not in the key file",
                         parts.kid);
    else if (!open_sealed(place, key, &parts, plain))
        code = error_set(error, ERR_DAMAGED,
                         "a sealed value of %s was changed, or belongs to another row",
                         place->table);
    else
        buf_add(ret, plain, parts.len);
    memory_wipe(plain, parts.len);
    free(plain);
    free(parts.bytes);
    return code;
}
