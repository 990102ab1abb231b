#include "serve/to_test.h"

#include "api/door.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/card.h"
#include "hook/evidence.h"
#include "hook/parcel.h"
#include "hook/wire.h"
#include "serve/common.h"
#include "serve/to_sender.h"
#include "serve/worker.h"
#include "store/ops.h"

#include <stdlib.h>

// One test under way.
struct testing {
    struct link link;
    struct worker *worker;
    void *asker;
    size_t place; // in common->tests
    struct hook_card *card;
    struct wire *wire;  // NULL: nothing could be sent
    struct timer timer; // then tells so in the next turn
    struct moment started;
};

void to_test_init(struct worker *worker)
{
    list_init(&worker->tests);
}

static void give_up(struct testing *testing)
{
    struct worker *worker = testing->worker;

    atomic_store(&worker->common->tests[testing->place], 0);
    loop_timer_stop(worker->loop, &testing->timer);
    list_remove(&testing->link);
    wire_free(testing->wire);
    hook_card_drop(testing->card);
    free(testing);
}

void to_test_done(struct worker *worker)
{
    while (!list_is_empty(&worker->tests))
        give_up(container_of(worker->tests.next, struct testing, link));
}

static int count_of(const struct common *common, int64_t app_id)
{
    int count = 0;

    for (size_t i = 0; i < TESTS_MAX; i++)
        count += atomic_load(&common->tests[i]) == app_id;
    return count;
}

// Takes a place and then counts, so that of two workers at once neither oversteps; both may
// step back.
static bool take_place(struct common *common, int64_t app_id, size_t *ret)
{
    for (size_t i = 0; i < TESTS_MAX; i++) {
        int_fast64_t nobody = 0;
        if (!atomic_compare_exchange_strong(&common->tests[i], &nobody, app_id))
            continue;
        *ret = i;
        if (count_of(common, app_id) <= TESTS_AT_ONCE)
            return true;
        atomic_store(&common->tests[i], 0);
        return false;
    }
    return false;
}

static enum outcome_error error_of(const struct testing *testing,
                                   const struct outcome *outcome)
{
    if (outcome->error != OUTCOME_NONE)
        return outcome->error;
    if (profile_received(testing->card->profile, outcome->status))
        return OUTCOME_NONE;
    return outcome->status / 100 == 3 ? OUTCOME_REDIRECT : OUTCOME_STATUS;
}

static void tell(struct testing *testing, const struct outcome *outcome)
{
    struct worker *worker = testing->worker;
    void *asker = testing->asker;
    size_t detail_len;
    unsigned char *detail = evidence_pack(testing->wire, outcome, &detail_len);
    struct attempt_row row = {
        .number = 1,
        .trigger = TRIGGER_TEST,
        .started_ms = testing->started.wall_ms,
        .duration_ms = loop_now(worker->loop).mono_ms - testing->started.mono_ms,
        .status = outcome->status,
        .error = (int)(testing->card ? error_of(testing, outcome) : outcome->error),
        .webhook_version = testing->card ? testing->card->version : 0,
        .detail = detail,
        .detail_len = detail_len,
    };

    give_up(testing);
    door_on_sent(worker->door, asker, &row, row.error == OUTCOME_NONE);
    free(detail);
}

static void on_end(void *owner, uint64_t tag, const struct call_answer *answer)
{
    struct testing *testing = owner;
    char remote[ADDRESS_TEXT_MAX];
    struct outcome outcome;

    (void)tag;
    to_sender_outcome(testing->worker->common->guard, answer, remote, &outcome);
    tell(testing, &outcome);
}

static void on_unusable(struct timer *timer)
{
    const struct outcome outcome = outcome_of_none(OUTCOME_KEY_UNAVAILABLE);

    tell(container_of(timer, struct testing, timer), &outcome);
}

// False: the webhook's row or a secret of it cannot be read.
static bool make_wire(struct testing *testing, const struct op *found, struct event *event)
{
    struct worker *worker = testing->worker;
    const struct webhook_row *row = &found->as.hook_card.row;
    struct parcel parcel = {.event_id = event->id,
                            .webhook_id = row->id,
                            .app_id = row->app_id,
                            .trigger = TRIGGER_TEST,
                            .event = event};
    unsigned char dice[16];
    struct error error;

    random_fill(dice, sizeof dice);
    if (hook_card_new(&worker->common->profiles, worker->common->keyring,
                      "Posthorn/" POSTHORN_VERSION, found->as.hook_card.profile, row,
                      found->as.hook_card.secrets, found->as.hook_card.secret_count,
                      &testing->card, &error) != ERR_OK) {
        log_write(LOG_ERROR, "webhook.damaged", "it cannot be tested: %s", error.text);
        return false;
    }
    return testing->card->is_usable &&
           wire_new(testing->card, &parcel, worker->cipher, testing->started.wall_ms, dice,
                    &testing->wire, NULL) == ERR_OK;
}

bool to_test_send(void *owner, void *asker, const struct op *found, struct event *event)
{
    struct worker *worker = owner;
    struct testing *testing;
    struct call_request request;
    size_t place;

    if (!take_place(worker->common, found->as.hook_card.row.app_id, &place))
        return false;
    testing = NEW(struct testing);
    testing->worker = worker;
    testing->asker = asker;
    testing->place = place;
    testing->timer.on_due = on_unusable;
    testing->started = loop_now(worker->loop);
    list_add_last(&worker->tests, &testing->link);
    if (make_wire(testing, found, event)) {
        request = to_sender_request(testing->wire);
        caller_call(worker->caller, &request, on_end, testing, 0);
    } else {
        loop_timer(worker->loop, &testing->timer, testing->started.mono_ms);
    }
    return true;
}
