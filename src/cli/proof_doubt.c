#include "cli/proof_doubt.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/given.h"
#include "cli/proof_keys.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_LEN = 32, KEY_MAX = 4096 };

// Each appends another reading of the text; one that does not apply appends nothing.
typedef void variant_fn(const struct proof_plan *proof, struct slice text, struct buf *ret);

struct variant {
    variant_fn *write;
    const char *says;
};

static struct slice behind_prefix(const struct proof_plan *proof, struct slice text)
{
    size_t len = strlen(proof->key.prefix);

    if (text.len >= len && text_equal(text.at, len, proof->key.prefix))
        return (struct slice){text.at + len, text.len - len};
    return text;
}

static void as_it_is(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    (void)proof;
    buf_add(ret, text.at, text.len);
}

static void key_decoded(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    struct slice rest = behind_prefix(proof, text);
    size_t len = rest.len;
    unsigned char *bytes = memory_new(len + 1);

    if (text_from_base64(rest.at, rest.len, bytes, &len))
        buf_add(ret, bytes, len);
    memory_wipe(bytes, rest.len);
    free(bytes);
}

// As the profile says.
static void key_right(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    struct slice rest = behind_prefix(proof, text);

    if (proof->key.as == KEY_AS_BASE64)
        key_decoded(proof, text, ret);
    else
        buf_add(ret, rest.at, rest.len);
}

static void key_without_prefix(const struct proof_plan *proof, struct slice text,
                               struct buf *ret)
{
    as_it_is(proof, behind_prefix(proof, text), ret);
}

static void key_from_hex(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    unsigned char bytes[KEY_MAX / 2];

    (void)proof;
    if (text.len % 2 == 0 && text.len / 2 <= sizeof bytes &&
        text_from_hex(text.at, text.len, bytes, text.len / 2))
        buf_add(ret, bytes, text.len / 2);
    memory_wipe(bytes, sizeof bytes);
}

static void key_with_line_feed(const struct proof_plan *proof, struct slice text,
                               struct buf *ret)
{
    key_right(proof, text, ret);
    buf_add_char(ret, '\n');
}

static void key_trimmed(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    while (text.len > 0 && strchr(" \t\"'", text.at[0]))
        text = (struct slice){text.at + 1, text.len - 1};
    while (text.len > 0 && strchr(" \t\"'", text.at[text.len - 1]))
        text.len--;
    key_right(proof, text, ret);
}

static const struct variant keys[] = {
    {key_right, ""},
    {as_it_is, "the secret were taken as the text it is, undecoded"},
    {key_without_prefix, "the secret were taken as text, without its prefix"},
    {key_decoded, "the secret were decoded from base64"},
    {key_from_hex, "the secret were decoded from hex"},
    {key_trimmed, "the secret had no spaces or quotes around it"},
    {key_with_line_feed, "the secret had a line feed at its end"},
};

static void body_without_end(const struct proof_plan *proof, struct slice text,
                             struct buf *ret)
{
    (void)proof;
    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        text.len--;
    buf_add(ret, text.at, text.len);
}

static void body_with_end(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    as_it_is(proof, text, ret);
    buf_add_char(ret, '\n');
}

static void body_without_returns(const struct proof_plan *proof, struct slice text,
                                 struct buf *ret)
{
    (void)proof;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\r')
            buf_add_char(ret, text.at[i]);
    }
}

static void body_without_mark(const struct proof_plan *proof, struct slice text,
                              struct buf *ret)
{
    (void)proof;
    if (text.len >= 3 && strncmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        buf_add(ret, text.at + 3, text.len - 3);
}

static void add_json(struct slice text, size_t flags, struct buf *ret)
{
    json_t *json = json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL);
    char *written = json ? json_dumps(json, flags | JSON_ENCODE_ANY) : NULL;

    if (written)
        buf_add_str(ret, written);
    free(written);
    json_decref(json);
}

static void body_compact(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    (void)proof;
    add_json(text, JSON_COMPACT, ret);
}

static void body_spaced(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    (void)proof;
    add_json(text, 0, ret);
}

static void body_sorted(const struct proof_plan *proof, struct slice text, struct buf *ret)
{
    (void)proof;
    add_json(text, JSON_COMPACT | JSON_SORT_KEYS, ret);
}

static const struct variant bodies[] = {
    {as_it_is, ""},
    {body_without_end, "the body had no line feed at its end; an editor or echo adds one"},
    {body_with_end, "the body had a line feed at its end"},
    {body_without_returns, "the body's lines ended without carriage returns"},
    {body_without_mark, "the body did not begin with a byte order mark"},
    {body_compact, "the body were JSON without spaces: it was parsed and written anew, and "
                   "only the bytes as they came can be verified"},
    {body_spaced,
     "the body were JSON with a space behind each comma and colon: it was parsed "
     "and written anew, and only the bytes as they came can be verified"},
    {body_sorted, "the body's members were sorted: it was parsed and written anew, and only "
                  "the bytes as they came can be verified"},
};

static bool holds(const struct proof_plan *proof, const struct plan_values *values,
                  const struct buf *key, const struct buf *body, struct slice said)
{
    struct plan_values tried = *values;
    unsigned char mac[MAC_LEN], came[64];
    size_t came_len = sizeof came;
    unsigned int mac_len = 0;
    struct buf text;
    bool is_made;

    if (!proof_unspell(proof, said, came, &came_len))
        return false;
    buf_init(&text, 4 * GIVEN_BYTES_MAX);
    plan_set(&tried, VAR_BODY, body->data ? body->data : "", body->len);
    proof_join(proof, &tried, &text);
    is_made =
        buf_ok(&text) && HMAC(EVP_sha256(), key->data, (int)key->len,
                              (const unsigned char *)text.data, text.len, mac, &mac_len);
    buf_done(&text);
    return is_made && came_len == mac_len && CRYPTO_memcmp(came, mac, mac_len) == 0;
}

static void say_doubt(const struct variant *key, const struct variant *body, struct buf *ret)
{
    buf_add_str(ret, key->says);
    if (key->says[0] && body->says[0])
        buf_add_str(ret, ", and ");
    buf_add_str(ret, body->says);
}

static bool try_key(const struct proof_plan *proof, const struct plan_values *values,
                    const struct variant *key, const struct buf *bytes, struct slice said,
                    struct buf *ret)
{
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct buf body;
        bool is_it;

        buf_init(&body, 2 * GIVEN_BYTES_MAX);
        bodies[i].write(proof, values->of[VAR_BODY], &body);
        is_it = holds(proof, values, bytes, &body, said);
        buf_done(&body);
        if (is_it) {
            say_doubt(key, &bodies[i], ret);
            return true;
        }
    }
    return false;
}

void proof_doubt(const struct proof_plan *proof, const struct plan_values *values,
                 struct slice key_text, struct slice said, struct buf *ret)
{
    bool is_found = false;

    if (proof->by != PROOF_HMAC_SHA256)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !is_found; i++) {
        struct buf bytes;

        buf_init(&bytes, KEY_MAX);
        keys[i].write(proof, key_text, &bytes);
        if (bytes.len > 0 && buf_ok(&bytes))
            is_found = try_key(proof, values, &keys[i], &bytes, said, ret);
        if (bytes.data)
            memory_wipe(bytes.data, bytes.cap);
        buf_done(&bytes);
    }
}
