#include "base/text.h"

#include <assert.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base62_digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void text_hex(char *ret, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++) {
        *ret++ = hex_digits[at[i] >> 4];
        *ret++ = hex_digits[at[i] & 15];
    }
    *ret = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_from_hex(const char *text, size_t len, void *ret, size_t ret_len)
{
    unsigned char *at = ret;

    if (len % 2 || len / 2 != ret_len)
        return false;
    for (size_t i = 0; i < ret_len; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        at[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

// Three bytes become four digits; a rest of one or two becomes two or three.
static size_t encode(char *ret, const unsigned char *bytes, size_t len, const char *digits)
{
    char *out = ret;

    for (size_t at = 0; at < len; at += 3) {
        size_t rest = len - at;
        uint32_t bits = (uint32_t)bytes[at] << 16;
        bits |= rest > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        bits |= rest > 2 ? bytes[at + 2] : 0;
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        if (rest > 1)
            *out++ = digits[bits >> 6 & 63];
        if (rest > 2)
            *out++ = digits[bits & 63];
    }
    *out = '\0';
    return (size_t)(out - ret);
}

size_t text_base64(char *ret, const void *bytes, size_t len)
{
    size_t at = encode(ret, bytes, len, base64_digits);

    while (at % 4)
        ret[at++] = '=';
    ret[at] = '\0';
    return at;
}

size_t text_base64url(char *ret, const void *bytes, size_t len)
{
    return encode(ret, bytes, len, base64url_digits);
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Two, three or four digits into one, two or three bytes. False: a foreign digit, or bits
// behind the last byte that are not zero.
static bool decode_group(const char *text, size_t digits, unsigned char *ret)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < digits; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return false;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    for (size_t i = 0; i + 1 < digits; i++)
        ret[i] = (unsigned char)(bits >> (16 - 8 * i));
    return (bits & (UINT32_C(0xffffff) >> (8 * (digits - 1)))) == 0;
}

bool text_from_base64(const char *text, size_t len, void *ret, size_t *ret_len)
{
    unsigned char *out = ret;
    size_t padding = 0;

    if (len % 4)
        return false;
    while (len && padding < 2 && text[len - 1 - padding] == '=')
        padding++;
    if (len / 4 * 3 - padding > *ret_len)
        return false;
    for (size_t at = 0; at < len; at += 4) {
        size_t digits = at + 4 == len ? 4 - padding : 4;
        if (!decode_group(text + at, digits, out))
            return false;
        out += digits - 1;
    }
    *ret_len = len / 4 * 3 - padding;
    return true;
}

// The 128 bits are four limbs of 32 bits, the most significant first.
void text_base62(char *ret, size_t width, const unsigned char bytes[16])
{
    uint32_t limbs[4];

    assert(width >= 22);
    for (size_t i = 0; i < 4; i++, bytes += 4)
        limbs[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                   (uint32_t)bytes[2] << 8 | bytes[3];
    while (width) {
        uint64_t rest = 0;
        for (size_t i = 0; i < 4; i++) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / 62);
            rest %= 62;
        }
        ret[--width] = base62_digits[rest];
    }
}

static int base62_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

bool text_from_base62(const char *text, size_t len, unsigned char ret[16])
{
    uint32_t limbs[4] = {0};

    for (size_t at = 0; at < len; at++) {
        int value = base62_value(text[at]);
        if (value < 0)
            return false;
        uint64_t carry = (uint64_t)value;
        for (size_t i = 4; i-- > 0;) {
            carry += (uint64_t)limbs[i] * 62;
            limbs[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry)
            return false;
    }
    for (size_t i = 0; i < 16; i++)
        ret[i] = (unsigned char)(limbs[i / 4] >> (24 - 8 * (i % 4)));
    return len > 0;
}

// Half a byte at a time: what is summed here is a key's text, not a file.
uint32_t text_crc32(const void *bytes, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const unsigned char *at = bytes;
    uint32_t sum = 0xffffffff;

    for (size_t i = 0; i < len; i++) {
        sum ^= at[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return ~sum;
}
