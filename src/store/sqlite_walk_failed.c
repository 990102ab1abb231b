#include "store/sqlite_walk_failed.h"

#include "base/memory.h"
#include "store/sqlite_read.h"

#include <stdlib.h>

enum { WEBHOOKS_MAX = 10000 };

struct failed_walk {
    struct store_reader *reader;
    struct trail_entry *heads; // the newest of each webhook that has one; the owner is it
    size_t count, cap;
};

// The webhook's newest below that entry. False: it has none.
static bool find_below(struct failed_walk *walk, struct trail_entry *in_out)
{
    sqlite3_stmt *get =
        reader_statement(walk->reader, "SELECT event, n FROM delivery WHERE webhook = ?1"
                                       " AND state >= 4 AND (event, n) < (?2, ?3)"
                                       " ORDER BY event DESC, n DESC LIMIT 1");
    bool is_there;

    sqlite3_bind_int64(get, 1, in_out->owner);
    sqlite3_bind_int64(get, 2, in_out->event_id);
    sqlite3_bind_int(get, 3, in_out->n);
    is_there = reader_step(walk->reader, get);
    if (is_there) {
        in_out->event_id = sqlite3_column_int64(get, 0);
        in_out->n = sqlite3_column_int(get, 1);
    }
    sqlite3_reset(get);
    return is_there;
}

static void add_head(struct failed_walk *walk, const struct trail_entry *head)
{
    if (walk->count == walk->cap) {
        walk->cap = walk->cap ? walk->cap * 2 : 16;
        walk->heads = memory_resize(walk->heads, walk->cap * sizeof *walk->heads);
    }
    walk->heads[walk->count++] = *head;
}

struct failed_walk *failed_walk_new(struct store_reader *reader, int64_t app_id,
                                    const struct trail_entry *cursor)
{
    sqlite3_stmt *webhooks =
        reader_statement(reader, "SELECT id FROM webhook WHERE app = ?1 ORDER BY id");
    struct failed_walk *walk = NEW(struct failed_walk);
    int seen = 0;

    walk->reader = reader;
    sqlite3_bind_int64(webhooks, 1, app_id);
    for (; seen <= WEBHOOKS_MAX && reader_step(reader, webhooks); seen++) {
        struct trail_entry head = *cursor;
        head.owner = sqlite3_column_int64(webhooks, 0);
        if (find_below(walk, &head))
            add_head(walk, &head);
    }
    sqlite3_reset(webhooks);
    if (seen <= WEBHOOKS_MAX)
        return walk;
    failed_walk_free(walk);
    return NULL;
}

void failed_walk_free(struct failed_walk *walk)
{
    if (!walk)
        return;
    free(walk->heads);
    free(walk);
}

static bool is_newer(const struct trail_entry *a, const struct trail_entry *b)
{
    return a->event_id != b->event_id ? a->event_id > b->event_id : a->n > b->n;
}

bool failed_walk_next(struct failed_walk *walk, struct trail_entry *ret)
{
    struct trail_entry *newest = NULL;

    for (size_t i = 0; i < walk->count; i++)
        if (!newest || is_newer(&walk->heads[i], newest))
            newest = &walk->heads[i];
    if (!newest)
        return false;
    *ret = *newest;
    if (!find_below(walk, newest))
        *newest = walk->heads[--walk->count];
    return true;
}
