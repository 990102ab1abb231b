// One attempt: made from the lane's card, sent through the port, judged by its outcome, and
// kept until the store has acknowledged what became of it.

#ifndef ENGINE_EXCHANGE_H
#define ENGINE_EXCHANGE_H

#include "base/list.h"
#include "base/moment.h"
#include "hook/settle.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct held;
struct hook_card;
struct outcome;
struct share;
struct turn_app;
struct wire;

struct exchange {
    uint64_t id;       // exchange_slot() of it is its place; what stands above counts up
    struct link link;  // among the free ones, or those that found the disk full
    struct held *held; // NULL: free
    struct turn_app *app;
    struct share *share;
    struct hook_card *card;
    struct wire *wire;     // NULL: nothing was sent, or the outcome is known
    struct settle *settle; // the world's until acknowledged; NULL: the outcome is not known
    struct moment started;
    int64_t due_mono_ms; // of the next attempt
    int64_t ask_at_ms;   // when a full disk is asked again
    uint32_t changes;    // of the webhook's rows, as it started
    bool was_sent;
};

void exchange_init_all(struct engine *engine);
void exchange_free_all(struct engine *engine);

void exchange_pump(struct engine *engine); // starts what may start now
void exchange_ended(struct engine *engine, uint64_t id, const struct outcome *outcome);
void exchange_interrupt_all(struct engine *engine);

// The store's answer to its settle, which is taken over.
void exchange_settled(struct engine *engine, struct settle *settle,
                      enum settle_result result);
void exchange_ask_again(struct engine *engine); // settles that found the disk full

#endif
