#include "serve/post_office.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "hook/id.h"
#include "hook/profile.h"
#include "serve/common.h"
#include "serve/letters.h"
#include "serve/notices.h"
#include "serve/worker.h"
#include "store/store.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000, SUBJECT_MAX = 1000, TEXT_MAX = 1 << 19 };

// After each failed try; then it has failed. Not scaled: these are no waits of a contract.
static const int64_t waits_ms[] = {5000,    30000,    120000,   600000,
                                   3600000, 10800000, 21600000, 43200000};
enum { TRIES_MAX = sizeof waits_ms / sizeof *waits_ms + 1 };

struct post_office {
    struct worker *worker;
    struct mailer *mailer;
    struct postman *postman;
    struct notices *notices;
    bool is_busy;
    int64_t look_at_ms;
    struct op *take, *app, *webhook; // finished, of the letter in hand
};

struct post_office *post_office_new(struct worker *worker, struct mailer *mailer)
{
    struct post_office *office = NEW(struct post_office);

    office->worker = worker;
    office->mailer = mailer;
    office->notices = notices_new(worker);
    if (mailer)
        office->postman = postman_new(mailer, worker->mailbox, WORKER_MAIL_ERRAND);
    return office;
}

bool post_office_is_idle(const struct post_office *office)
{
    return !office->is_busy && notices_are_idle(office->notices);
}

void post_office_drain(struct post_office *office)
{
    if (office->mailer)
        mailer_stop(office->mailer);
}

void post_office_close(struct post_office *office)
{
    if (!office)
        return;
    postman_free(office->postman);
    office->postman = NULL;
}

static void forget(struct post_office *office)
{
    op_free(office->take);
    op_free(office->app);
    op_free(office->webhook);
    office->take = office->app = office->webhook = NULL;
    office->is_busy = false;
}

void post_office_free(struct post_office *office)
{
    if (!office)
        return;
    post_office_close(office);
    forget(office);
    notices_free(office->notices);
    free(office);
}

static const struct post_row *row_of(const struct post_office *office)
{
    return &office->take->as.post_take.rows[0];
}

static void ask(struct post_office *office, struct op *op)
{
    store_submit(office->worker->common->store, op);
}

static struct op *new_op(const struct post_office *office, enum op_kind kind)
{
    return op_new(kind, office->worker->number, (void *)office);
}

static void look(struct post_office *office, struct moment now)
{
    struct op *op;

    if (office->is_busy || office->worker->is_draining)
        return;
    office->is_busy = true;
    office->look_at_ms = now.mono_ms + LOOK_MS;
    op = new_op(office, OP_POST_TAKE);
    op->as.post_take.wants_mail = true;
    op->as.post_take.limit = 1;
    op->as.post_take.now_ms = now.wall_ms;
    ask(office, op);
}

void post_office_look(struct post_office *office, struct moment now)
{
    notices_look(office->notices, now);
    if (now.mono_ms >= office->look_at_ms)
        look(office, now);
}

static void tell_done(struct post_office *office, enum mail_state state, int64_t wait_ms)
{
    struct op *op = new_op(office, OP_POST_DONE);
    int64_t now_ms = loop_now(office->worker->loop).wall_ms;

    op->as.post_done.row = *row_of(office);
    op->as.post_done.row.note = NULL;
    op->as.post_done.state = state;
    op->as.post_done.now_ms = now_ms;
    op->as.post_done.due_ms = now_ms + wait_ms;
    ask(office, op);
}

// --- the letter ---

static const char *address_of(const struct post_office *office, json_t *settings)
{
    const char *own = json_string_value(json_object_get(settings, "alert_email"));

    return own ? own : office->app->as.app_card.row.alert_email;
}

static char *copy(const char *text)
{
    return memory_copy(text, strlen(text));
}

// A letter that is sent twice has the same id.
static void write_id(const struct post_office *office, const struct post_row *row,
                     char ret[64])
{
    struct id_cipher *cipher = office->worker->cipher;

    if (row->kind == POST_MAIL)
        ret[id_text(cipher, ID_DELIVERY, row->event_id, row->n, ret)] = '\0';
    else
        ret[id_text(cipher, ID_APP, loop_now(office->worker->loop).wall_ms, 0, ret)] = '\0';
}

static void send_letter(struct post_office *office, const char *to, struct buf *subject,
                        struct buf *text)
{
    struct errand *errand = NEW(struct errand);

    errand->to = copy(to);
    errand->subject = copy(subject->data);
    errand->text = copy(text->data);
    write_id(office, row_of(office), errand->id);
    postman_send(office->postman, errand);
}

static void write_alert(struct post_office *office)
{
    const struct app_row *app = &office->app->as.app_card.row;
    struct buf subject, text;

    if (!app->alert_email) {
        tell_done(office, MAIL_NO_ADDRESS, 0);
        return;
    }
    buf_init(&subject, SUBJECT_MAX);
    buf_init(&text, TEXT_MAX);
    letter_of_alert(row_of(office), app, &subject, &text);
    send_letter(office, app->alert_email, &subject, &text);
    buf_done(&subject);
    buf_done(&text);
}

static void write_failed(struct post_office *office, const struct op *found)
{
    const struct op *webhook = office->webhook;
    json_t *settings = json_loads(
        webhook->as.hook_card.row.settings ? webhook->as.hook_card.row.settings : "{}", 0,
        NULL);
    const char *to = address_of(office, settings);
    const struct failed_delivery failed = {
        .post = row_of(office),
        .profile = profile_set_find(&office->worker->common->profiles,
                                    webhook->as.hook_card.profile),
        .app = &office->app->as.app_card.row,
        .webhook = &webhook->as.hook_card.row,
        .event = found->as.get_delivery.event,
        .attempts = found->as.get_delivery.attempts,
        .attempt_count = found->as.get_delivery.attempt_count,
    };
    struct buf subject, text;

    buf_init(&subject, SUBJECT_MAX);
    buf_init(&text, TEXT_MAX);
    if (!to) {
        tell_done(office, MAIL_NO_ADDRESS, 0);
    } else if (!failed.profile) {
        tell_done(office, MAIL_FAILED, 0);
    } else {
        letter_of_failed(&failed, office->worker->cipher, &subject, &text);
        send_letter(office, to, &subject, &text);
    }
    buf_done(&subject);
    buf_done(&text);
    json_decref(settings);
}

// --- from one answer to the next question ---

static void on_take(struct post_office *office, struct op *op)
{
    struct op *next;

    if (op->result != OP_DONE || op->as.post_take.count == 0) {
        op_free(op);
        forget(office);
        return;
    }
    office->take = op;
    if (!office->mailer) {
        tell_done(office, MAIL_NO_SERVER, 0);
        return;
    }
    next = new_op(office, OP_GET_APP);
    next->as.app_card.id = row_of(office)->app_id;
    ask(office, next);
}

static void on_app(struct post_office *office, struct op *op)
{
    const struct post_row *row = row_of(office);
    struct op *next;

    office->app = op;
    if (row->kind == POST_ALERT) {
        write_alert(office);
        return;
    }
    next = new_op(office, OP_HOOK_CARD);
    next->as.hook_card.app_id = row->app_id;
    next->as.hook_card.id = row->webhook_id;
    ask(office, next);
}

static void on_webhook(struct post_office *office, struct op *op)
{
    const struct post_row *row = row_of(office);
    struct op *next = new_op(office, OP_GET_DELIVERY);

    office->webhook = op;
    next->as.get_delivery.app_id = row->app_id;
    next->as.get_delivery.event_id = row->event_id;
    next->as.get_delivery.n = row->n;
    ask(office, next);
}

// What it was about is gone: it is told to nobody. Anything else is asked once more, later.
static void on_refusal(struct post_office *office, struct op *op)
{
    bool is_gone = op->result == OP_NOT_FOUND;

    op_free(op);
    if (is_gone)
        tell_done(office, MAIL_NO_ADDRESS, 0);
    else
        forget(office);
}

static void on_op(struct post_office *office, struct op *op)
{
    if (op->kind == OP_POST_DONE) {
        bool is_done = op->result == OP_DONE;
        op_free(op);
        forget(office);
        if (is_done) // there may be more
            look(office, loop_now(office->worker->loop));
    } else if (office->worker->is_draining) {
        op_free(op);
        forget(office);
    } else if (op->kind == OP_POST_TAKE) {
        on_take(office, op);
    } else if (op->result != OP_DONE) {
        on_refusal(office, op);
    } else if (op->kind == OP_GET_APP) {
        on_app(office, op);
    } else if (op->kind == OP_HOOK_CARD) {
        on_webhook(office, op);
    } else {
        write_failed(office, op);
        op_free(op);
    }
}

bool post_office_on_op(struct post_office *office, struct op *op)
{
    if (op->asker == office->notices)
        notices_on_op(office->notices, op);
    else if (op->asker == office)
        on_op(office, op);
    else
        return false;
    return true;
}

static void on_failure(struct post_office *office, const struct errand *errand)
{
    int tries = row_of(office)->tries + 1;
    bool is_over = errand->outcome == LETTER_REFUSED || tries >= TRIES_MAX;

    log_write(LOG_WARNING, "mail.failed", "%s after %d %s: %s",
              is_over ? "given up" : "to be tried again", tries, tries == 1 ? "try" : "tries",
              errand->why);
    tell_done(office, is_over ? MAIL_FAILED : MAIL_WAITING,
              is_over ? 0 : waits_ms[tries - 1]);
}

// While the server ends, a letter that was cut off does not count as tried.
void post_office_on_errand(struct post_office *office, struct errand *errand)
{
    const struct worker *worker = office->worker;
    bool may_tell = !worker->was_cut && !worker->has_drained;

    if (errand->outcome == LETTER_TAKEN && may_tell)
        tell_done(office, MAIL_SENT, 0);
    else if (worker->is_draining)
        forget(office);
    else
        on_failure(office, errand);
    errand_free(errand);
}
