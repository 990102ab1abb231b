#include "base/memory.h"
#include "engine/mutant.h"
#include "hook/parcel.h"
#include "model.h"
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void plan_group(struct sim *sim)
{
    if (sim->is_committing || sim->is_group_planned || sim->queue_count == 0)
        return;
    sim->is_group_planned = true;
    sim_say(sim, MESSAGE_GROUP, sim->mono_ms + sim_between(sim, 0, 1));
}

void sim_submit(struct sim *sim, struct op *op)
{
    if (sim->queue_count == OPS_MAX)
        abort();
    sim->queue[sim->queue_count++] = op;
    plan_group(sim);
}

// The order in a group: settles, accepts, configuration, what lanes ask, as they asked it.
static int rank(const struct op *op)
{
    switch (op->kind) {
    case OP_SETTLE: return 0;
    case OP_ACCEPT: return 1;
    case OP_PARK:
    case OP_BEHIND:
    case OP_CLAIM: return 3;
    default: return 2;
    }
}

static void take_group(struct sim *sim)
{
    sim->group_count = 0;
    for (int r = 0; r <= 3; r++)
        for (size_t i = 0; i < sim->queue_count; i++)
            if (rank(sim->queue[i]) == r)
                sim->group[sim->group_count++] = sim->queue[i];
    sim->queue_count = 0;
}

// The store's messages reach a worker in order.
static int64_t arrival_ms(struct sim *sim, int worker)
{
    int64_t at = sim->mono_ms + sim_between(sim, 0, 2);
    struct sim_worker *to = &sim->workers[worker];

    if (at < to->told_until_ms)
        at = to->told_until_ms;
    to->told_until_ms = at;
    return at;
}

static struct sim_news *news_for(struct sim_news **all, int worker)
{
    if (!all[worker])
        all[worker] = NEW(struct sim_news);
    return all[worker];
}

#define APPEND(array, count, ...)                                          \
    do {                                                                   \
        (array) = memory_resize((array), ((count) + 1) * sizeof *(array)); \
        (array)[(count)++] = (__VA_ARGS__);                                \
    } while (0)

static void share_out_parcels(struct sim *sim, struct news *news, struct sim_news **all)
{
    struct parcel *next;
    struct parcel **tails[WORKERS_MAX] = {0};

    for (struct parcel *parcel = news->arrivals; parcel; parcel = next) {
        int worker = sim_worker_of(sim, parcel->webhook_id);
        struct sim_news *own = news_for(all, worker);
        next = parcel->next;
        parcel->next = NULL;
        if (!tails[worker])
            tails[worker] = &own->arrivals;
        *tails[worker] = parcel;
        tails[worker] = &parcel->next;
    }
    news->arrivals = NULL;
    news->arrivals_tail = &news->arrivals;
}

static void share_out(struct sim *sim, struct news *news, struct sim_news **all)
{
    share_out_parcels(sim, news, all);
    for (size_t i = 0; i < news->due_count; i++) {
        struct sim_news *own = news_for(all, sim_worker_of(sim, news->dues[i].webhook_id));
        APPEND(own->dues, own->due_count, news->dues[i]);
    }
    for (size_t i = 0; i < news->change_count; i++)
        for (int w = 0; w < sim->worker_count; w++) {
            struct sim_news *own = news_for(all, w);
            struct sim_hook *hook = truth_hook(sim, news->changes[i].webhook_id);
            size_t count = own->change_count;
            APPEND(own->versions, count, hook ? hook->version : 0);
            APPEND(own->changes, own->change_count, news->changes[i]);
        }
    for (size_t i = 0; i < news->cancelled_count; i++) {
        struct sim_news *own =
            news_for(all, sim_worker_of(sim, news->cancelled[i].webhook_id));
        APPEND(own->cancelled, own->cancelled_count, news->cancelled[i]);
    }
}

void sim_tell(struct sim *sim, struct news *news, int life)
{
    struct sim_news *all[WORKERS_MAX] = {0};

    share_out(sim, news, all);
    for (int w = 0; w < sim->worker_count; w++) {
        struct message *message;
        if (!all[w])
            continue;
        message = sim_say(sim, MESSAGE_NEWS, arrival_ms(sim, w));
        message->worker = w;
        message->life = life;
        message->news = all[w];
    }
    news_done(news);
}

void sim_news_free(struct sim_news *news)
{
    if (!news)
        return;
    parcel_free_all(news->arrivals);
    free(news->dues);
    free(news->changes);
    free(news->versions);
    free(news->cancelled);
    free(news);
}

static void return_ops(struct sim *sim)
{
    for (size_t i = 0; i < sim->group_count; i++) {
        struct op *op = sim->group[i];
        struct message *message = sim_say(sim, MESSAGE_OP, arrival_ms(sim, op->worker));
        message->worker = op->worker;
        message->op = op;
    }
    sim->group_count = 0;
}

// What was born and what has ended may be told in either order.
static void answer(struct sim *sim)
{
    if (sim_chance(sim, 5000)) {
        sim_tell(sim, &sim->news, sim->life);
        return_ops(sim);
    } else {
        return_ops(sim);
        sim_tell(sim, &sim->news, sim->life);
    }
}

void sim_group(struct sim *sim)
{
    int64_t took = sim_chance(sim, sim->faults.slow_commit) ? sim_between(sim, 1000, 6000)
                                                            : sim_between(sim, 1, 8);
    enum store_verdict verdict;

    sim->is_group_planned = false;
    if (sim->is_committing)
        return;
    take_group(sim);
    sim->group_wall_ms = sim_now(sim).wall_ms;
    if (sim_chance(sim, sim->faults.full))
        model_fail_next(sim->store);
    verdict = store_model.apply(sim->store, sim->group, sim->group_count,
                                sim_now(sim).wall_ms, &sim->news);
    if (verdict == STORE_FULL)
        for (size_t i = 0; i < sim->group_count; i++)
            sim->group[i]->result = OP_FULL;
    sim->is_committing = true;
    sim_say(sim, MESSAGE_COMMITTED, sim->mono_ms + took);
    if (MUTANT_IS(ACK_BEFORE_COMMIT)) {
        truth_group(sim);
        answer(sim);
    }
}

void sim_committed(struct sim *sim)
{
    model_sync(sim->store);
    sim->is_committing = false;
    if (sim->is_working)
        truth_step(sim);
    if (!MUTANT_IS(ACK_BEFORE_COMMIT)) {
        truth_group(sim);
        answer(sim);
    }
    plan_group(sim);
}

void sim_drop_ops(struct sim *sim, bool is_kept)
{
    if (!is_kept)
        model_crash(sim->store);
    else if (sim->is_working)
        truth_step(sim);
    else
        truth_group(sim);
    sim->is_working = false;
    model_sync(sim->store);
    for (size_t i = 0; i < sim->group_count; i++)
        op_free(sim->group[i]);
    for (size_t i = 0; i < sim->queue_count; i++)
        op_free(sim->queue[i]);
    sim->group_count = sim->queue_count = 0;
    sim->is_committing = sim->is_group_planned = false;
    news_done(&sim->news);
}
