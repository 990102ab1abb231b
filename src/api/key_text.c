#include "api/key_text.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { TAIL_LEN = KEY_LOOKUP_LEN + 1 + KEY_SECRET_LEN + KEY_CRC_LEN, NUMBER_LEN = 32 };

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Each prefix with the separator that goes with it.
static const struct {
    const char *prefix;
    char separator;
} forms[] = {
    {"ph_live_", '_'}, {"ph_test_", '_'}, {"sk_live_", '_'},
    {"sk_test_", '_'}, {"ck_live_", '.'}, {"ck_test_", '.'},
};

static void write_crc(const char *text, size_t len, char ret[KEY_CRC_LEN])
{
    uint32_t crc = text_crc32(text, len);

    for (size_t i = KEY_CRC_LEN; i-- > 0; crc /= 62) {
        ret[i] = digits[crc % 62];
    }
}

// The number's base62 digits, least significant ones last; it is used up.
static void write_base62(unsigned char number[NUMBER_LEN], size_t width, char *ret)
{
    for (size_t i = width; i-- > 0;) {
        unsigned rest = 0;
        for (size_t at = 0; at < NUMBER_LEN; at++) {
            unsigned value = rest << 8 | number[at];
            number[at] = (unsigned char)(value / 62);
            rest = value % 62;
        }
        ret[i] = digits[rest];
    }
}

static bool is_known_form(const char *text, size_t prefix_len, char separator)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text_equal(text, prefix_len, forms[i].prefix)) {
            return forms[i].separator == separator;
        }
    }
    return false;
}

bool key_text_parse(const char *text, size_t len, struct key_parts *ret)
{
    if (len <= TAIL_LEN || len >= KEY_TEXT_MAX) {
        return false;
    }
    size_t prefix_len = len - TAIL_LEN;
    const char *found = text + prefix_len;
    const char *hidden = found + KEY_LOOKUP_LEN + 1;

    if (!is_known_form(text, prefix_len, found[KEY_LOOKUP_LEN]) ||
        !text_is(found, KEY_LOOKUP_LEN, "0-9A-Za-z") ||
        !text_is(hidden, KEY_SECRET_LEN + KEY_CRC_LEN, "0-9A-Za-z")) {
        return false;
    }
    char crc[KEY_CRC_LEN + 1] = "";
    write_crc(text, len - KEY_CRC_LEN, crc);
    if (!text_equal(text + len - KEY_CRC_LEN, KEY_CRC_LEN, crc)) {
        return false;
    }
    memcpy(ret->lookup, found, KEY_LOOKUP_LEN);
    ret->lookup[KEY_LOOKUP_LEN] = '\0';
    ret->secret = hidden;
    return true;
}

bool key_text_parse_pair(const char *found, size_t found_len, const char *secret,
                         size_t secret_len, struct key_parts *ret)
{
    char text[KEY_TEXT_MAX];
    size_t len = found_len + 1 + secret_len;

    if (found_len >= sizeof text || secret_len != KEY_SECRET_LEN + KEY_CRC_LEN ||
        len >= sizeof text) {
        return false;
    }
    memcpy(text, found, found_len);
    text[found_len] = '.';
    memcpy(text + found_len + 1, secret, secret_len);
    bool is_one = key_text_parse(text, len, ret);
    ret->secret = secret;
    memory_wipe(text, sizeof text);
    return is_one;
}

size_t key_text_make(const char *prefix, char separator, const unsigned char dice[KEY_DICE],
                     char ret[KEY_TEXT_MAX], struct key_parts *ret_parts)
{
    size_t len = strlen(prefix);
    assert(is_known_form(prefix, len, separator));
    memcpy(ret, prefix, len);

    unsigned char number[NUMBER_LEN];
    memcpy(number, dice, NUMBER_LEN);
    write_base62(number, KEY_LOOKUP_LEN, ret + len);
    memcpy(ret_parts->lookup, ret + len, KEY_LOOKUP_LEN);
    ret_parts->lookup[KEY_LOOKUP_LEN] = '\0';
    len += KEY_LOOKUP_LEN;
    ret[len++] = separator;

    memcpy(number, dice + NUMBER_LEN, NUMBER_LEN);
    write_base62(number, KEY_SECRET_LEN, ret + len);
    memory_wipe(number, sizeof number);
    ret_parts->secret = ret + len;
    len += KEY_SECRET_LEN;

    write_crc(ret, len, ret + len);
    len += KEY_CRC_LEN;
    ret[len] = '\0';
    return len;
}
