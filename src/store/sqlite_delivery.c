#include "store/sqlite_delivery.h"

#include "base/limits.h"
#include "hook/outcome.h"
#include "store/sqlite.h"
#include "store/sqlite_turn.h"

#include <assert.h>

enum { CRASHES_MAX = 3, CRASH_WAIT_MS = 60000 };

bool delivery_read(struct store_backend *backend, int64_t event_id, int n,
                   struct delivery_columns *ret)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_DELIVERY_GET);
    bool is_there;

    sqlite3_bind_int64(get, 1, event_id);
    sqlite3_bind_int(get, 2, n);
    is_there = sqlite_step(backend, SQL_DELIVERY_GET);
    if (is_there)
        *ret = (struct delivery_columns){
            .event_id = event_id,
            .n = n,
            .webhook_id = sqlite3_column_int64(get, 0),
            .state = (enum delivery_state)sqlite3_column_int(get, 1),
            .due = sqlite3_column_int64(get, 2),
            .wait_ms = sqlite3_column_int64(get, 3),
            .step = sqlite3_column_int(get, 4),
            .number = sqlite3_column_int(get, 5),
            .asked = sqlite3_column_int(get, 6),
            .served = sqlite3_column_int(get, 7),
            .crashes = sqlite3_column_int(get, 8),
            .last_attempt = sqlite3_column_int64(get, 9),
            .status = sqlite3_column_int(get, 10),
            .error = sqlite3_column_int(get, 11),
            .ended = sqlite3_column_int64(get, 12),
            .spared = sqlite3_column_int64(get, 13),
            .old_state = (enum delivery_state)sqlite3_column_int(get, 14),
            .old_due = sqlite3_column_int64(get, 15),
            .is_by_person = sqlite3_column_int(get, 16) != 0,
            .sequence = sqlite3_column_int64(get, 17),
            .is_replayed = sqlite3_column_int(get, 18) != 0,
        };
    sqlite_reset(backend, SQL_DELIVERY_GET);
    // A row that was tampered with is as good as none.
    return is_there && (unsigned)ret->state < DELIVERY_STATES &&
           (unsigned)ret->old_state < DELIVERY_STATES;
}

void delivery_write(struct store_backend *backend, const struct delivery_columns *row)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_DELIVERY_SET);

    sqlite3_bind_int64(set, 1, row->event_id);
    sqlite3_bind_int(set, 2, row->n);
    sqlite3_bind_int(set, 3, (int)row->state);
    sqlite3_bind_int64(set, 4, row->due);
    sqlite3_bind_int64(set, 5, row->wait_ms);
    sqlite3_bind_int(set, 6, row->step);
    sqlite3_bind_int(set, 7, row->number);
    sqlite3_bind_int(set, 8, row->asked);
    sqlite3_bind_int(set, 9, row->served);
    sqlite3_bind_int(set, 10, row->crashes);
    sqlite3_bind_int64(set, 11, row->last_attempt);
    sqlite3_bind_int(set, 12, row->status);
    sqlite3_bind_int(set, 13, row->error);
    sqlite3_bind_int64(set, 14, row->ended);
    sqlite3_bind_int64(set, 15, row->spared);
    sqlite3_bind_int(set, 16, (int)row->old_state);
    sqlite3_bind_int64(set, 17, row->old_due);
    sqlite3_bind_int(set, 18, row->is_by_person);
    sqlite3_bind_int(set, 19, row->is_replayed);
    sqlite_run(backend, SQL_DELIVERY_SET);
}

int64_t delivery_later_wait_ms(void)
{
    return limit(LIMIT_DELIVER_AT_DAYS) * 86400 * 1000;
}

static struct turn_row turn_of(const struct delivery_columns *row)
{
    return (struct turn_row){row->webhook_id, row->event_id, row->n, row->sequence};
}

void delivery_leave_line(struct store_backend *backend, const struct delivery_columns *row,
                         int64_t now_ms, struct news *news)
{
    const struct turn_row turn = turn_of(row);

    if (row->sequence && !delivery_is_open(row->state))
        turn_leave(backend, &turn, now_ms, news);
}

bool delivery_give_up(struct delivery_columns *row, int64_t now_ms)
{
    if (row->number < DELIVERY_ATTEMPTS_MAX || !delivery_is_open(row->state))
        return false;
    delivery_enter(row, DELIVERY_FAILED);
    row->ended = now_ms;
    row->asked = row->served;
    return true;
}

void delivery_enter(struct delivery_columns *row, enum delivery_state state)
{
    assert(delivery_may_follow(row->state, state));
    row->state = state;
}

bool delivery_is_cancelled(const struct store_backend *backend, int64_t webhook_id,
                           int64_t event_id, int64_t spared)
{
    const struct known_webhook *webhook = sqlite_known_webhook(backend, webhook_id);

    return !webhook || (event_id < webhook->cancel_before && spared < webhook->cancel_before);
}

void attempt_add(struct store_backend *backend, struct delivery_columns *row,
                 struct attempt_columns *attempt)
{
    sqlite3_stmt *add = sqlite_statement(backend, SQL_ATTEMPT_ADD);

    attempt->id = ++backend->last_attempt;
    sqlite3_bind_int64(add, 1, attempt->id);
    sqlite3_bind_int64(add, 2, row->event_id);
    sqlite3_bind_int(add, 3, row->n);
    sqlite3_bind_int(add, 4, attempt->number);
    sqlite3_bind_int64(add, 5, row->last_attempt);
    sqlite3_bind_int(add, 6, attempt->trigger);
    sqlite3_bind_int64(add, 7, attempt->started);
    sqlite3_bind_int64(add, 8, attempt->ms);
    sqlite3_bind_int(add, 9, attempt->status);
    sqlite3_bind_int(add, 10, attempt->error);
    sqlite3_bind_int(add, 11, attempt->version);
    if (attempt->detail)
        sqlite3_bind_blob(add, 12, attempt->detail, (int)attempt->detail_len, SQLITE_STATIC);
    else
        sqlite3_bind_null(add, 12);
    sqlite3_bind_int(add, 13, attempt->effect);
    sqlite_run(backend, SQL_ATTEMPT_ADD);
    row->last_attempt = attempt->id;
    row->number = attempt->number;
    row->status = attempt->status;
    row->error = attempt->error;
}

void sqlite_park(struct store_backend *backend, struct op *op)
{
    sqlite3_stmt *park = sqlite_statement(backend, SQL_DELIVERY_PARK);

    for (const struct parcel *parcel = op->as.park.parcels; parcel; parcel = parcel->next) {
        if (parcel->is_parked)
            continue;
        sqlite3_bind_int64(park, 1, parcel->event_id);
        sqlite3_bind_int(park, 2, parcel->n);
        sqlite_run(backend, SQL_DELIVERY_PARK);
    }
    op->result = OP_DONE;
}

// The row, if it is of that app.
static bool find_of_app(struct store_backend *backend, const struct op *op,
                        struct delivery_columns *ret)
{
    sqlite3_stmt *get = sqlite_statement(backend, SQL_EVENT_APP);
    bool is_there;

    sqlite3_bind_int64(get, 1, op->as.delivery.event_id);
    is_there = sqlite_step(backend, SQL_EVENT_APP) &&
               sqlite3_column_int64(get, 0) == op->as.delivery.app_id;
    sqlite_reset(backend, SQL_EVENT_APP);
    return is_there &&
           delivery_read(backend, op->as.delivery.event_id, op->as.delivery.n, ret);
}

// Opens the row for one attempt, and remembers what its failure restores.
static void ask_again(struct delivery_columns *row, int64_t cancel_before, int64_t now_ms)
{
    row->asked++;
    row->old_state = row->state;
    row->old_due = delivery_is_open(row->state) ? row->due : row->ended;
    delivery_enter(row, DELIVERY_PARKED);
    row->due = now_ms;
    row->ended = 0;
    row->spared = cancel_before;
}

void sqlite_retry(struct store_backend *backend, struct op *op, struct news *news)
{
    const int64_t now_ms = op->as.delivery.now_ms;
    struct known_webhook *webhook;
    struct delivery_columns row;

    op->result = OP_NOT_FOUND;
    if (!find_of_app(backend, op, &row))
        return;
    webhook = sqlite_known_webhook(backend, row.webhook_id);
    op->result = OP_GONE;
    if (!webhook || webhook->state != WEBHOOK_ENABLED)
        return;
    op->result = OP_SPENT;
    if (row.number >= DELIVERY_ATTEMPTS_MAX)
        return;
    op->result = OP_BUSY;
    if (delivery_is_open(row.state)) {
        if (delivery_is_cancelled(backend, webhook->id, row.event_id, row.spared)) {
            delivery_enter(&row, DELIVERY_CANCELLED);
            row.ended = now_ms;
            row.asked = row.served;
        } else if (row.due <= now_ms || row.asked > row.served ||
                   row.state == DELIVERY_HELD) {
            return;
        }
    }
    ask_again(&row, webhook->cancel_before, now_ms);
    delivery_write(backend, &row);
    sqlite_tell_parked(webhook, now_ms, news);
    op->result = OP_DONE;
}

void sqlite_cancel(struct store_backend *backend, struct op *op, struct news *news)
{
    struct delivery_columns row;

    op->result = OP_NOT_FOUND;
    if (!find_of_app(backend, op, &row))
        return;
    op->result = OP_GONE;
    if (!delivery_is_open(row.state) ||
        delivery_is_cancelled(backend, row.webhook_id, row.event_id, row.spared))
        return;
    delivery_enter(&row, DELIVERY_CANCELLED);
    row.ended = op->as.delivery.now_ms;
    row.asked = row.served;
    row.is_by_person = true;
    delivery_write(backend, &row);
    delivery_leave_line(backend, &row, row.ended, news);
    news_cancelled(news, row.webhook_id, row.event_id, (uint16_t)row.n);
    op->result = OP_DONE;
}

bool delivery_requeue(struct store_backend *backend, int64_t event_id, int n, int64_t now_ms)
{
    const struct known_webhook *webhook;
    struct delivery_columns row;
    struct turn_row turn;

    if (!delivery_read(backend, event_id, n, &row) || row.is_by_person ||
        row.number >= DELIVERY_ATTEMPTS_MAX ||
        (row.state != DELIVERY_FAILED && row.state != DELIVERY_CANCELLED))
        return false;
    webhook = sqlite_known_webhook(backend, row.webhook_id);
    if (!webhook)
        return false;
    turn = turn_of(&row);
    delivery_enter(&row, !row.sequence || turn_join_again(backend, &turn) ? DELIVERY_PARKED
                                                                          : DELIVERY_HELD);
    row.due = now_ms;
    row.ended = row.wait_ms = 0;
    row.step = row.crashes = 0;
    row.asked = row.served;
    row.spared = webhook->cancel_before;
    row.is_replayed = true;
    delivery_write(backend, &row);
    return true;
}

// The attempt keeps its number, but moves neither the schedule nor a manual retry. A delivery
// that is cut off time after time may be what ends the process: it waits.
void sqlite_cut_off(struct store_backend *backend, const struct cut_off *cut, int64_t now_ms,
                    struct news *news)
{
    struct delivery_columns row;
    struct attempt_columns attempt = {
        .number = cut->number, .started = now_ms, .error = OUTCOME_INTERRUPTED};

    if (!delivery_read(backend, cut->event_id, cut->n, &row) ||
        row.number + 1 != cut->number || !delivery_is_open(row.state))
        return;
    attempt.trigger = (int)trigger_next(row.asked > row.served, row.is_replayed);
    attempt_add(backend, &row, &attempt);
    row.crashes++;
    row.due = now_ms;
    if (row.crashes >= CRASHES_MAX) {
        delivery_enter(&row, DELIVERY_PARKED);
        row.due = now_ms + CRASH_WAIT_MS;
        // A manual attempt keeps the wait that its failure may bring back.
        if (attempt.trigger != TRIGGER_MANUAL || row.wait_ms < CRASH_WAIT_MS)
            row.wait_ms = CRASH_WAIT_MS;
    }
    delivery_give_up(&row, now_ms);
    delivery_write(backend, &row);
    delivery_leave_line(backend, &row, now_ms, news);
}
