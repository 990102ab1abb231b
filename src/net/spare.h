// Memory that connections need only while bytes are on their way: given back when a
// connection falls idle and taken by the next one that is busy. So an idle connection is
// small, and a busy one allocates nothing.

#ifndef NET_SPARE_H
#define NET_SPARE_H

#include "base/buf.h"
#include "net/body.h"
#include "net/head.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A request that has begun and has not been handed out.
struct reading {
    struct head head;
    struct body body;
    bool is_in_body;
    size_t body_len;       // of it there are now, decoded, right behind the head
    size_t raw_at;         // where what is not decoded yet begins
    int64_t since_ms;      // when the head, or then the body, began
    int64_t window_ms;     // when the rate of the body was last looked at
    uint64_t window_bytes; // what came of it since
    int64_t in_flight;     // what of it is counted among the bodies in flight
};

enum { SPARE_BUFS = 128, SPARE_READINGS = 16, SPARE_BUF_CAP = 32768 };

struct spare {
    struct buf bufs[SPARE_BUFS];
    size_t buf_count;
    struct reading *readings[SPARE_READINGS];
    size_t reading_count;
};

void spare_init(struct spare *spare);
void spare_done(struct spare *spare);

// Memory for an empty buf that has none; there may be none, then it grows by itself.
void spare_take_buf(struct spare *spare, struct buf *buf);
void spare_give_buf(struct spare *spare, struct buf *buf); // its content is forgotten

struct reading *spare_take_reading(struct spare *spare); // its content is undefined
void spare_give_reading(struct spare *spare, struct reading *reading);

#endif
