// How an attempt ended, on its way from the engine to the store. Applied only if number is
// the delivery's next, so repeating one is harmless.

#ifndef HOOK_SETTLE_H
#define HOOK_SETTLE_H

#include "hook/outcome.h"
#include "hook/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settle_next {
    SETTLE_WAIT,      // park until due
    SETTLE_DELIVERED, // ends, also a cancelled one
    SETTLE_FAILED,    // ends: no attempt is left
    SETTLE_CANCELLED, // ends: a failed attempt of a webhook that is gone
    SETTLE_RESTORE,   // a manual attempt failed: everything but number is as before the retry
};

// What the store made of it.
enum settle_result {
    SETTLED,       // recorded
    SETTLED_AGAIN, // recorded; a manual retry was asked meanwhile, and is parked, due now
    SETTLED_GONE,  // recorded if the row is still there; the delivery has ended or was
                   // cancelled
    SETTLED_STALE, // not recorded: another attempt has that number, or the epoch is over
    SETTLED_FULL,  // not recorded, the disk is full: keep it and ask again
};

struct settle {
    int64_t event_id;
    int64_t webhook_id;
    int64_t app_id;
    uint32_t partition;
    uint64_t epoch;
    uint16_t n;
    uint16_t number;  // of this attempt, from 1
    uint16_t step;    // in force after it
    uint16_t crashes; // in force after it
    enum settle_next next;
    int64_t due_wall_ms; // WAIT: in. RESTORE: out, of the row as restored (INT64_MAX: it had
                         // ended)
    int64_t wait_ms;
    struct {
        enum trigger trigger;
        int64_t started_wall_ms;
        int64_t duration_ms;
        int status;
        enum outcome_error error;
        int webhook_version;   // of the card it was made with
        unsigned char *detail; // hook/evidence.h; malloc'd, the settle's
        size_t detail_len;
    } attempt;
    bool disable_webhook;   // if its version is still the attempt's
    int disable_after_days; // the same, where no attempt has succeeded for so long; 0: never
    bool mails;             // FAILED by the schedule: the contract demands an e-mail
};

void settle_free(struct settle *settle); // does nothing to NULL

#endif
