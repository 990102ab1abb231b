// A long outage of one endpoint, and of the server with it: so many events wait for one
// webhook, all of them overdue, when both come back; and the endpoint is fragile: it fails
// what is beyond eight at a time, or fifty in a second. It must be spared, everything must
// arrive, and what is new must not wait behind what is old.

#include "base/memory.h"
#include "hook/id.h"
#include "sim.h"

#include <stdlib.h>

enum { IN_FLIGHT = 8, BEFORE_MS = 600000, FRESH = 1000, FRESH_EVERY_MS = 1000 };
enum { HOUR_MS = 3600000, OUTAGE_MS = 6 * HOUR_MS, FRESH_P99_MS = 2000 };

static void publish(struct sim *sim, int64_t at_ms)
{
    struct message *message = sim_say(sim, MESSAGE_PUBLISH, at_ms);

    message->life = -1;
    message->a = sim->request_count;
    sim->requests[sim->request_count++].app = &sim->apps[0];
}

static void settle_in(struct sim *sim, int count)
{
    const struct sim_hook hook = {
        .in_flight_max = IN_FLIGHT, .per_second_max = PER_SECOND_MAX, .mood = MOOD_BROKEN};

    sim->worker_count = 1;
    sim->lane_memory = 1024;
    sim->is_calm = true;
    sim->outage_count = count;
    sim->steps_max = INT64_MAX;
    sim_add_app(sim, sim_profiles.profiles[0]);
    sim_add_hook(sim, &sim->apps[0], &hook);
    sim->requests = NEW_ARRAY(struct sim_request, (size_t)count + FRESH);
    for (int i = 0; i < count; i++)
        publish(sim, (int64_t)i * BEFORE_MS / count);
    for (int i = 0; i < FRESH; i++)
        publish(sim, BEFORE_MS + OUTAGE_MS + HOUR_MS / 60 + (int64_t)i * FRESH_EVERY_MS);
    sim_say(sim, MESSAGE_OUTAGE, BEFORE_MS + HOUR_MS / 120)->life = -1;
}

void sim_go_out(struct sim *sim)
{
    sim->hooks[0].mood = MOOD_FRAGILE;
    sim->down_ms = OUTAGE_MS;
    sim_stop(sim);
}

bool sim_is_too_much(struct sim *sim, const struct sim_hook *hook)
{
    int64_t *first = &sim->hits_ms[sim->hit_count++ % (PER_SECOND_MAX + 1)];
    int64_t before = sim->hits_ms[sim->hit_count % (PER_SECOND_MAX + 1)];
    bool is = hook->in_flight > IN_FLIGHT ||
              (sim->hit_count > PER_SECOND_MAX && sim->mono_ms - before < 1000);

    *first = sim->mono_ms;
    sim->overload_count += is;
    return is;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

// Of what came after the outage, how long 99 of 100 waited for their first attempt.
static int64_t fresh_p99(struct sim *sim)
{
    int64_t *waits = NEW_ARRAY(int64_t, FRESH);
    int64_t p99;
    size_t count = 0;

    for (int i = sim->outage_count; i < sim->request_count && !sim->has_failed; i++) {
        const struct sim_delivery *delivery =
            truth_delivery(sim, sim->requests[i].event_id, 0);
        if (!delivery || !delivery->started)
            sim_fail(sim, "an event of after the outage was never tried");
        else
            waits[count++] = delivery->first_ms - delivery->accepted_ms;
    }
    qsort(waits, count, sizeof *waits, compare);
    p99 = count ? waits[count * 99 / 100] : 0;
    free(waits);
    return p99;
}

bool sim_outage(struct sim *sim, int count, bool is_traced)
{
    int64_t p99;

    sim_begin(sim, 1, is_traced);
    settle_in(sim, count);
    sim_play(sim);
    p99 = fresh_p99(sim);
    if (sim->overload_count)
        sim_fail(sim, "the endpoint was overloaded %d times", sim->overload_count);
    if (p99 > FRESH_P99_MS)
        sim_fail(sim, "new events waited %lld ms (p99)", (long long)p99);
    printf("%d overdue: drained %lld s after the outage, %llu attempts, %d too many for the "
           "endpoint; new ones waited %lld ms (p99)\n",
           count, (long long)(sim->drained_ms - BEFORE_MS - OUTAGE_MS) / 1000,
           (unsigned long long)sim->attempts, sim->overload_count, (long long)p99);
    return !sim->has_failed;
}
