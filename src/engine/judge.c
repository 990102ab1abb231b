#include "engine/judge.h"

#include "base/memory.h"
#include "engine/core.h"
#include "engine/exchange.h"
#include "engine/lane.h"
#include "engine/mutant.h"
#include "hook/card.h"
#include "hook/evidence.h"
#include "hook/parcel.h"
#include "hook/profile.h"
#include "hook/schedule.h"

enum { LOCAL_PAUSE_MAX_MS = 60000 };

static bool is_received(const struct hook_card *card, const struct outcome *outcome)
{
    if (MUTANT_IS(TIMEOUT_IS_SUCCESS) && outcome->error == OUTCOME_TIMEOUT)
        return true;
    return outcome->error == OUTCOME_NONE && profile_received(card->profile, outcome->status);
}

// Does it say something about the receiver?
static bool does_count(const struct outcome *outcome)
{
    if (MUTANT_IS(LOCAL_MOVES_STEP))
        return true;
    return outcome->error != OUTCOME_LOCAL && outcome->error != OUTCOME_INTERRUPTED;
}

static enum outcome_error error_of(const struct hook_card *card,
                                   const struct outcome *outcome)
{
    if (outcome->error != OUTCOME_NONE || is_received(card, outcome))
        return outcome->error;
    return outcome->status / 100 == 3 ? OUTCOME_REDIRECT : OUTCOME_STATUS;
}

static void wait_for(struct engine *engine, struct exchange *exchange, struct settle *settle,
                     int64_t wait_ms)
{
    settle->next = SETTLE_WAIT;
    settle->wait_ms = wait_ms;
    settle->due_wall_ms = engine->now.wall_ms + wait_ms;
    exchange->due_mono_ms = engine->now.mono_ms + wait_ms;
    if (MUTANT_IS(RETRY_EARLY)) {
        settle->due_wall_ms -= 2000;
        exchange->due_mono_ms -= 2000;
    }
}

static void try_again(struct engine *engine, struct exchange *exchange,
                      const struct outcome *outcome, struct settle *settle)
{
    int64_t retry_after = outcome->retry_after_ms;
    int64_t wait;

    if (MUTANT_IS(RETRY_AFTER_MS) && retry_after > 0)
        retry_after /= 1000;
    settle->step++;
    wait =
        schedule_wait_ms(exchange->card, settle->step, outcome->status, retry_after,
                         engine->limits.time_scale, engine->ports.dice(engine->ports.world));
    if (wait < 0)
        settle->next = SETTLE_FAILED;
    else
        wait_for(engine, exchange, settle, wait);
}

// Each lane's own: as many as are in flight fail together, so it grows once a round.
static int64_t local_pause_ms(const struct engine *engine, struct lane *lane)
{
    if (engine->now.mono_ms < lane->local_until_ms)
        return lane->local_pause_ms;
    lane->local_pause_ms = lane->local_pause_ms ? 2 * lane->local_pause_ms : JUDGE_PAUSE_MS;
    if (lane->local_pause_ms > LOCAL_PAUSE_MAX_MS)
        lane->local_pause_ms = LOCAL_PAUSE_MAX_MS;
    lane->local_until_ms = engine->now.mono_ms + lane->local_pause_ms;
    return lane->local_pause_ms;
}

// What did not count is made again, of the same trigger. A manual attempt keeps the wait that
// its failure may bring back.
static void repeat(struct engine *engine, struct exchange *exchange,
                   const struct outcome *outcome, struct settle *settle)
{
    const struct parcel *parcel = exchange->held->parcel;
    int64_t wait = 0;

    if (outcome->error == OUTCOME_LOCAL)
        wait = local_pause_ms(engine, exchange->held->lane);
    wait_for(engine, exchange, settle, wait);
    if (!trigger_is_of_schedule(parcel->trigger))
        settle->wait_ms = parcel->wait_ms;
}

static void decide(struct engine *engine, struct exchange *exchange,
                   const struct outcome *outcome, struct settle *settle)
{
    enum trigger trigger = exchange->held->parcel->trigger;
    bool is_closed = exchange->held->lane->is_closed;
    bool is_last = settle->number == UINT16_MAX;

    if (is_received(exchange->card, outcome)) {
        settle->next = SETTLE_DELIVERED;
    } else if (trigger == TRIGGER_TEST) {
        settle->next = SETTLE_FAILED;
    } else if (!does_count(outcome) && !is_closed && !is_last) {
        repeat(engine, exchange, outcome, settle);
    } else if (!trigger_is_of_schedule(trigger)) {
        settle->next = SETTLE_RESTORE;
        settle->step += MUTANT_IS(MANUAL_MOVES_STEP);
    } else if (is_closed) {
        settle->next = SETTLE_CANCELLED;
    } else if (is_last) {
        settle->next = SETTLE_FAILED;
    } else {
        try_again(engine, exchange, outcome, settle);
    }
}

static struct settle *settle_of(const struct engine *engine, const struct exchange *exchange,
                                const struct outcome *outcome)
{
    const struct parcel *parcel = exchange->held->parcel;
    struct settle *settle = NEW(struct settle);

    settle->event_id = parcel->event_id;
    settle->webhook_id = parcel->webhook_id;
    settle->app_id = parcel->app_id;
    settle->partition = parcel->partition;
    settle->n = parcel->n;
    settle->number = (uint16_t)(parcel->number + 1);
    settle->step = parcel->step;
    settle->crashes = does_count(outcome) ? 0 : parcel->crashes;
    settle->attempt.trigger = parcel->trigger;
    settle->attempt.started_wall_ms = exchange->started.wall_ms;
    settle->attempt.duration_ms = engine->now.mono_ms - exchange->started.mono_ms;
    settle->attempt.status = outcome->status;
    settle->attempt.error = error_of(exchange->card, outcome);
    settle->attempt.webhook_version = exchange->card->version;
    settle->attempt.detail =
        evidence_pack(exchange->wire, outcome, &settle->attempt.detail_len);
    return settle;
}

static void tell_window(struct exchange *exchange, bool was_received)
{
    struct lane *lane = exchange->held->lane;

    if (was_received)
        window_succeeded(&lane->window, exchange->card->in_flight_max);
    else
        window_failed(&lane->window);
}

struct settle *judge(struct engine *engine, struct exchange *exchange,
                     const struct outcome *outcome)
{
    struct settle *settle = settle_of(engine, exchange, outcome);
    bool was_received = is_received(exchange->card, outcome);

    if (outcome->error != OUTCOME_LOCAL)
        exchange->held->lane->local_pause_ms = exchange->held->lane->local_until_ms = 0;
    decide(engine, exchange, outcome, settle);
    if (does_count(outcome))
        tell_window(exchange, was_received);
    settle->disable_webhook =
        exchange->card->profile->disables_on_410 && outcome->status == 410;
    if (!MUTANT_IS(FAILING_FORGOTTEN))
        settle->disable_after_days = exchange->card->settings.disable_after_days;
    settle->mails = settle->next == SETTLE_FAILED && exchange->card->profile->mails_at_end;
    engine->counts.delivered += was_received;
    engine->counts.failed_attempts += !was_received;
    engine->counts.ended_failed += settle->next == SETTLE_FAILED;
    return settle;
}
