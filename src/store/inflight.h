// Which attempts were going out when the process ended: a mapped file of one slot per
// attempt, written without a system call and without fsync. It survives a crash of the
// process, which is what a poisonous delivery causes; after a power failure it may be stale,
// and the numbers in it are compared with the store's anyway.

#ifndef STORE_INFLIGHT_H
#define STORE_INFLIGHT_H

#include "base/error.h"
#include "store/backend.h"

#include <stddef.h>
#include <stdint.h>

struct inflight;

// Opens or makes the file with so many slots, and tells what was left in it (malloc'd, the
// caller's). What is damaged in it is left out. Errors: ERR_IO, ERR_PERMISSION.
enum error_code inflight_open(const char *folder, size_t slots, struct inflight **ret,
                              struct cut_off **ret_cuts, size_t *ret_count,
                              struct error *error) MUST_CHECK;
void inflight_clear(struct inflight *inflight); // what was left is recorded elsewhere
void inflight_close(struct inflight *inflight); // does nothing to NULL

// Any thread; a slot belongs to one of them.
void inflight_set(struct inflight *inflight, size_t slot, int64_t event_id, uint16_t n,
                  uint16_t number);
void inflight_unset(struct inflight *inflight, size_t slot);

#endif
