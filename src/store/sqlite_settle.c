#include "hook/settle.h"

#include "store/sqlite.h"
#include "store/sqlite_config.h"
#include "store/sqlite_delivery.h"
#include "store/sqlite_post.h"
#include "store/sqlite_stat.h"

static struct attempt_columns attempt_of(const struct settle *settle)
{
    return (struct attempt_columns){.number = settle->number,
                                    .trigger = (int)settle->attempt.trigger,
                                    .started = settle->attempt.started_wall_ms,
                                    .ms = settle->attempt.duration_ms,
                                    .status = settle->attempt.status,
                                    .error = (int)settle->attempt.error,
                                    .version = settle->attempt.webhook_version,
                                    .detail = settle->attempt.detail,
                                    .detail_len = settle->attempt.detail_len};
}

// Most deliveries: fresh, and received at the first attempt. One update that says so itself
// saves reading the row. False: it is another case.
static bool settle_first(struct store_backend *backend, const struct settle *settle,
                         int64_t now_ms)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_DELIVERED_FIRST);
    struct attempt_columns attempt = attempt_of(settle);
    struct delivery_columns row = {.event_id = settle->event_id, .n = settle->n};

    if (settle->number != 1 || settle->next != SETTLE_DELIVERED ||
        attempt.trigger != TRIGGER_SCHEDULED || attempt.error != OUTCOME_NONE)
        return false;
    sqlite3_bind_int64(set, 1, settle->event_id);
    sqlite3_bind_int(set, 2, settle->n);
    sqlite3_bind_int(set, 3, settle->step);
    sqlite3_bind_int64(set, 4, backend->last_attempt + 1);
    sqlite3_bind_int(set, 5, attempt.status);
    sqlite3_bind_int64(set, 6, now_ms);
    if (!sqlite_run(backend, SQL_DELIVERED_FIRST) || !sqlite3_changes(backend->db))
        return false;
    attempt.effect = EFFECT_DELIVERED;
    attempt_add(backend, &row, &attempt);
    return true;
}

static void end(struct delivery_columns *row, enum delivery_state state, int64_t now_ms)
{
    delivery_enter(row, state);
    row->ended = now_ms;
    row->served = row->asked;
}

// What a manual retry's failure brings back: the row as it was, but for its attempts. No
// other retry can wait behind it: while one is asked, the next is refused.
static void restore(struct delivery_columns *row, struct settle *settle, int64_t now_ms)
{
    const int64_t latest = now_ms + row->wait_ms; // unless the clock was set back

    delivery_enter(row, row->old_state == DELIVERY_FRESH ? DELIVERY_PARKED : row->old_state);
    if (delivery_is_open(row->state)) {
        row->due = row->old_due < latest ? row->old_due : latest;
        settle->due_wall_ms = row->due;
    } else {
        row->ended = row->old_due;
        settle->due_wall_ms = INT64_MAX;
    }
}

// A scheduled attempt ended while a manual retry was asked: the schedule moves on as what the
// retry restores, and the row stays due now.
static void move_behind_retry(struct delivery_columns *row, const struct settle *settle,
                              int64_t now_ms)
{
    bool waits = settle->next == SETTLE_WAIT;

    row->old_state = waits ? DELIVERY_PARKED : DELIVERY_FAILED;
    row->old_due = waits ? settle->due_wall_ms : now_ms;
    row->wait_ms = waits ? settle->wait_ms : row->wait_ms;
    row->step = settle->step;
    row->crashes = settle->crashes;
    delivery_enter(row, DELIVERY_PARKED);
    row->due = now_ms;
}

static void wait_on(struct delivery_columns *row, const struct settle *settle)
{
    delivery_enter(row, DELIVERY_PARKED);
    row->due = settle->due_wall_ms;
    row->wait_ms = settle->wait_ms;
    row->step = settle->step;
    row->crashes = settle->crashes;
}

// The row is open, and the attempt is its next.
static enum settle_result settle_open(struct delivery_columns *row, struct settle *settle,
                                      int64_t now_ms)
{
    bool is_manual = settle->attempt.trigger == TRIGGER_MANUAL;

    // An interrupted manual attempt (WAIT) is not served: it is made again.
    if (is_manual && settle->next != SETTLE_WAIT && row->served < row->asked)
        row->served++;
    else if (!is_manual && row->asked > row->served &&
             (settle->next == SETTLE_WAIT || settle->next == SETTLE_FAILED)) {
        move_behind_retry(row, settle, now_ms);
        return SETTLED_AGAIN;
    }
    switch (settle->next) {
    case SETTLE_WAIT: wait_on(row, settle); return SETTLED;
    case SETTLE_DELIVERED:
        row->step = settle->step;
        row->crashes = 0;
        end(row, DELIVERY_DELIVERED, now_ms);
        return SETTLED;
    case SETTLE_FAILED:
        row->step = settle->step;
        row->crashes = settle->crashes;
        end(row, DELIVERY_FAILED, now_ms);
        return SETTLED;
    case SETTLE_CANCELLED: end(row, DELIVERY_CANCELLED, now_ms); return SETTLED;
    case SETTLE_RESTORE: restore(row, settle, now_ms); return SETTLED;
    }
    return SETTLED_STALE;
}

// The row has ended, or its webhook is gone: a success still counts, a failure waits no more.
static enum settle_result settle_ended(struct delivery_columns *row,
                                       const struct settle *settle, int64_t now_ms)
{
    if (settle->next == SETTLE_DELIVERED && row->state != DELIVERY_DELIVERED) {
        end(row, DELIVERY_DELIVERED, now_ms);
        return SETTLED;
    }
    if (delivery_is_open(row->state))
        end(row, DELIVERY_CANCELLED, now_ms);
    return SETTLED_GONE;
}

// The same attempt told twice: what was answered the first time.
static enum settle_result settle_again(const struct delivery_columns *row,
                                       struct settle *settle, bool is_cancelled)
{
    if (row->status != settle->attempt.status || row->error != (int)settle->attempt.error)
        return SETTLED_STALE;
    if (is_cancelled || row->state == DELIVERY_CANCELLED)
        return settle->next == SETTLE_CANCELLED ? SETTLED : SETTLED_GONE;
    if (row->asked > row->served)
        return SETTLED_AGAIN;
    if (settle->next == SETTLE_RESTORE)
        settle->due_wall_ms = delivery_is_open(row->state) ? row->due : INT64_MAX;
    return SETTLED;
}

// What statistics say of the attempt. A delivery arrives once; it is given up each time that
// its schedule ends, but a retry's failure only brings that end back.
static int effect_of(const struct delivery_columns *row, const struct settle *settle,
                     bool is_cancelled)
{
    bool was_delivered = row->state == DELIVERY_DELIVERED ||
                         (row->asked > row->served && row->old_state == DELIVERY_DELIVERED);

    if (settle->next == SETTLE_DELIVERED && !was_delivered)
        return EFFECT_DELIVERED;
    if (settle->next == SETTLE_FAILED && delivery_is_open(row->state) && !is_cancelled)
        return EFFECT_FAILED;
    return EFFECT_NONE;
}

static enum settle_result settle_row(struct store_backend *backend, struct settle *settle,
                                     int64_t now_ms, struct news *news)
{
    struct attempt_columns attempt = attempt_of(settle);
    struct delivery_columns row;
    enum settle_result result;
    bool is_cancelled;

    if (!delivery_read(backend, settle->event_id, settle->n, &row))
        return SETTLED_GONE;
    is_cancelled = delivery_is_open(row.state) &&
                   delivery_is_cancelled(backend, row.webhook_id, row.event_id, row.spared);
    if (settle->number == row.number)
        return settle_again(&row, settle, is_cancelled);
    if (settle->number != row.number + 1)
        return SETTLED_STALE;
    attempt.effect = effect_of(&row, settle, is_cancelled);
    attempt_add(backend, &row, &attempt);
    if (is_cancelled || !delivery_is_open(row.state))
        result = settle_ended(&row, settle, now_ms);
    else
        result = settle_open(&row, settle, now_ms);
    if (delivery_give_up(&row, now_ms)) {
        settle->due_wall_ms = INT64_MAX;
        result = SETTLED;
    }
    delivery_write(backend, &row);
    delivery_leave_line(backend, &row, now_ms, news);
    if (settle->next == SETTLE_FAILED && result != SETTLED_GONE &&
        trigger_is_of_schedule(settle->attempt.trigger))
        sqlite_post_failed(backend, settle, now_ms);
    return result;
}

void sqlite_settle(struct store_backend *backend, struct op *op, int64_t now_ms,
                   struct news *news)
{
    struct settle *settle = op->as.settle.settle;

    op->result = OP_DONE;
    op->as.settle.result = settle_first(backend, settle, now_ms)
                               ? SETTLED
                               : settle_row(backend, settle, now_ms, news);
    if (op->as.settle.result != SETTLED_STALE)
        sqlite_note_end(backend, settle, now_ms, news);
}
