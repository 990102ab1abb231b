#include "hook/wire.h"
#include "sim.h"

enum { MINUTE_MS = 60000, FLIP_MS = 20 * MINUTE_MS };

struct outcome sim_outcome(enum outcome_error error, int status)
{
    struct outcome outcome = outcome_of_none(error);

    outcome.status = status;
    return outcome;
}

// By the contract's words, not by the engine's.
enum verdict sim_verdict(const struct profile *profile, const struct outcome *outcome)
{
    if (outcome->error == OUTCOME_LOCAL || outcome->error == OUTCOME_INTERRUPTED)
        return VERDICT_NOT_COUNTED;
    if (outcome->error != OUTCOME_NONE)
        return VERDICT_COUNTED;
    for (size_t i = 0; i < profile->received_count; i++)
        if (outcome->status >= profile->received[i].first &&
            outcome->status <= profile->received[i].last)
            return VERDICT_RECEIVED;
    return VERDICT_COUNTED;
}

// What comes back, and after how long.
struct answer {
    enum outcome_error error;
    int status;
    int64_t after_ms, retry_after_ms;
};

static struct answer fine(struct sim *sim)
{
    static const int statuses[] = {200, 200, 200, 200, 200, 200, 201, 204, 299, 500};

    return (struct answer){.status = statuses[sim_between(sim, 0, 9)],
                           .after_ms = sim_between(sim, 1, 800),
                           .retry_after_ms = -1};
}

static struct answer broken(struct sim *sim)
{
    static const struct answer answers[] = {
        {OUTCOME_NONE, 500, 0, -1},     {OUTCOME_NONE, 302, 0, -1},
        {OUTCOME_NONE, 404, 0, -1},     {OUTCOME_RESET, 0, 0, -1},
        {OUTCOME_REFUSED, 0, 0, -1},    {OUTCOME_TLS_EXPIRED, 0, 0, -1},
        {OUTCOME_DNS, 0, 0, -1},        {OUTCOME_INCOMPLETE, 0, 0, -1},
        {OUTCOME_BAD_FRAMING, 0, 0, -1}};
    struct answer answer = answers[sim_between(sim, 0, 8)];

    answer.after_ms = sim_between(sim, 0, 2000);
    return answer;
}

// It has it, and says so when nobody listens any more.
static struct answer slow(struct sim *sim, int64_t timeout_ms)
{
    (void)sim;
    return (struct answer){OUTCOME_TIMEOUT, 0, timeout_ms, -1};
}

static struct answer answer_of(struct sim *sim, const struct sim_flight *flight)
{
    enum mood mood = flight->delivery->hook->mood;

    if (sim_chance(sim, sim->faults.local))
        return (struct answer){OUTCOME_LOCAL, 0, 0, -1};
    if (mood == MOOD_FLIPS)
        mood = sim->mono_ms / FLIP_MS % 2 ? MOOD_FINE : MOOD_BROKEN;
    switch (mood) {
    case MOOD_FINE: return fine(sim);
    case MOOD_SLOW: return sim_chance(sim, 8000) ? slow(sim, flight->timeout_ms) : fine(sim);
    case MOOD_GONE:
        return sim_chance(sim, 3000) ? (struct answer){OUTCOME_NONE, 410, 20, -1} : fine(sim);
    case MOOD_BUSY:
        return (struct answer){OUTCOME_NONE, sim_chance(sim, 7000) ? 429 : 503, 5,
                               sim_between(sim, -1, 120 * MINUTE_MS)};
    case MOOD_FRAGILE:
        return sim_is_too_much(sim, flight->delivery->hook)
                   ? (struct answer){OUTCOME_NONE, 503, 5, -1}
                   : (struct answer){OUTCOME_NONE, 200, sim_between(sim, 20, 120), -1};
    default: return broken(sim);
    }
}

void sim_receive(struct sim *sim, struct sim_flight *flight)
{
    struct answer answer = answer_of(sim, flight);
    struct message *message = sim_say(sim, MESSAGE_OUTCOME, sim->mono_ms + answer.after_ms);

    message->worker = flight->worker;
    message->a = (int64_t)flight->exchange;
    message->b = (int64_t)answer.error | (int64_t)answer.status << 8 |
                 (answer.retry_after_ms + 1) << 24;
}
