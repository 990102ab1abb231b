#include "hook/id.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

// 2024-01-01T00:00:00Z. 41 bits of milliseconds reach the year 2093.
static const int64_t EPOCH_MS = 1704067200000;
enum { COUNTER_BITS = 12, MINTER_BITS = 10, MS_SHIFT = COUNTER_BITS + MINTER_BITS };
enum { AHEAD_MS = 86400000 };
enum { BLOCK_LEN = 16, BASE62_LEN = 22, HEX_LEN = 2 * BLOCK_LEN };

static const char *const prefixes[ID_KINDS_COUNT] = {
#define X(name, prefix) [ID_##name] = prefix,
    ID_KINDS(X)
#undef X
};

static int64_t id_compose(int64_t ms, int number, int64_t counter)
{
    return ms << MS_SHIFT | (int64_t)number << COUNTER_BITS | counter;
}

void minter_go_on(struct minter *minter, int64_t newest_id, int64_t wall_ms)
{
    if (newest_id > minter->last && newest_id < id_first_at(wall_ms + AHEAD_MS))
        minter->last = newest_id;
}

// When a millisecond's counter is full, or the clock stands or jumps back, the ids run ahead
// of the clock.
int64_t minter_next(struct minter *minter, int64_t wall_ms)
{
    assert(minter->number >= 0 && minter->number < 1 << MINTER_BITS);
    int64_t ms = wall_ms > EPOCH_MS ? wall_ms - EPOCH_MS : 0;
    int64_t last_ms = minter->last >> MS_SHIFT;
    int64_t counter = 0;
    if (minter->last > 0 && ms <= last_ms) {
        ms = last_ms;
        counter = (minter->last & ((1 << COUNTER_BITS) - 1)) + 1;
        if (counter == 1 << COUNTER_BITS) {
            ms++;
            counter = 0;
        }
    }
    assert(ms < (int64_t)1 << 41);
    int64_t id = id_compose(ms, minter->number, counter);
    if (id <= minter->last) // the last was another minter's with a higher number
        id = id_compose(ms + 1, minter->number, 0);
    minter->last = id > 0 ? id : 1;
    return minter->last;
}

int64_t id_wall_ms(int64_t id)
{
    return (id >> MS_SHIFT) + EPOCH_MS;
}

int64_t id_first_at(int64_t wall_ms)
{
    if (wall_ms <= EPOCH_MS)
        return 0;
    int64_t ms = wall_ms - EPOCH_MS;
    return ms >= (int64_t)1 << 41 ? INT64_MAX : id_compose(ms, 0, 0);
}

struct id_cipher {
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
};

struct id_cipher *id_cipher_new(const unsigned char key[ID_KEY_LEN])
{
    struct id_cipher *cipher = NEW(struct id_cipher);
    cipher->seal = EVP_CIPHER_CTX_new();
    cipher->open = EVP_CIPHER_CTX_new();
    int done = cipher->seal && cipher->open &&
               EVP_EncryptInit_ex(cipher->seal, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
               EVP_DecryptInit_ex(cipher->open, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
               EVP_CIPHER_CTX_set_padding(cipher->seal, 0) == 1 &&
               EVP_CIPHER_CTX_set_padding(cipher->open, 0) == 1;
    if (!done)
        abort(); // without AES-128 this build of OpenSSL is of no use to us
    return cipher;
}

void id_cipher_free(struct id_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->seal);
    EVP_CIPHER_CTX_free(cipher->open);
    free(cipher);
}

static void block_seal(struct id_cipher *cipher, enum id_kind kind, int64_t id, uint16_t n,
                       unsigned char ret[BLOCK_LEN])
{
    unsigned char plain[BLOCK_LEN] = {0};
    for (int i = 0; i < 8; i++)
        plain[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i));
    plain[8] = (unsigned char)(n >> 8);
    plain[9] = (unsigned char)n;
    plain[10] = (unsigned char)kind;
    int len = 0;
    if (EVP_EncryptUpdate(cipher->seal, ret, &len, plain, BLOCK_LEN) != 1 || len != BLOCK_LEN)
        abort();
}

static bool block_open(struct id_cipher *cipher, enum id_kind kind,
                       const unsigned char block[BLOCK_LEN], int64_t *ret_id, uint16_t *ret_n)
{
    static const unsigned char zeros[5];
    unsigned char plain[BLOCK_LEN];
    int len = 0;
    if (EVP_DecryptUpdate(cipher->open, plain, &len, block, BLOCK_LEN) != 1 ||
        len != BLOCK_LEN)
        abort();
    uint64_t id = 0;
    for (int i = 0; i < 8; i++)
        id = id << 8 | plain[i];
    if (memcmp(plain + 11, zeros, sizeof zeros) != 0 || plain[10] != (unsigned char)kind ||
        id > INT64_MAX)
        return false;
    *ret_id = (int64_t)id;
    *ret_n = (uint16_t)(plain[8] << 8 | plain[9]);
    return true;
}

static size_t spell(struct id_cipher *cipher, enum id_kind kind, int64_t id, uint16_t n,
                    const char *prefix, size_t width, char ret[ID_TEXT_MAX])
{
    unsigned char block[BLOCK_LEN];
    size_t prefix_len = strlen(prefix);
    assert(prefix_len + width < ID_TEXT_MAX && width >= BASE62_LEN);
    block_seal(cipher, kind, id, n, block);
    memcpy(ret, prefix, prefix_len);
    text_base62(ret + prefix_len, width, block);
    ret[prefix_len + width] = '\0';
    return prefix_len + width;
}

static bool parse(struct id_cipher *cipher, enum id_kind kind, const char *prefix,
                  size_t width, const char *text, size_t len, int64_t *ret_id,
                  uint16_t *ret_n)
{
    unsigned char block[BLOCK_LEN];
    size_t prefix_len = strlen(prefix);
    if (len != prefix_len + width || memcmp(text, prefix, prefix_len) != 0)
        return false;
    return text_from_base62(text + prefix_len, width, block) &&
           block_open(cipher, kind, block, ret_id, ret_n);
}

size_t id_text(struct id_cipher *cipher, enum id_kind kind, int64_t id, uint16_t n,
               char ret[ID_TEXT_MAX])
{
    return spell(cipher, kind, id, n, prefixes[kind], BASE62_LEN, ret);
}

bool id_parse(struct id_cipher *cipher, enum id_kind kind, const char *text, size_t len,
              int64_t *ret_id, uint16_t *ret_n)
{
    return parse(cipher, kind, prefixes[kind], BASE62_LEN, text, len, ret_id, ret_n);
}

size_t id_text_padded(struct id_cipher *cipher, enum id_kind kind, int64_t id,
                      const char *prefix, size_t width, char ret[ID_TEXT_MAX])
{
    return spell(cipher, kind, id, 0, prefix, width, ret);
}

bool id_parse_padded(struct id_cipher *cipher, enum id_kind kind, const char *prefix,
                     size_t width, const char *text, size_t len, int64_t *ret_id)
{
    uint16_t n = 0;
    return parse(cipher, kind, prefix, width, text, len, ret_id, &n) && n == 0;
}

size_t id_text_hex(struct id_cipher *cipher, enum id_kind kind, int64_t id,
                   const char *prefix, char ret[ID_TEXT_MAX])
{
    unsigned char block[BLOCK_LEN];
    size_t prefix_len = strlen(prefix);
    assert(prefix_len + HEX_LEN < ID_TEXT_MAX);
    block_seal(cipher, kind, id, 0, block);
    memcpy(ret, prefix, prefix_len);
    text_hex(ret + prefix_len, block, BLOCK_LEN);
    return prefix_len + HEX_LEN;
}

bool id_parse_hex(struct id_cipher *cipher, enum id_kind kind, const char *prefix,
                  const char *text, size_t len, int64_t *ret_id)
{
    unsigned char block[BLOCK_LEN];
    uint16_t n = 0;
    size_t prefix_len = strlen(prefix);
    if (len != prefix_len + HEX_LEN || memcmp(text, prefix, prefix_len) != 0)
        return false;
    return text_from_hex(text + prefix_len, HEX_LEN, block, BLOCK_LEN) &&
           block_open(cipher, kind, block, ret_id, &n) && n == 0;
}
