#include "serve/notices.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/app_card.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "serve/common.h"
#include "serve/worker.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

// Its minter is none of the doors'; should one have the same number, the store says so and
// the event is planned again.
enum { LOOK_MS = 1000, AT_ONCE = 64, PAYLOAD_MAX = 4096, MINTER = 1022 };

struct notices {
    struct worker *worker;
    struct minter minter;
    bool is_busy;
    int64_t look_at_ms;
    struct op *take; // finished, while its rows are being accepted
    size_t left;     // of them
};

struct notices *notices_new(struct worker *worker)
{
    struct notices *notices = NEW(struct notices);

    notices->worker = worker;
    notices->minter.number = MINTER;
    minter_go_on(&notices->minter, worker->common->newest_event, worker->common->started_ms);
    return notices;
}

bool notices_are_idle(const struct notices *notices)
{
    return !notices->is_busy;
}

static void forget(struct notices *notices)
{
    op_free(notices->take);
    notices->take = NULL;
    notices->left = 0;
    notices->is_busy = false;
}

void notices_free(struct notices *notices)
{
    if (!notices)
        return;
    forget(notices);
    free(notices);
}

// --- what they say ---

const char *notice_type(const struct post_row *row)
{
    switch (row->kind) {
    case POST_DELIVERY_FAILED: return "delivery.failed";
    case POST_WEBHOOK_DISABLED: return "webhook.disabled";
    case POST_WEBHOOK_ENABLED: return "webhook.enabled";
    case POST_SECRET_ROTATED: return "webhook.secret_rotated";
    case POST_MAIL:
    case POST_ALERT: break;
    }
    abort(); // these are letters
}

static void add_id(struct buf *ret, struct id_cipher *cipher, const char *name,
                   enum id_kind kind, int64_t id, uint16_t n)
{
    char text[ID_TEXT_MAX];
    size_t len = id_text(cipher, kind, id, n, text);

    buf_add_format(ret, "\"%s\":\"%.*s\",", name, (int)len, text);
}

static void add_failure(const struct post_row *row, struct id_cipher *cipher, struct buf *ret)
{
    add_id(ret, cipher, "event", ID_EVENT, row->event_id, 0);
    add_id(ret, cipher, "delivery", ID_DELIVERY, row->event_id, row->n);
    buf_add_format(ret, "\"attempts\":%d,\"last_status\":", row->number);
    if (row->status > 0)
        buf_add_int(ret, row->status);
    else
        buf_add_str(ret, "null");
    if (row->error > OUTCOME_NONE && row->error < OUTCOME_ERRORS_COUNT)
        buf_add_format(ret, ",\"last_error\":\"%s\",",
                       outcome_error_slug((enum outcome_error)row->error));
    else
        buf_add_str(ret, ",\"last_error\":null,");
}

void notice_payload(const struct post_row *row, struct id_cipher *cipher, struct buf *ret)
{
    char time[TEXT_TIME_MAX];
    size_t len = text_time(time, row->at_ms, 3);

    buf_add_char(ret, '{');
    add_id(ret, cipher, "app", ID_APP, row->app_id, 0);
    add_id(ret, cipher, "webhook", ID_WEBHOOK, row->webhook_id, 0);
    if (row->kind == POST_DELIVERY_FAILED)
        add_failure(row, cipher, ret);
    if (row->kind == POST_WEBHOOK_DISABLED) {
        buf_add_str(ret, "\"reason\":");
        buf_add_json(ret, row->note ? row->note : "", row->note ? strlen(row->note) : 0);
        buf_add_char(ret, ',');
    }
    buf_add_format(ret, "\"at\":\"%.*s\"}", (int)len, time);
}

// --- their way ---

static struct op *new_op(struct notices *notices, enum op_kind kind)
{
    return op_new(kind, notices->worker->number, notices);
}

static void ask(struct notices *notices, struct op *op)
{
    store_submit(notices->worker->common->store, op);
}

static void look(struct notices *notices, struct moment now)
{
    struct op *op;

    if (notices->is_busy || notices->worker->is_draining)
        return;
    notices->is_busy = true;
    notices->look_at_ms = now.mono_ms + LOOK_MS;
    op = new_op(notices, OP_POST_TAKE);
    op->as.post_take.limit = AT_ONCE;
    op->as.post_take.now_ms = now.wall_ms;
    ask(notices, op);
}

void notices_look(struct notices *notices, struct moment now)
{
    if (now.mono_ms >= notices->look_at_ms)
        look(notices, now);
}

static void on_take(struct notices *notices, struct op *op)
{
    struct op *next;

    notices->take = op;
    if (op->result != OP_DONE || op->as.post_take.count == 0) {
        forget(notices);
        return;
    }
    next = new_op(notices, OP_APP_CARD);
    next->as.app_card.id = OPERATOR_APP_ID;
    ask(notices, next);
}

// The number behind a name that no caller's key can have, since theirs are hashed.
static struct dedupe key_of(int64_t id)
{
    struct dedupe dedupe = {.kind = DEDUPE_UID};

    memcpy(dedupe.key, "operator", 8);
    memcpy(dedupe.key + 8, &id, sizeof id);
    return dedupe;
}

static int64_t id_of(const struct dedupe *dedupe)
{
    int64_t id;

    memcpy(&id, dedupe->key + 8, sizeof id);
    return id;
}

static bool plan(struct notices *notices, const struct app_card *card,
                 const struct post_row *row, struct op *op)
{
    int64_t now_ms = loop_now(notices->worker->loop).wall_ms;
    int64_t event_id = minter_next(&notices->minter, now_ms);
    struct event_request request = {.type = notice_type(row),
                                    .type_len = strlen(notice_type(row)),
                                    .mode = EVENT_LIVE,
                                    .trigger = TRIGGER_SCHEDULED};
    struct error error;
    struct buf payload;
    bool is_planned;

    buf_init(&payload, PAYLOAD_MAX);
    notice_payload(row, notices->worker->cipher, &payload);
    op->as.accept.now_ms = now_ms;
    op->as.accept.dedupe[1] = key_of(row->id);
    is_planned = json_check(payload.data, payload.len, &request.payload, &error) == ERR_OK &&
                 intake_plan(card, &request, event_id, now_ms, notices->worker->cipher,
                             &op->as.accept.accept, &error) == ERR_OK;
    if (!is_planned)
        log_write(LOG_ERROR, "notice.refused", "an operational event waits: %s", error.text);
    buf_done(&payload);
    return is_planned;
}

static void accept_all(struct notices *notices, const struct app_card *card)
{
    const struct op *take = notices->take;
    size_t planned = 0;

    for (size_t i = 0; i < take->as.post_take.count; i++) {
        struct op *op = new_op(notices, OP_ACCEPT);
        if (plan(notices, card, &take->as.post_take.rows[i], op)) {
            planned++;
            ask(notices, op);
        } else {
            op_free(op);
        }
    }
    notices->left = planned;
    if (!planned)
        forget(notices);
}

static void on_app(struct notices *notices, const struct op *op)
{
    struct app_card *card = NULL;
    struct error error = {0};

    if (op->result == OP_DONE && op->as.app_card.row.version >= 0 &&
        app_card_new(&notices->worker->common->profiles, &op->as.app_card.row,
                     op->as.app_card.webhooks, op->as.app_card.webhook_count, &card,
                     &error) == ERR_OK)
        accept_all(notices, card);
    else
        forget(notices);
    app_card_drop(card);
}

static void end_one(struct notices *notices, bool is_told)
{
    bool may_be_more;

    if (--notices->left > 0)
        return;
    may_be_more = is_told && notices->take->as.post_take.count == AT_ONCE;
    forget(notices);
    if (may_be_more)
        look(notices, loop_now(notices->worker->loop));
}

// One that could not be accepted now is taken again.
static void on_accept(struct notices *notices, const struct op *op)
{
    const struct worker *worker = notices->worker;
    bool is_accepted = op->result == OP_DONE || op->result == OP_REPLAY;
    struct op *next;

    if (!is_accepted || worker->was_cut || worker->has_drained) {
        end_one(notices, false);
        return;
    }
    next = new_op(notices, OP_POST_DONE);
    next->as.post_done.row.kind = POST_DELIVERY_FAILED; // as good as any that is no letter
    next->as.post_done.row.id = id_of(&op->as.accept.dedupe[1]);
    ask(notices, next);
}

void notices_on_op(struct notices *notices, struct op *op)
{
    switch (op->kind) {
    case OP_ACCEPT: on_accept(notices, op); break;
    case OP_POST_DONE: end_one(notices, op->result == OP_DONE); break;
    case OP_POST_TAKE:
        if (!notices->worker->is_draining) {
            on_take(notices, op);
            return; // it keeps the op
        }
        forget(notices);
        break;
    default:
        if (notices->worker->is_draining)
            forget(notices);
        else
            on_app(notices, op);
        break;
    }
    op_free(op);
}
