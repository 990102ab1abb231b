// The whole of deliveries in motion, in a simulated world: engines and intake are the real
// ones, the store is tests/model, and everything else (time, dice, network, receivers,
// people, crashes) is drawn from one seed. A run has two phases: with faults, in which
// nothing promised may break, and without, in which everything must come to its end.
//
// Every happening is a message in one heap, ordered by time and by when it was said. What the
// store says reaches a worker in order; what receivers say, as it comes.

#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/moment.h"
#include "hook/app_card.h"
#include "hook/card.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "hook/profile.h"
#include "hook/settle.h"
#include "model.h"
#include "store/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { WORKERS_MAX = 3, APPS_MAX = 4, HOOKS_MAX = 10, NUMBERS_MAX = 96, OPS_MAX = 4096 };

enum message_kind {
    MESSAGE_PUBLISH,   // a client posts, or posts again
    MESSAGE_PEOPLE,    // an operator changes, retries or cancels something
    MESSAGE_FAULT,     // a crash, a stop, a clock that jumps
    MESSAGE_GROUP,     // the store takes what waits as one group
    MESSAGE_COMMITTED, // … and has it on the disk
    MESSAGE_OP,        // an op comes back to its worker
    MESSAGE_NEWS,      // what a group brought about, for one worker
    MESSAGE_CARD,      // a read of a webhook's rows, on its way there or back
    MESSAGE_OUTCOME,   // an attempt ends
    MESSAGE_WAKE,
    MESSAGE_OUTAGE,
    MESSAGE_WORK,  // the store does a step of what it does by itself
    MESSAGE_START, // after a crash or a stop
    MESSAGE_STOP,  // a stop looks again whether all is done
    MESSAGE_CALM,  // the second phase begins
};

// What one worker is told of a group.
struct sim_news {
    struct parcel *arrivals;
    struct lane_due *dues;
    size_t due_count;
    struct news_change *changes; // op is not used
    int *versions;               // of the webhooks that changed
    size_t change_count;
    struct news_cancelled *cancelled;
    size_t cancelled_count;
};

struct message {
    struct heap_item item; // by time
    enum message_kind kind;
    int worker;
    int life; // of the process that it belongs to; of an earlier one: dropped. −1: of none
    int64_t a, b;
    struct op *op;
    struct sim_news *news;
    struct hook_card *card;
};

enum mood {
    MOOD_FINE,
    MOOD_BROKEN,
    MOOD_SLOW,
    MOOD_GONE,
    MOOD_BUSY,
    MOOD_FLIPS,
    MOODS,
    MOOD_FRAGILE
};

struct sim_job { // recover
    int64_t id;  // 0: none runs
    int64_t first_id, end_id;
};

enum { PER_SECOND_MAX = 50 };

// A webhook and its receiver, as they are in truth.
struct sim_hook {
    int64_t id;
    struct sim_app *app;
    const char *type; // the one it is bound to; NULL: all
    int in_flight_max;
    int disable_after_days;            // 0: never
    int per_second_max;                // 0: no limit
    int64_t starts_ms[PER_SECOND_MAX]; // of the last attempts, in a ring
    uint64_t start_count;              // of this process
    struct sim_job job;
    enum mood mood;
    enum webhook_state state; // as committed, like version
    int version;
    int64_t failing_since_ms; // wall; 0: the last attempt that counts was received
    int told_version;         // the last change that reached its worker
    int in_flight;
    bool was_closed;
    int placed;          // deliveries
    int lined;           // of them, with an order key
    int in_order;        // attempts since one overtook an older one
    struct link waiting; // deliveries that its engine was given and that wait there
};

struct sim_app {
    int64_t id;
    const struct profile *profile;
    struct app_card *doors[WORKERS_MAX]; // what each door knows; NULL: asks
};

enum verdict { VERDICT_NONE, VERDICT_RECEIVED, VERDICT_COUNTED, VERDICT_NOT_COUNTED };

// A delivery as it is in truth.
struct sim_delivery {
    int64_t event_id;
    uint16_t n;
    struct sim_hook *hook;
    char order_key; // 0: none
    int place;      // in the order in which the hook's were accepted
    struct link waiting;
    int64_t given_due_ms; // wall, while in waiting
    bool is_in_flight;    // of the process that runs
    bool is_unsettled;    // … or its engine does not know yet that it was settled
    bool was_accepted;    // a receiver's answer that counts as received came back in time
    int started;          // attempts that went out
    int counted;          // failures that the contract counts, as committed
    int64_t accepted_ms, first_ms; // mono; first_ms: of its first attempt
    int settled;                   // the number of the last attempt that the store has
    int64_t earliest_ms;           // mono; the next scheduled attempt may not start before
    int64_t jumps_then_ms;  // how far the wall clock had been set ahead when that was set
    int64_t retry_asked_ms; // mono; of a manual retry that no attempt has followed yet; −1
    bool is_retrying;       // a manual retry was asked and is not yet served
    bool was_bad;           // before the step that is made: it had failed, or was cancelled
    bool is_wanted;         // a job is to try it anew
    bool was_recovered;     // tried anew by a job, once
    bool is_dropped;        // by retention
    int64_t open_ms, open_jumps_ms;    // when a step last saw it open, and how far ahead
    bool is_cancelled, is_cancel_told; // by a person: committed; and its engine was told
    bool was_cancelled;                // once, which a failed manual retry brings back
    struct {
        enum verdict verdict;
        int status;
        int64_t ended_ms, jumps_ms, retry_after_ms;
    } outcomes[NUMBERS_MAX]; // by number
};

// What a client wants to be accepted, until it is.
struct sim_request {
    struct sim_app *app;
    const struct event_type *type; // NULL: of an open catalogue
    int64_t event_id;              // once acknowledged
    int tries;
};

struct sim_worker {
    struct engine *engine;
    int64_t told_until_ms; // the store's last message arrives then
    uint64_t wake_number;  // only the newest wake-up counts
    int in_flight;
};

struct sim_flight { // an attempt, by (worker, exchange)
    int worker;
    uint64_t exchange;
    struct sim_delivery *delivery;
    uint16_t number;
    int64_t timeout_ms;
    bool has_ended;
};

// How much goes wrong, drawn by each seed; per 10,000.
struct sim_faults {
    int crash, full, slow_commit, local, jump, people;
    int64_t jump_max_ms;
};

struct sim {
    uint64_t seed, random;
    bool is_traced, has_failed;
    char why[300];
    int64_t mono_ms, offset_ms; // wall = mono + offset
    int64_t jumped_ahead_ms, jumped_back_ms;
    struct heap heap;
    int life;
    bool is_up, is_stopping, is_calm;
    int64_t stop_at_ms;
    int64_t latest_wall_ms; // that any process of before has seen
    int starts_behind;      // by a clock that was behind it
    struct cut_off *cuts;   // attempts that the last crash cut off
    size_t cut_count;

    struct store_backend *store;
    struct store_reader *reader;
    struct op *queue[OPS_MAX]; // in order of submission
    size_t queue_count;
    struct op *group[OPS_MAX]; // being committed
    size_t group_count;
    int64_t group_wall_ms;
    struct news news;
    bool is_committing, is_group_planned;
    bool is_working; // what is being committed is a step
    bool has_more_work;
    int64_t busy_ms;    // when anything else than a step happened last
    int64_t work_at_ms; // 0: not planned
    int job_count, dropped_count;

    int worker_count;
    struct sim_worker workers[WORKERS_MAX];
    struct sim_app apps[APPS_MAX];
    int app_count;
    struct sim_hook hooks[HOOKS_MAX];
    int hook_count;
    struct map deliveries; // (event, n) → struct sim_delivery
    struct map flights;    // (worker, exchange) → struct sim_flight
    struct sim_request *requests;
    int request_count, asked_count, acked_count;
    struct minter minters[WORKERS_MAX]; // of the doors
    struct id_cipher *cipher;
    struct keyring *keyring;
    struct sim_faults faults;
    bool checks_order; // no clock jumps and nothing is dropped for want of memory; of lanes
                       // without a limit per second, which keep little in hand
    int64_t lane_memory;

    int outage_count; // sim_outage.c: events that wait for its end; 0: none is played
    int overload_count;
    int64_t hits_ms[PER_SECOND_MAX + 1]; // of the fragile endpoint, in a ring
    uint64_t hit_count;
    int64_t down_ms;    // how long the next stop lasts; 0: not long
    int64_t drained_ms; // the last attempt ended

    uint64_t attempts, steps, hash;
    int64_t steps_max;
};

// sim_main.c
extern struct profile_set sim_profiles;

// sim_world.c
bool sim_run(struct sim *sim, uint64_t seed, bool is_traced); // false: sim->why
void sim_begin(struct sim *sim, uint64_t seed, bool is_traced);
void sim_play(struct sim *sim); // to the end
void sim_done(struct sim *sim);
struct message *sim_say(struct sim *sim, enum message_kind kind, int64_t at_ms);
struct moment sim_now(const struct sim *sim);
uint64_t sim_random(struct sim *sim);
int64_t sim_between(struct sim *sim, int64_t least, int64_t most);
bool sim_chance(struct sim *sim, int of_10000);
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(const struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_jump(struct sim *sim);     // of the wall clock
void sim_see_wall(struct sim *sim); // before it may jump, and at a process's end
int sim_worker_of(const struct sim *sim, int64_t webhook_id);

// sim_store.c
void sim_submit(struct sim *sim, struct op *op);
void sim_group(struct sim *sim);
void sim_committed(struct sim *sim);
void sim_tell(struct sim *sim, struct news *news, int life);
void sim_drop_ops(struct sim *sim, bool is_kept); // the process has crashed
void sim_news_free(struct sim_news *news);

// sim_process.c
void sim_start(struct sim *sim);
void sim_crash(struct sim *sim);
void sim_stop(struct sim *sim);
void sim_free_engines(struct sim *sim);

// sim_engine.c: an engine with its ports, and what its worker does with messages
struct engine *sim_new_engine(struct sim *sim, int worker);
void sim_on_op(struct sim *sim, struct message *message);
void sim_on_news(struct sim *sim, int worker, struct sim_news *news);
void sim_on_card(struct sim *sim, struct message *message);
void sim_on_outcome(struct sim *sim, struct message *message);
void sim_on_wake(struct sim *sim, struct message *message);

// sim_receiver.c: what a receiver does with an attempt, and what the sender makes of it
void sim_receive(struct sim *sim, struct sim_flight *flight);
enum verdict sim_verdict(const struct profile *profile, const struct outcome *outcome);
struct outcome sim_outcome(enum outcome_error error, int status);

// sim_work.c
void sim_work_at(struct sim *sim, int64_t at_ms);
void sim_work_soon(struct sim *sim);
void sim_work(struct sim *sim);
void sim_ask_job(struct sim *sim);
void truth_step(struct sim *sim);
void truth_job(struct sim *sim, const struct op *op);
void truth_none_wanted(struct sim *sim, const struct sim_hook *hook);

// sim_outage.c
bool sim_outage(struct sim *sim, int count, bool is_traced); // false: sim->why
void sim_go_out(struct sim *sim);
bool sim_is_too_much(struct sim *sim, const struct sim_hook *hook); // one attempt more

// sim_people.c
void sim_add_app(struct sim *sim, const struct profile *profile);
void sim_add_hook(struct sim *sim, struct sim_app *app, const struct sim_hook *like);
int64_t sim_mint(struct sim *sim, int door);
void sim_settle_in(struct sim *sim); // apps, webhooks, publishers, as the seed draws them
void sim_publish(struct sim *sim, int request);
void sim_published(struct sim *sim, struct op *op);
void sim_meddle(struct sim *sim);
void sim_meddled(struct sim *sim, struct op *op);
struct hook_card *sim_read_card(struct sim *sim, int64_t app_id, int64_t webhook_id);

// sim_truth.c
struct sim_hook *truth_hook(struct sim *sim, int64_t webhook_id);
struct sim_delivery *truth_delivery(struct sim *sim, int64_t event_id, uint16_t n);
void truth_given(struct sim *sim, const struct parcel *first);
void truth_not_given(struct sim_delivery *delivery);
void truth_none_given(struct sim_hook *hook);
void truth_start(struct sim *sim, struct sim_delivery *delivery, uint16_t number,
                 int version);
void truth_end(struct sim *sim, struct sim_delivery *delivery, uint16_t number,
               const struct outcome *outcome);
void truth_cut_off(struct sim *sim, struct sim_delivery *delivery, uint16_t number);
void truth_crash(struct sim *sim);
void truth_check_waits(struct sim *sim); // at a start: none is longer than its own
struct model_delivery_view truth_view(struct sim *sim, const struct sim_delivery *delivery);

// sim_commits.c
void truth_group(struct sim *sim); // what the group's ops have come to, in their order

// sim_ends.c
void truth_check_acked(struct sim *sim); // everything acknowledged is there
void truth_check_end(struct sim *sim);

#endif
