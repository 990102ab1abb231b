#include "hook/keyring.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/derive.h"
#include "hook/seal.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 16 };

struct master_key {
    char kid[KEY_ID_MAX + 1];
    unsigned char bytes[MASTER_KEY_LEN];
    unsigned char wrap[MASTER_KEY_LEN]; // derived once: label "wrap/v1"
};

struct keyring {
    struct master_key keys[KEYS_MAX];
    size_t count;
    size_t primary; // index; count: none yet
};

static const struct master_key *find(const struct keyring *keyring, const char *kid)
{
    for (size_t i = 0; i < keyring->count; i++)
        if (strcmp(keyring->keys[i].kid, kid) == 0)
            return &keyring->keys[i];
    return NULL;
}

// The words of a line; returns how many there are, at most max + 1.
static size_t split_words(const char *line, size_t len, size_t max, const char **ret_at,
                          size_t *ret_len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; count++) {
        while (i < len && strchr(" \t\r", line[i]))
            i++;
        if (i == len)
            break;
        size_t start = i;
        while (i < len && !strchr(" \t\r", line[i]))
            i++;
        if (count == max)
            return max + 1;
        ret_at[count] = line + start;
        ret_len[count] = i - start;
    }
    return count;
}

// NULL: taken, or a line without a key. Else what is wrong with it.
static const char *take_line(struct keyring *keyring, const char *line, size_t len)
{
    enum { WORDS = 3 };
    const char *word[WORDS] = {0};
    size_t word_len[WORDS] = {0};
    if (memchr(line, '\0', len))
        return "a zero byte";
    size_t words = split_words(line, len, WORDS, word, word_len);
    if (words == 0 || word[0][0] == '#')
        return NULL;
    if (words < 2 || words > WORDS ||
        (words == 3 && !text_equal(word[2], word_len[2], "primary")))
        return "not of the form: kid base64 [primary]";
    if (keyring->count == KEYS_MAX)
        return "too many keys";
    struct master_key *key = &keyring->keys[keyring->count];
    if (word_len[0] > KEY_ID_MAX || !text_is(word[0], word_len[0], "A-Za-z0-9_-"))
        return "a kid is 1 to 32 letters, digits, - or _";
    memcpy(key->kid, word[0], word_len[0]);
    key->kid[word_len[0]] = '\0';
    if (find(keyring, key->kid))
        return "this kid stands twice";
    size_t bytes_len = sizeof key->bytes;
    if (!text_from_base64(word[1], word_len[1], key->bytes, &bytes_len) ||
        bytes_len != sizeof key->bytes)
        return "the key is not 32 bytes in base64";
    if (words == 3 && keyring->primary < KEYS_MAX)
        return "a second primary key";
    if (words == 3)
        keyring->primary = keyring->count;
    if (!derive_key(key->bytes, sizeof key->bytes, "wrap/v1", key->wrap, sizeof key->wrap))
        return "no subkey can be derived";
    keyring->count++;
    return NULL;
}

static enum error_code take_lines(struct keyring *keyring, const char *text, size_t len,
                                  struct error *error)
{
    int number = 1;
    for (size_t at = 0; at < len; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - text) - at : len - at;
        const char *wrong = take_line(keyring, text + at, line_len);
        if (wrong)
            return error_at(error, ERR_CONFIG, "master key", "line %d: %s", number, wrong);
        at += line_len + 1;
    }
    if (keyring->count == 0)
        return error_at(error, ERR_CONFIG, "master key", "line %d: no key stands there",
                        number);
    if (keyring->count == 1)
        keyring->primary = 0;
    if (keyring->primary >= keyring->count)
        return error_at(error, ERR_CONFIG, "master key",
                        "line %d: none of the keys is primary", number);
    return ERR_OK;
}

enum error_code keyring_parse(const char *text, size_t len, struct keyring **ret,
                              struct error *error)
{
    struct keyring *keyring = NEW(struct keyring);
    keyring->primary = KEYS_MAX;
    enum error_code code = take_lines(keyring, text, len, error);
    if (code)
        keyring_free(keyring);
    else
        *ret = keyring;
    return code;
}

void keyring_free(struct keyring *keyring)
{
    if (!keyring)
        return;
    memory_wipe(keyring, sizeof *keyring);
    free(keyring);
}

// The kid is the first bytes of a digest of the key: it says nothing of the key, and two
// fresh keys in one file have two names.
void keyring_line(const unsigned char key[MASTER_KEY_LEN], struct buf *ret)
{
    unsigned char name[4];
    char kid[2 * sizeof name + 1], text[TEXT_BASE64_LEN(MASTER_KEY_LEN) + 1];
    if (!derive_key(key, MASTER_KEY_LEN, "kid/v1", name, sizeof name))
        abort();
    text_hex(kid, name, sizeof name);
    text_base64(text, key, MASTER_KEY_LEN);
    buf_add_format(ret, "k%s %s primary\n", kid, text);
    memory_wipe(text, sizeof text);
}

bool keyring_subkey(const struct keyring *keyring, const char *kid, const char *label,
                    unsigned char *ret, size_t ret_len)
{
    const struct master_key *key = find(keyring, kid ? kid : keyring_primary(keyring));
    return key && derive_key(key->bytes, sizeof key->bytes, label, ret, ret_len);
}

const char *keyring_primary(const struct keyring *keyring)
{
    return keyring->keys[keyring->primary].kid;
}

const unsigned char *keyring_wrap_key(const struct keyring *keyring, const char *kid)
{
    const struct master_key *key = find(keyring, kid);
    return key ? key->wrap : NULL;
}
