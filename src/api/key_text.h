// How an API key is spelled: a prefix, 12 base62 characters that find its row, a separator,
// 43 base62 characters of secret (256 bits), and 6 base62 digits of the CRC-32 of all before,
// so that a typing error is refused without a look-up and a scanner can tell a key from
// noise.
//
//     ph_live_ + 12 + "_" + 43 + 6     sk_live_ the same     ck_live_ + 12 + "." + 43 + 6

#ifndef API_KEY_TEXT_H
#define API_KEY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_LOOKUP_LEN = 12, KEY_SECRET_LEN = 43, KEY_CRC_LEN = 6, KEY_HINT_LEN = 4 };
enum { KEY_TEXT_MAX = 128, KEY_DICE = 64 };

struct key_parts {
    char lookup[KEY_LOOKUP_LEN + 1];
    const char *secret; // KEY_SECRET_LEN of the text that was parsed
};

// False: not spelled so, or the CRC does not hold.
bool key_text_parse(const char *text, size_t len, struct key_parts *ret);

// The same of one in two halves, before and after a '.'; ret->secret points into secret.
bool key_text_parse_pair(const char *found, size_t found_len, const char *secret,
                         size_t secret_len, struct key_parts *ret);

// Spell a new key from dice. Returns its length; its parts point into ret.
size_t key_text_make(const char *prefix, char separator, const unsigned char dice[KEY_DICE],
                     char ret[KEY_TEXT_MAX], struct key_parts *ret_parts);

#endif
