#include "net/spare.h"

#include "base/memory.h"

#include <stdlib.h>

void spare_init(struct spare *spare)
{
    *spare = (struct spare){0};
}

void spare_done(struct spare *spare)
{
    while (spare->buf_count > 0)
        buf_done(&spare->bufs[--spare->buf_count]);
    while (spare->reading_count > 0)
        free(spare->readings[--spare->reading_count]);
}

void spare_take_buf(struct spare *spare, struct buf *buf)
{
    size_t max = buf->max;

    if (buf->cap > 0 || spare->buf_count == 0)
        return;
    *buf = spare->bufs[--spare->buf_count];
    buf->max = max;
}

void spare_give_buf(struct spare *spare, struct buf *buf)
{
    if (buf->cap == 0)
        return;
    if (buf->cap > SPARE_BUF_CAP || spare->buf_count == SPARE_BUFS) {
        buf_done(buf);
        return;
    }
    buf_clear(buf);
    spare->bufs[spare->buf_count++] = *buf;
    buf_init(buf, buf->max);
}

struct reading *spare_take_reading(struct spare *spare)
{
    return spare->reading_count ? spare->readings[--spare->reading_count]
                                : NEW(struct reading);
}

void spare_give_reading(struct spare *spare, struct reading *reading)
{
    if (spare->reading_count == SPARE_READINGS)
        free(reading);
    else
        spare->readings[spare->reading_count++] = reading;
}
