#include "hook/parcel.h"

#include "hook/event.h"

#include <stdlib.h>

void parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return;
    event_drop(parcel->event);
    free(parcel);
}

void parcel_free_all(struct parcel *first)
{
    while (first) {
        struct parcel *next = first->next;
        parcel_free(first);
        first = next;
    }
}

// Ids of one minter differ in their low bits only, so these are mixed before some are taken
// (the finalizer of MurmurHash3).
uint32_t partition_of(int64_t webhook_id)
{
    uint64_t mixed = (uint64_t)webhook_id;
    mixed = (mixed ^ mixed >> 33) * 0xff51afd7ed558ccdu;
    mixed = (mixed ^ mixed >> 33) * 0xc4ceb9fe1a85ec53u;
    return (uint32_t)((mixed ^ mixed >> 33) % PARTITIONS);
}
