// A growable run of bytes with a ceiling. Appending past the ceiling, or after such a
// failure, does nothing but mark the buf; so a chain of appends is checked once, at its end,
// with buf_ok(). Running out of memory ends the process (base/memory.h).

#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; // NUL-terminated once anything was appended; NULL before
    size_t len; // without the NUL
    size_t cap;
    size_t max;
    bool overflowed;
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);  // release what buf holds; buf may be used again
void buf_clear(struct buf *buf); // forget the content, keep the memory

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, const char *str);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t number); // decimal
void buf_add_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A quoted JSON string; each byte that is not of a well-formed character becomes U+FFFD.
void buf_add_json(struct buf *buf, const char *text, size_t len);
char *buf_room(struct buf *buf,
               size_t len); // space for len bytes, not yet counted; NULL over the ceiling
void buf_added(struct buf *buf, size_t len); // that many of the room were filled
void buf_drop(struct buf *buf, size_t len);  // the first len bytes are no longer needed
bool buf_ok(const struct buf *buf);

#endif
