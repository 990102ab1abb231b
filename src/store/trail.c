#include "store/trail.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256, VARINT_MAX = 10, ENTRY_MAX = 3 * VARINT_MAX };

int trail_compare(const struct trail_entry *a, const struct trail_entry *b)
{
    if (a->owner != b->owner)
        return a->owner < b->owner ? -1 : 1;
    if (a->event_id != b->event_id)
        return a->event_id < b->event_id ? -1 : 1;
    return (a->n > b->n) - (a->n < b->n);
}

// FNV-1a. It stands in the database, so it stays as it is.
int64_t trail_owner(int64_t app_id, const char *type)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)app_id;

    hash *= UINT64_C(0x100000001b3);
    for (const char *at = type ? type : ""; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return (int64_t)(hash >> 1) - INT64_MAX - 1;
}

// --- leaves ---
//
// An entry is three numbers, each in groups of seven bits, the lowest first: how far its
// owner is from the one before, how far its event (with the sign in the lowest bit), and n.

static size_t put_number(unsigned char *to, uint64_t number)
{
    size_t len = 0;

    for (; number >= 0x80; number >>= 7)
        to[len++] = (unsigned char)(number | 0x80);
    to[len++] = (unsigned char)number;
    return len;
}

static bool get_number(const unsigned char **at, const unsigned char *end, uint64_t *ret)
{
    *ret = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        unsigned char byte = *(*at)++;
        *ret |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static uint64_t with_sign_low(uint64_t difference)
{
    return difference << 1 ^ (difference >> 63 ? UINT64_MAX : 0);
}

static uint64_t with_sign_high(uint64_t number)
{
    return number >> 1 ^ (number & 1 ? UINT64_MAX : 0);
}

static size_t put_entry(unsigned char *to, const struct trail_entry *before,
                        const struct trail_entry *entry)
{
    size_t len = put_number(to, (uint64_t)entry->owner - (uint64_t)before->owner);

    len += put_number(to + len,
                      with_sign_low((uint64_t)entry->event_id - (uint64_t)before->event_id));
    return len + put_number(to + len, (uint64_t)entry->n);
}

size_t trail_pack(const struct trail_entry *entries, size_t count, struct trail_leaf *ret)
{
    struct trail_entry before = entries[0];
    size_t taken = 0;

    ret->first = entries[0];
    ret->len = 0;
    for (; taken < count && taken < TRAIL_LEAF_MOST; taken++) {
        unsigned char bytes[ENTRY_MAX];
        size_t len = put_entry(bytes, &before, &entries[taken]);
        if (ret->len + len > sizeof ret->bytes)
            break;
        memcpy(ret->bytes + ret->len, bytes, len);
        ret->len += len;
        before = entries[taken];
    }
    return taken;
}

size_t trail_unpack(const struct trail_entry *first, const unsigned char *bytes, size_t len,
                    struct trail_entry ret[TRAIL_LEAF_MOST])
{
    const unsigned char *at = bytes;
    const unsigned char *end = bytes + len;
    struct trail_entry entry = *first;
    size_t count = 0;

    while (at < end) {
        uint64_t owner, event, n;
        if (count == TRAIL_LEAF_MOST || !get_number(&at, end, &owner) ||
            !get_number(&at, end, &event) || !get_number(&at, end, &n) || n > UINT16_MAX)
            return 0;
        entry.owner = (int64_t)((uint64_t)entry.owner + owner);
        entry.event_id = (int64_t)((uint64_t)entry.event_id + with_sign_high(event));
        entry.n = (int)n;
        ret[count++] = entry;
    }
    return count;
}

// --- what has gathered ---

void trail_init(struct trail *trail, size_t run_entries)
{
    *trail = (struct trail){.run_entries = run_entries, .state.number = 1};
}

void trail_done(struct trail *trail)
{
    free(trail->entries);
    trail->entries = NULL;
}

void trail_mark(struct trail *trail)
{
    trail->state_before = trail->state;
    trail->count_before = trail->count;
    trail->has_written = false;
}

void trail_commit(struct trail *trail)
{
    size_t kept = 0;

    if (!trail->has_written)
        return;
    for (size_t i = 0; i < trail->count; i++)
        if (trail->entries[i].event_id > trail->state.last)
            trail->entries[kept++] = trail->entries[i];
    trail->count = kept;
}

void trail_rollback(struct trail *trail)
{
    trail->state = trail->state_before;
    trail->count = trail->count_before;
}

void trail_add(struct trail *trail, int64_t owner, int64_t event_id, int n)
{
    if (trail->count == trail->cap) {
        trail->cap = trail->cap ? trail->cap * 2 : FIRST_CAP;
        trail->entries = memory_resize(trail->entries, trail->cap * sizeof *trail->entries);
    }
    trail->entries[trail->count++] = (struct trail_entry){owner, event_id, n};
}

void trail_add_event(struct trail *trail, int64_t event_id, int64_t app_id, const char *type)
{
    trail_add(trail, trail_owner(app_id, NULL), event_id, 0);
    trail_add(trail, trail_owner(app_id, type), event_id, 0);
}

bool trail_is_due(const struct trail *trail)
{
    return trail->count >= trail->run_entries + trail->run_entries / 4;
}

static int by_owner(const void *a, const void *b)
{
    return trail_compare(a, b);
}

// The spare ones stay, so that an event that another worker minted a little earlier finds its
// run still open.
struct trail_entry *trail_take(const struct trail *trail, bool is_all, size_t *ret_count,
                               int64_t *ret_last)
{
    struct trail_entry *taken = NEW_ARRAY(struct trail_entry, trail->count + 1);
    size_t most = is_all ? trail->count : trail->run_entries;
    size_t count = 0;
    int64_t last = trail->state.last;

    for (size_t i = 0; i < trail->count && i < most; i++)
        if (trail->entries[i].event_id > last)
            last = trail->entries[i].event_id;
    for (size_t i = 0; i < trail->count; i++)
        if (trail->entries[i].event_id <= last)
            taken[count++] = trail->entries[i];
    qsort(taken, count, sizeof *taken, by_owner);
    *ret_count = count;
    *ret_last = last;
    return taken;
}
