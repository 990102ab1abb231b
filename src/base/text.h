// Small things said in text: numbers, hex, base64, base62, times. No locale, no allocation.
// Decoders are strict: one spelling per value (canonical padding and last bits).

#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_equal(const char *a, size_t a_len, const char *b);        // exact
bool text_equal_nocase(const char *a, size_t a_len, const char *b); // ASCII letters only
bool text_is(
    const char *text, size_t len,
    const char *allowed); // every byte is one of allowed's; "a-z" is a range, "-" stands last
bool text_is_utf8(const char *text, size_t len); // well formed, no surrogates, no overlong
size_t text_utf8_count(const char *text, size_t len); // characters of well-formed text
// Bytes of the character at the start; 0: there is none, or it is malformed.
size_t text_utf8_step(const char *text, size_t len);
// Bytes of the run of well-formed characters over U+007F at the start.
size_t text_utf8_run(const char *text, size_t len);

// One e-mail address of at most 254 bytes, as people have them: no quotes, comments, spaces,
// control bytes or letters beyond ASCII, so that it can stand in a mail's header as it is.
bool text_is_email(const char *text, size_t len);

// Decimal digits only: no sign, space or leading zero (but "0"). False: not that, or over
// max.
bool text_to_uint(const char *text, size_t len, uint64_t max, uint64_t *ret);

// ret must hold 2 * len + 1.
void text_hex(char *ret, const void *bytes, size_t len);
bool text_from_hex(const char *text, size_t len, void *ret,
                   size_t ret_len); // exactly ret_len bytes, lower case

// ret must hold TEXT_BASE64_LEN(len) + 1; returns the length. With padding.
#define TEXT_BASE64_LEN(len) (((len) + 2) / 3 * 4)
size_t text_base64(char *ret, const void *bytes, size_t len);
size_t text_base64url(char *ret, const void *bytes,
                      size_t len); // RFC 4648 section 5, no padding
// *ret_len: in, the room at ret; out, what was decoded.
bool text_from_base64(const char *text, size_t len, void *ret, size_t *ret_len);

// 128 bits big-endian as exactly width base62 digits (0-9A-Za-z, most significant first; at
// least 22), no NUL; and back. False: a foreign digit, or over 128 bits.
void text_base62(char *ret, size_t width, const unsigned char bytes[16]);
bool text_from_base62(const char *text, size_t len, unsigned char ret[16]);

uint32_t text_crc32(const void *bytes, size_t len); // IEEE 802.3, as zlib's

// RFC 3339 in UTC. digits: of the second's fraction, 0, 3 or 6; micros beyond the
// millisecond are zeros. Returns the length; ret must hold TEXT_TIME_MAX.
enum { TEXT_TIME_MAX = 40 };
size_t text_time(char *ret, int64_t wall_ms, int digits);
// Accepts an offset or Z and any fraction; years 1970 to 9999. False: not such a time.
bool text_from_time(const char *text, size_t len, int64_t *ret_wall_ms);
// HTTP dates, RFC 9110 section 5.6.7 (the three forms). False: not such a time.
bool text_from_http_time(const char *text, size_t len, int64_t *ret_wall_ms);

#endif
