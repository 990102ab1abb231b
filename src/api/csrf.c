#include "api/csrf.h"

#include "api/door_parts.h"
#include "base/text.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { MAC_LEN = 32, TOKEN_LEN = CSRF_DICE + MAC_LEN };
_Static_assert(TEXT_BASE64_LEN(TOKEN_LEN) == CSRF_TEXT_LEN, "without padding");

bool csrf_concerns(struct text_span method)
{
    return !text_equal(method.at, method.len, "GET") &&
           !text_equal(method.at, method.len, "HEAD");
}

enum csrf_place csrf_place(const struct request *request)
{
    const char *base_url = request->door->options.base_url;
    bool is_ours;

    if (request->fetch_site_count > 0) {
        is_ours = request->fetch_site_count == 1 &&
                  text_equal(request->fetch_site.at, request->fetch_site.len, "same-origin");
    } else if (request->origin_count > 0) {
        is_ours = request->origin_count == 1 && base_url != NULL &&
                  text_equal(request->origin.at, request->origin.len, base_url);
    } else {
        return CSRF_UNSAID;
    }
    return is_ours ? CSRF_OURS : CSRF_OTHER;
}

static void write_mac(const unsigned char key[CSRF_KEY_LEN], int64_t session_id,
                      const unsigned char *dice, unsigned char ret[MAC_LEN])
{
    unsigned char text[sizeof session_id + CSRF_DICE];

    for (size_t i = 0; i < sizeof session_id; i++) {
        text[i] = (unsigned char)((uint64_t)session_id >> (56 - 8 * i));
    }
    memcpy(text + sizeof session_id, dice, CSRF_DICE);
    unsigned int len = 0;
    const unsigned char *done =
        HMAC(EVP_sha256(), key, CSRF_KEY_LEN, text, sizeof text, ret, &len);
    assert(done != NULL && len == MAC_LEN);
}

void csrf_make(const unsigned char key[CSRF_KEY_LEN], int64_t session_id,
               const unsigned char dice[CSRF_DICE], char ret[CSRF_TEXT_LEN + 1])
{
    unsigned char bytes[TOKEN_LEN];

    memcpy(bytes, dice, CSRF_DICE);
    write_mac(key, session_id, dice, bytes + CSRF_DICE);
    size_t len = text_base64(ret, bytes, sizeof bytes);
    assert(len == CSRF_TEXT_LEN);
}

bool csrf_holds(const unsigned char key[CSRF_KEY_LEN], int64_t session_id, const char *text,
                size_t len)
{
    unsigned char bytes[TOKEN_LEN], made[MAC_LEN];
    size_t bytes_len = sizeof bytes;

    if (len != CSRF_TEXT_LEN || !text_from_base64(text, len, bytes, &bytes_len) ||
        bytes_len != sizeof bytes) {
        return false;
    }
    write_mac(key, session_id, bytes, made);
    return CRYPTO_memcmp(made, bytes + CSRF_DICE, MAC_LEN) == 0;
}
