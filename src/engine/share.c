#include "engine/share.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

// FNV-1a.
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

struct share *share_hold(struct map *shares, int64_t app_id, const char *host)
{
    struct map_key key = {(uint64_t)app_id, hash_text(host)};
    struct share *share = map_find(shares, key);

    if (!share) {
        share = NEW(struct share);
        share->key = key;
        list_init(&share->waiting);
        map_put(shares, key, share);
    }
    share->refs++;
    return share;
}

void share_drop(struct map *shares, struct share *share)
{
    if (!share || --share->refs)
        return;
    assert(share->in_flight == 0 && list_is_empty(&share->waiting));
    map_remove(shares, share->key);
    free(share);
}
