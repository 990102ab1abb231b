// What the store does by itself, behind everything else: rows of disabled webhooks, recover
// jobs, retention. A step is a commit of its own: a crash may undo it.

#include "base/memory.h"
#include "hook/id.h"
#include "hook/job.h"
#include "model.h"
#include "sim.h"

enum { HOUR_MS = 3600000, SOON_MS = 2000, LATER_MS = 3 * HOUR_MS, JOBS_MAX = 4 };
#define DAY_MS ((int64_t)24 * HOUR_MS)

void sim_work_at(struct sim *sim, int64_t at_ms)
{
    if (sim->work_at_ms && sim->work_at_ms <= at_ms)
        return;
    sim->work_at_ms = at_ms;
    sim_say(sim, MESSAGE_WORK, at_ms)->life = -1;
}

void sim_work_soon(struct sim *sim)
{
    sim_work_at(sim, sim->mono_ms + sim_between(sim, 1, SOON_MS));
}

static bool is_bad(enum delivery_state state)
{
    return state == DELIVERY_FAILED || state == DELIVERY_CANCELLED;
}

static void look_at_all(struct sim *sim, void (*look)(struct sim *, struct sim_delivery *))
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);)
        look(sim, value);
}

static void note_before(struct sim *sim, struct sim_delivery *delivery)
{
    struct model_delivery_view view = truth_view(sim, delivery);

    delivery->was_bad = is_bad(view.state);
    if (!delivery_is_open(view.state) || view.is_retrying)
        return; // what a manual retry opens is, when that fails, as old as before
    delivery->open_ms = sim->mono_ms;
    delivery->open_jumps_ms = sim->jumped_ahead_ms;
}

// Again after a while, but only as long as anything else is to happen.
void sim_work(struct sim *sim)
{
    enum store_verdict verdict;

    if (sim->mono_ms < sim->work_at_ms)
        return; // a message that another one overtook
    sim->work_at_ms = 0;
    if (!sim->is_up || sim->is_stopping)
        return; // the next start works on
    if (sim->is_committing || sim->queue_count) {
        sim_work_at(sim, sim->mono_ms + 1 + sim_between(sim, 0, 9));
        return;
    }
    look_at_all(sim, note_before);
    sim->group_wall_ms = sim_now(sim).wall_ms;
    sim->has_more_work =
        store_model.step(sim->store, sim->group_wall_ms, &verdict, &sim->news);
    sim->is_working = sim->is_committing = true;
    sim_say(sim, MESSAGE_COMMITTED, sim->mono_ms + sim_between(sim, 1, 8));
}

// It ended badly, and is open again: only a job may do that, and to what it was asked for.
static void recovered(struct sim *sim, struct sim_delivery *delivery)
{
    const struct sim_job *job = &delivery->hook->job;

    sim_trace(sim, "%lld.%d is tried anew", (long long)delivery->event_id, delivery->n);
    if (delivery->event_id < job->first_id || delivery->event_id >= job->end_id || !job->id)
        sim_fail(sim, "%lld.%d is tried anew, and nobody asked for it",
                 (long long)delivery->event_id, delivery->n);
    if (delivery->was_cancelled)
        sim_fail(sim, "what a person had cancelled is tried anew");
    delivery->is_wanted = false;
    delivery->was_recovered = true;
    delivery->counted = 0;
    delivery->earliest_ms = sim->mono_ms;
    delivery->jumps_then_ms = sim->jumped_ahead_ms;
}

// All of its event is gone: it must have ended, and long ago by any clock.
static void dropped(struct sim *sim, struct sim_delivery *delivery)
{
    int64_t ago =
        sim->mono_ms - delivery->open_ms + sim->jumped_ahead_ms - delivery->open_jumps_ms;

    delivery->is_dropped = true;
    sim->dropped_count++;
    if (delivery_is_open(truth_view(sim, delivery).state))
        sim_fail(sim, "%lld.%d was dropped, and has not ended", (long long)delivery->event_id,
                 delivery->n);
    if (ago < DAY_MS)
        sim_fail(sim, "%lld.%d was dropped %lld minutes after it was last open",
                 (long long)delivery->event_id, delivery->n, (long long)(ago / 60000));
}

static void note_after(struct sim *sim, struct sim_delivery *delivery)
{
    if (delivery->was_bad && delivery_is_open(truth_view(sim, delivery).state))
        recovered(sim, delivery);
    if (!delivery->is_dropped && model_is_gone(sim->store, delivery->event_id))
        dropped(sim, delivery);
}

static void check_wanted(struct sim *sim, struct sim_delivery *delivery)
{
    if (delivery->is_wanted && !delivery->hook->job.id)
        sim_fail(sim, "%lld.%d was to be tried anew, and was not",
                 (long long)delivery->event_id, delivery->n);
}

static void look_at_job(struct sim *sim, struct sim_hook *hook)
{
    struct op *op = op_new(OP_GET_JOB, 0, NULL);

    op->as.get_job.app_id = hook->app->id;
    op->as.get_job.id = hook->job.id;
    store_model.read(sim->reader, op);
    if (op->result != OP_DONE)
        sim_fail(sim, "a job is lost");
    else if (op->as.get_job.row.state != JOB_RUNNING)
        hook->job = (struct sim_job){0};
    if (op->as.get_job.row.state == JOB_CANCELLED)
        truth_none_wanted(sim, hook);
    op_free(op);
}

void truth_step(struct sim *sim)
{
    sim->is_working = false;
    look_at_all(sim, note_after);
    for (int i = 0; i < sim->hook_count; i++)
        if (sim->hooks[i].job.id)
            look_at_job(sim, &sim->hooks[i]);
    look_at_all(sim, check_wanted);
    if (sim->has_more_work)
        sim_work_soon(sim);
    else if (heap_first(&sim->heap))
        sim_work_at(sim, sim->mono_ms + LATER_MS);
}

// Asked for by a person: what failed at a webhook lately; or that this be stopped.
void sim_ask_job(struct sim *sim)
{
    struct sim_hook *hook = &sim->hooks[sim_between(sim, 0, sim->hook_count - 1)];
    struct op *op = op_new(OP_JOB, 0, NULL);
    int64_t now_ms = sim_now(sim).wall_ms;
    int64_t id = sim_mint(sim, 0);

    op->as.job.verb = hook->job.id && sim_chance(sim, 3000) ? VERB_DELETE : VERB_CREATE;
    op->as.job.running_max = JOBS_MAX;
    op->as.job.now_ms = now_ms;
    op->as.job.row =
        (struct job_row){.id = op->as.job.verb == VERB_CREATE ? id : hook->job.id,
                         .app_id = hook->app->id,
                         .webhook_id = hook->id,
                         .first_id = id_first_at(now_ms - sim_between(sim, 0, 3 * HOUR_MS)),
                         .end_id = id};
    sim_submit(sim, op);
}

void truth_none_wanted(struct sim *sim, const struct sim_hook *hook)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        struct sim_delivery *delivery = value;
        if (delivery->hook == hook)
            delivery->is_wanted = false;
    }
}

static void want(struct sim *sim, struct sim_hook *hook)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        struct sim_delivery *delivery = value;
        if (delivery->hook == hook && delivery->event_id >= hook->job.first_id &&
            delivery->event_id < hook->job.end_id && !delivery->was_cancelled &&
            !delivery->is_dropped && is_bad(truth_view(sim, delivery).state))
            delivery->is_wanted = true;
    }
}

void truth_job(struct sim *sim, const struct op *op)
{
    const struct job_row *row = &op->as.job.row;
    struct sim_hook *hook = truth_hook(sim, row->webhook_id);

    if (op->as.job.verb == VERB_DELETE) {
        hook->job = (struct sim_job){0};
        truth_none_wanted(sim, hook);
        return;
    }
    sim_trace(sim, "job %lld of hook %lld", (long long)row->id, (long long)hook->id);
    hook->job = (struct sim_job){row->id, row->first_id, row->end_id};
    sim->job_count++;
    want(sim, hook);
    sim_work_soon(sim);
}
