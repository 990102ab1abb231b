// The life of the process: it starts, crashes, stops in good order, and starts again.

#include "base/memory.h"
#include "engine/engine.h"
#include "model.h"
#include "sim.h"

#include <stdlib.h>

enum { STOP_MS = 15000, STOP_LOOK_MS = 500 };

void sim_free_engines(struct sim *sim)
{
    for (int w = 0; w < sim->worker_count; w++) {
        engine_free(sim->workers[w].engine);
        sim->workers[w].engine = NULL;
    }
    for (int a = 0; a < sim->app_count; a++)
        for (int w = 0; w < WORKERS_MAX; w++) {
            app_card_drop(sim->apps[a].doors[w]);
            sim->apps[a].doors[w] = NULL;
        }
    sim->is_up = false;
}

static void start_minter(struct sim *sim, int worker)
{
    struct minter *minter = &sim->minters[worker];

    *minter = (struct minter){.number = (sim->life * sim->worker_count + worker) % 1024};
    minter_go_on(minter, store_model.newest_event(sim->store), sim_now(sim).wall_ms);
}

void sim_start(struct sim *sim)
{
    struct news news;

    news_init(&news);
    sim->is_up = true;
    sim->is_stopping = false;
    sim->starts_behind += sim_now(sim).wall_ms < sim->latest_wall_ms;
    for (int w = 0; w < sim->worker_count; w++) {
        sim->workers[w] = (struct sim_worker){.wake_number = sim->workers[w].wake_number};
        sim->workers[w].engine = sim_new_engine(sim, w);
        start_minter(sim, w);
    }
    if (store_model.resume(sim->store, sim_now(sim).wall_ms, sim->cuts, sim->cut_count,
                           &news) != STORE_DONE)
        abort();
    for (size_t i = 0; i < sim->cut_count; i++)
        truth_cut_off(sim, truth_delivery(sim, sim->cuts[i].event_id, sim->cuts[i].n),
                      sim->cuts[i].number);
    sim->cut_count = 0;
    truth_check_acked(sim);
    truth_check_waits(sim);
    sim_tell(sim, &news, sim->life);
    sim_work_soon(sim);
    sim_trace(sim, "started");
}

// What the file of attempts in flight would say, in an order that does not depend on where
// memory lies.
static void note_cuts(struct sim *sim)
{
    struct map_key key;
    void *value;

    sim->cuts = memory_resize(sim->cuts, (sim->flights.count + 1) * sizeof *sim->cuts);
    for (size_t at = 0; map_next(&sim->flights, &at, &key, &value);) {
        struct sim_flight *flight = value;
        sim->cuts[sim->cut_count++] =
            (struct cut_off){flight->delivery->event_id, flight->delivery->n, flight->number};
        free(flight);
    }
    map_done(&sim->flights);
    map_init(&sim->flights, 0);
}

static void start_later(struct sim *sim)
{
    sim_see_wall(sim);
    if (sim_chance(sim, sim->faults.jump))
        sim_jump(sim);
    sim->life++;
    model_forget(sim->store);
    sim_free_engines(sim);
    truth_crash(sim);
    sim_say(sim, MESSAGE_START,
            sim->mono_ms + (sim->down_ms ? sim->down_ms : sim_between(sim, 100, 30000)))
        ->life = -1;
    sim->down_ms = 0;
}

void sim_crash(struct sim *sim)
{
    sim_trace(sim, "crash");
    note_cuts(sim);
    sim_drop_ops(sim, sim_chance(sim, 5000));
    start_later(sim);
}

static bool is_drained(struct sim *sim)
{
    bool is_drained = !sim->is_committing && sim->queue_count == 0;

    for (int w = 0; w < sim->worker_count; w++)
        is_drained &= engine_drain(sim->workers[w].engine, sim_now(sim));
    return is_drained;
}

// A stop in good order: attempts may end; those that do not in time are cut.
void sim_stop(struct sim *sim)
{
    if (!sim->is_stopping) {
        sim_trace(sim, "stopping");
        sim->is_stopping = true;
        sim->stop_at_ms = sim->mono_ms + STOP_MS;
    }
    if (sim->mono_ms >= sim->stop_at_ms)
        for (int w = 0; w < sim->worker_count; w++)
            engine_interrupt(sim->workers[w].engine, sim_now(sim));
    if (!is_drained(sim)) {
        sim_say(sim, MESSAGE_STOP, sim->mono_ms + STOP_LOOK_MS);
        return;
    }
    if (sim->flights.count)
        sim_fail(sim, "stopped, with %zu attempts in flight", sim->flights.count);
    start_later(sim);
}
