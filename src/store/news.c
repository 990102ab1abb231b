#include "base/memory.h"
#include "hook/parcel.h"
#include "store/backend.h"

#include <stdlib.h>

enum { FIRST_CAP = 16 };

void news_init(struct news *news)
{
    *news = (struct news){0};
    news->arrivals_tail = &news->arrivals;
}

void news_done(struct news *news)
{
    parcel_free_all(news->arrivals);
    free(news->dues);
    free(news->changes);
    free(news->cancelled);
    news_init(news);
}

// Room for one more in an array of that count.
static void *room(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return array;
    *cap = *cap ? *cap * 2 : FIRST_CAP;
    return memory_resize(array, *cap * size);
}

void news_arrival(struct news *news, struct parcel *parcel)
{
    parcel->next = NULL;
    *news->arrivals_tail = parcel;
    news->arrivals_tail = &parcel->next;
}

void news_due(struct news *news, int64_t webhook_id, int64_t app_id, int64_t due_wall_ms)
{
    news->dues = room(news->dues, news->due_count, &news->due_cap, sizeof *news->dues);
    news->dues[news->due_count++] = (struct lane_due){webhook_id, app_id, due_wall_ms};
}

void news_change(struct news *news, int64_t app_id, int64_t webhook_id, struct op *op)
{
    news->changes =
        room(news->changes, news->change_count, &news->change_cap, sizeof *news->changes);
    news->changes[news->change_count++] = (struct news_change){app_id, webhook_id, op};
}

void news_cancelled(struct news *news, int64_t webhook_id, int64_t event_id, uint16_t n)
{
    news->cancelled = room(news->cancelled, news->cancelled_count, &news->cancelled_cap,
                           sizeof *news->cancelled);
    news->cancelled[news->cancelled_count++] =
        (struct news_cancelled){webhook_id, event_id, n};
}
