// An HTTP/1.1 answer as bytes.

#ifndef NET_REPLY_H
#define NET_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct reply_header;

// The header lines that every answer has, made once a second.
struct reply_common {
    int64_t second;
    char lines[128];
    size_t len;
};

void reply_common_update(struct reply_common *common, int64_t wall_ms);

const char *reply_reason(int status); // "Not Found"; never NULL

struct reply {
    int status;
    const char *content_type; // NULL: no such line
    const struct reply_header *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
    bool is_last; // says Connection: close
    bool is_head; // says the body's length, but leaves the body out
};

// Appends it. Answers are not to be cached unless headers say Cache-Control themselves. A
// control byte in a header's value is written as a space: whoever chose it cannot end the
// line.
void reply_write(struct buf *out, const struct reply_common *common,
                 const struct reply *reply);

#endif
