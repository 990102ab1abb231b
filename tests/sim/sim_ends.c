// What must hold when all has come to its end.

#include "engine/engine.h"
#include "model.h"
#include "sim.h"

enum { HOUR_MS = 3600000 };

void truth_check_acked(struct sim *sim)
{
    for (int i = 0; i < sim->request_count; i++)
        if (sim->requests[i].event_id && model_fan(sim->store, sim->requests[i].event_id) < 0)
            sim_fail(sim, "an event that was acknowledged is lost");
}

static void check_ended(struct sim *sim, const struct sim_delivery *delivery)
{
    const struct profile *profile = delivery->hook->app->profile;
    struct model_delivery_view view = truth_view(sim, delivery);
    const char *what = NULL;

    if (delivery_is_open(view.state))
        what = "is stuck";
    else if (delivery->settled != view.number)
        what = "has another number of attempts than were settled";
    else if (view.state == DELIVERY_DELIVERED && !delivery->was_accepted)
        what = "is delivered, and no receiver had it";
    else if (view.state == DELIVERY_FAILED && delivery->counted != profile->wait_count + 1)
        what = "has failed after another number of attempts than its contract says";
    else if (view.state == DELIVERY_CANCELLED && !delivery->was_cancelled &&
             !delivery->hook->was_closed)
        what = "is cancelled, and nobody wanted that";
    else if (delivery->retry_asked_ms >= 0 && view.state != DELIVERY_CANCELLED)
        what = "was to be retried by hand, and was not";
    if (what)
        sim_fail(sim, "%s: %lld.%d %s (state %d, number %d, due %lld)", profile->name,
                 (long long)delivery->event_id, delivery->n, what, (int)view.state,
                 view.number, (long long)(view.due_ms - sim_now(sim).wall_ms));
}

void truth_check_waits(struct sim *sim)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);) {
        const struct sim_delivery *delivery = value;
        struct model_delivery_view view = truth_view(sim, delivery);
        int64_t left = view.due_ms - sim_now(sim).wall_ms;
        if ((view.state == DELIVERY_FRESH || view.state == DELIVERY_PARKED) &&
            left > view.wait_ms)
            sim_fail(sim, "%lld.%d is to wait %lld ms after a start, and its wait is %lld",
                     (long long)delivery->event_id, delivery->n, (long long)left,
                     (long long)view.wait_ms);
    }
}

// The waits of an app's schedule; a clock that was set back may double one of them each time.
static int64_t longest_ms(const struct sim *sim, const struct profile *profile)
{
    int64_t sum = profile->honours_retry_after ? 2 * HOUR_MS : 0;
    int64_t longest = sum;

    for (int i = 0; i < profile->wait_count; i++) {
        sum += profile->waits_ms[i];
        longest = profile->waits_ms[i] > longest ? profile->waits_ms[i] : longest;
    }
    return sum + longest * ((sim->jumped_back_ms > 0) + sim->starts_behind);
}

// Who stands in line may have to wait for all before him.
static int longest_line(const struct sim *sim)
{
    int longest = 0;

    for (int i = 0; i < sim->hook_count; i++)
        longest = sim->hooks[i].lined > longest ? sim->hooks[i].lined : longest;
    return longest;
}

// No schedule is longer than its waits and the attempts between them.
static void check_time(struct sim *sim)
{
    int64_t most = 0;

    for (int a = 0; a < sim->app_count; a++) {
        int64_t longest = longest_ms(sim, sim->apps[a].profile);
        most = longest > most ? longest : most;
    }
    most += (sim->job_count ? 5 : 3) * HOUR_MS; // a job begins a schedule anew
    most *= 1 + longest_line(sim);
    if (sim->busy_ms > most)
        sim_fail(sim, "the end came %lld minutes late",
                 (long long)((sim->busy_ms - most) / 60000));
}

// Every webhook is as open as those say who closed or opened it.
static void check_hook(struct sim *sim, const struct sim_hook *hook)
{
    struct hook_card *card = sim_read_card(sim, hook->app->id, hook->id);
    enum webhook_state state = card ? card->state : WEBHOOK_DELETED;

    if (state != hook->state)
        sim_fail(sim, "webhook %lld is in state %d, where %d was wanted", (long long)hook->id,
                 (int)state, (int)hook->state);
    if (hook->job.id)
        sim_fail(sim, "a job never ended");
    hook_card_drop(card);
}

void truth_check_end(struct sim *sim)
{
    struct map_key key;
    void *value;
    int64_t born = 0;

    truth_check_acked(sim);
    for (int i = 0; i < sim->request_count; i++) {
        if (!sim->requests[i].event_id)
            sim_fail(sim, "a client never got its answer");
        else
            born += model_fan(sim->store, sim->requests[i].event_id);
    }
    for (size_t at = 0; map_next(&sim->deliveries, &at, &key, &value);)
        check_ended(sim, value);
    if (born != (int64_t)sim->deliveries.count)
        sim_fail(sim, "%lld deliveries were promised, %zu are there", (long long)born,
                 sim->deliveries.count);
    for (int i = 0; i < sim->hook_count; i++)
        check_hook(sim, &sim->hooks[i]);
    for (int w = 0; sim->is_up && w < sim->worker_count; w++)
        if (engine_counts(sim->workers[w].engine).in_hand)
            sim_fail(sim, "something is still in hand");
    check_time(sim);
}
