// A store in memory, held to the same conformance suite as the real ones, with what a
// simulation needs: a commit may fail, and what was applied may be lost in a crash until it
// is said to be durable.

#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "hook/delivery.h"
#include "store/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const struct store_backend_table store_model; // "model:"

// The next apply() answers STORE_FULL, and changes nothing.
void model_fail_next(struct store_backend *model);

// From now on apply() leaves what it did to be made durable by model_sync(), or to be undone
// by model_crash(). model_forget(): the process has ended, and with it what a real store
// only has in memory (behind).
void model_defer(struct store_backend *model);
void model_sync(struct store_backend *model);
void model_crash(struct store_backend *model);
void model_forget(struct store_backend *model);

// What the rows say, for a simulation to check: of one delivery, whether or not it is on the
// way to be cancelled. False: there is none.
struct model_delivery_view {
    int64_t webhook_id, app_id, due_ms, wait_ms;
    enum delivery_state state; // CANCELLED where its webhook was disabled
    uint16_t step, number, crashes;
    bool is_retrying;
};
bool model_delivery(const struct store_backend *model, int64_t event_id, uint16_t n,
                    struct model_delivery_view *ret);
bool model_is_gone(const struct store_backend *model, int64_t event_id); // dropped
int model_fan(const struct store_backend *model, int64_t event_id); // −1: no such event
uint64_t model_hash(const struct store_backend *model); // of all deliveries and attempts

#endif
