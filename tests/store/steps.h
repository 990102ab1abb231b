// The steps that cases are written in: one op each, applied as a group of its own unless the
// case gathers several.

#ifndef TESTS_STORE_STEPS_H
#define TESTS_STORE_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/backend.h"

enum { APP = 100, HOOK = 200, NOW = 1000000, MINUTE = 60000 };

struct world {
    const struct store_backend_table *table;
    char url[400];
    struct store_backend *backend;
    struct store_reader *reader;
    struct news news; // of the last group
    int64_t now_ms;
    int app_version; // of APP, as the last accept is to plan with
};

// A case: its name, which is its store's, and what it does. Lists end with a NULL name.
struct conformance_case {
    const char *name;
    void (*run)(struct world *world);
};
extern const struct conformance_case accept_cases[], settle_cases[], failing_cases[],
    claim_cases[], place_cases[], config_cases[], key_cases[], read_cases[], record_cases[],
    stats_cases[], post_cases[], job_cases[], order_cases[], clock_cases[], portal_cases[],
    trail_cases[], audit_cases[];

struct world world_in(const char *folder, const char *options); // SQLite, not yet open
void world_open(struct world *world);
void world_close(struct world *world);
bool world_reopen(struct world *world); // false: this back end does not outlive its closing

// Groups. Takes nothing over; the op's result is its own.
enum store_verdict apply(struct world *world, struct op **ops, size_t count);

// Ops that go to the store as one group, when it is full or told to; each must be done.
struct batch {
    struct op *ops[20];
    size_t count;
};
void batch_add(struct world *world, struct batch *batch, struct op *op); // which it frees
void batch_apply(struct world *world, struct batch *batch);

enum op_result apply_one(struct world *world, struct op *op);
enum op_result ask(struct world *world, struct op *op); // a read
void steps_all(struct world *world);                    // background work, to its end

// Ops, filled.
struct op *op_app(enum verb verb, int64_t id, const char *uid);
struct op *op_hook(enum verb verb, int64_t app_id, int64_t id);
struct op *op_accept(struct world *world, int64_t app_id, int64_t event_id,
                     const int64_t *hooks, size_t count);
struct op *op_settle(int64_t event_id, int n, int number, enum settle_next next);
struct op *op_delivery(enum op_kind kind, int64_t app_id, int64_t event_id, int n,
                       int64_t now_ms);
struct op *op_claim(int64_t hook, size_t limit, int64_t due_max);
struct dedupe dedupe_of(enum dedupe_kind kind, int key, int body);

// Steps: made, applied, freed.
void make_app(struct world *world, int64_t id);
void make_hook(struct world *world, int64_t id);  // of APP
void make_events(struct world *world, int count); // APP, HOOK, and ids from 1000 with keys
enum op_result change_hook(struct world *world, int64_t id, enum verb verb,
                           enum webhook_state state);
enum op_result accept_one(struct world *world, int64_t event_id, int64_t hook);
enum settle_result settle_one(struct world *world, int64_t event_id, int number,
                              enum settle_next next);
enum settle_result settle_as(struct world *world, int64_t event_id, int number,
                             enum settle_next next, enum trigger trigger, int64_t due,
                             int64_t *ret_due);
enum op_result on_delivery(struct world *world, enum op_kind kind, int64_t event_id);
// Claims; answers how many, and checks the ids in order where given.
size_t claim_ids(struct world *world, int64_t hook, size_t limit, int64_t due_max,
                 int64_t *ret_ids, bool *ret_reached_end, int64_t *ret_next_due);
void behind(struct world *world, int64_t hook);

struct delivery_row row_of(struct world *world, int64_t event_id, int n);
size_t attempts_of(struct world *world, int64_t event_id, int *ret_last_trigger);

size_t arrival_count(const struct world *world);

#endif
