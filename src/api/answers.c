#include "api/dispatch.h"

#include "api/auditing.h"
#include "api/door_parts.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/style.h"
#include "base/log.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEPT_BODY_MAX = 1024 * 1024 }; // a rare large answer's memory goes after it

void response_header(struct response *response, const char *name, const char *format, ...)
{
    assert(response->header_count < RESPONSE_HEADERS_MAX);
    char *text = response->texts[response->header_count];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof response->texts[0], format, args);
    va_end(args);
    response->headers[response->header_count++] = (struct reply_header){name, text};
}

static int write_piece(const char *piece, size_t len, void *buf)
{
    buf_add(buf, piece, len);
    return 0;
}

// Fifteen digits give each number back as it was written: 0.1, not 0.10000000000000001.
void json_write(struct buf *ret, json_t *json)
{
    assert(json != NULL);
    int done = json_dump_callback(json, write_piece, ret,
                                  JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    assert(done == 0);
    json_decref(json);
}

void response_json(struct response *response, int status, json_t *json)
{
    response->status = status;
    json_write(&response->body, json);
}

static struct response *begin(struct request *request)
{
    struct response *response = &request->door->response;

    response->status = 200;
    response->type = "application/json";
    response->header_count = 0;
    if (response->body.cap > KEPT_BODY_MAX) {
        buf_done(&response->body);
    }
    buf_clear(&response->body);
    return response;
}

// Seconds until a request that was refused for its rate is worth another try.
static int64_t wait_of(const struct request *request)
{
    int64_t left_ms = request->window.until_ms - door_now(request->door).wall_ms;

    if (request->retry_s != 0) {
        return request->retry_s;
    }
    if (!request->window.is_over) {
        return request->allowance.wait_s;
    }
    return left_ms > 0 ? (left_ms + 999) / 1000 : 1;
}

// What a client needs beside the document to do better next time.
static void add_advice(struct request *request, const struct error *error,
                       struct response *response)
{
    char allowed[80];

    switch (error->code) {
    case ERR_UNAUTHENTICATED:
        if (request->style->challenge != NULL) {
            response_header(response, "WWW-Authenticate", "%s", request->style->challenge);
        }
        break;
    case ERR_METHOD_NOT_ALLOWED:
        route_allow(request->path, allowed, sizeof allowed);
        response_header(response, "Allow", "%s", allowed);
        break;
    case ERR_RATE_LIMITED:
        response_header(response, "Retry-After", "%lld", (long long)wait_of(request));
        break;
    case ERR_OVERLOADED:
    case ERR_UNAVAILABLE:
    case ERR_DISK_FULL: response_header(response, "Retry-After", "1"); break;
    default: break;
    }
}

void response_fail(struct request *request, struct response *response,
                   const struct error *error)
{
    char instance[PROBLEM_INSTANCE_MAX];

    snprintf(instance, sizeof instance, "req_%016llx",
             (unsigned long long)request->door->instance++);
    response->status = request->style->status_of(error->code);
    response->type = request->style->error_type;
    response->header_count = 0;
    buf_clear(&response->body);
    request->style->write_error(error, response->status, wait_of(request), instance,
                                &response->body);
    add_advice(request, error, response);
    if (response->status == 500) { // ours to repair
        log_write(LOG_ERROR, "request.failed", "%s: %s", instance, error->text);
    }
}

// The same for a door that counts by the hour. Who has shown no key and may not fail more is
// told of that limit: by the minute, and of the address.
static void add_window(const struct request *request, struct response *response)
{
    struct window window = request->window;

    if (!window.is_known && response->status == 429) {
        window.count_max = (int)request->allowance.burst;
        window.until_ms =
            door_now(request->door).wall_ms + request->allowance.wait_s * INT64_C(1000);
    } else if (!window.is_known) {
        return;
    }
    response_header(response, "X-RateLimit-Limit", "%d", window.count_max);
    response_header(response, "X-RateLimit-Remaining", "%d", window.left);
    response_header(response, "X-RateLimit-Reset", "%lld",
                    (long long)((window.until_ms + 999) / 1000));
}

// One more member of a list: a name and two numbers of it.
static void add_item(char list[80], const char *name, char first, int64_t count, char second,
                     int64_t seconds)
{
    size_t len = strlen(list);

    snprintf(list + len, 80 - len, "%s\"%s\";%c=%lld;%c=%lld", len > 0 ? ", " : "", name,
             first, (long long)count, second, (long long)seconds);
}

// By what the request was counted.
static const char *policy_of(const struct request *request)
{
    if (request->key_id == 0) {
        return "address";
    }
    return request_asker(request);
}

// What is left of the limits that the request was counted against (draft-ietf-httpapi-
// ratelimit-headers-10): q requests in w seconds; r are left, and in t seconds there is one
// more (where none is left), or all of them.
static void add_allowance(const struct request *request, struct response *response)
{
    const struct {
        const char *name;
        const struct taken *taken;
    } limits[] = {{policy_of(request), &request->allowance},
                  {request->tests_of, &request->tests}};
    char policies[80] = "", lefts[80] = "";

    if (request->style->is_windowed) {
        add_window(request, response);
        return;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct taken *taken = limits[i].taken;
        if (taken->burst != 0) {
            add_item(policies, limits[i].name, 'q', taken->burst, 'w', taken->window_s);
            add_item(lefts, limits[i].name, 'r', taken->left, 't', taken->wait_s);
        }
    }
    if (policies[0] != '\0') {
        response_header(response, "RateLimit-Policy", "%s", policies);
        response_header(response, "RateLimit", "%s", lefts);
    }
}

static void send_and_release(struct request *request, struct response *response)
{
    if (!buf_ok(&response->body)) {
        struct error error = {0};
        error_set(&error, ERR_BROKEN, "the answer is too large");
        response_fail(request, response, &error);
    }
    add_allowance(request, response);
    server_reply(request->door->server, request->handle, response->status, response->type,
                 response->headers, response->header_count, response->body.data,
                 response->body.len);
    if (request->answer.len > 0) { // what was prepared may hold a secret
        memory_wipe(response->body.data, response->body.len);
    }
    request_release(request);
}

void answer_with(struct request *request, struct op *op)
{
    struct response *response = begin(request);

    if (request->route->answer != NULL) {
        request->route->answer(request, op, response);
    } else {
        response->status = request->status;
        buf_add(&response->body, request->answer.data, request->answer.len);
    }
    op_free(op);
    send_and_release(request, response);
}

void answer_kept(struct request *request, int status, const char *body, size_t len)
{
    struct response *response = begin(request);

    response->status = status;
    buf_add(&response->body, body, len);
    response_header(response, "Idempotency-Replayed", "true");
    send_and_release(request, response);
}

void answer_error(struct request *request, const struct error *error)
{
    struct response *response = begin(request);

    audit_refusal(request, error);
    response_fail(request, response, error);
    send_and_release(request, response);
}

const char answer_no_such[] = "there is no such thing, or it is not the caller's";

// Results that need no more words than these.
static const struct {
    enum op_result result;
    enum error_code code;
    const char *text;
} refusals[] = {
    {OP_OTHER_BODY, ERR_IDEMPOTENCY_MISMATCH,
     "this Idempotency-Key or id was used before, "
     "with another body"},
    {OP_STALE, ERR_OVERLOADED, "the app's webhooks change too often just now"},
    {OP_NOT_FOUND, ERR_NOT_FOUND, answer_no_such},
    {OP_FULL, ERR_DISK_FULL, "the disk is full; nothing was changed"},
    {OP_FAILED, ERR_UNAVAILABLE, "the store is stopping"},
    {OP_TOO_SLOW, ERR_OVERLOADED, "reading this took too long"},
    {OP_BUSY, ERR_CONFLICT, "an attempt of this delivery is due or in flight"},
    {OP_SPENT, ERR_CONFLICT,
     "this delivery has had 65535 attempts, as many as are counted; send the event anew"},
    {OP_LAST, ERR_CONFLICT, "the operator's last key in force cannot be deleted"},
    {OP_REPLAY, ERR_EXPIRED, "the first answer to this Idempotency-Key is no longer kept"},
};

static void explain_conflict(const struct op *op, struct error *error)
{
    switch (op->kind) {
    case OP_APP: error_at(error, ERR_CONFLICT, "uid", "another app has this uid"); break;
    case OP_WEBHOOK:
        error_at(error, ERR_CONFLICT, "events", "the type %.80s already has a webhook",
                 op->as.webhook.conflict != NULL ? op->as.webhook.conflict : "");
        break;
    case OP_JOB:
        error_set(error, ERR_CONFLICT, "a job of this webhook is running already");
        break;
    case OP_BACKUP: error_set(error, ERR_CONFLICT, "a backup is being made already"); break;
    default: error_set(error, ERR_CONFLICT, "it exists already");
    }
}

static void explain_limit(const struct op *op, struct error *error)
{
    const char *what = "webhooks";
    int most = op->as.webhook.count_max;

    if (op->kind == OP_KEY) {
        what = "keys";
        most = op->as.key.count_max;
    } else if (op->kind == OP_JOB) {
        what = "running jobs";
        most = op->as.job.running_max;
    } else if (op->kind == OP_LINK) {
        what = "unused portal links";
        most = op->as.link.count_max;
    } else if (op->kind == OP_SESSION) {
        what = "sessions";
        most = op->as.session.count_max;
    }
    error_set(error, ERR_QUOTA_EXCEEDED, "this app has as many %s as are allowed: %d", what,
              most);
}

static const char *why_gone(const struct op *op)
{
    if (op->kind == OP_CANCEL) {
        return "the delivery has ended";
    }
    if (op->kind == OP_JOB) {
        return op->as.job.verb == VERB_CREATE ? "the webhook is disabled"
                                              : "the job has ended";
    }
    if (op->kind == OP_RETRY) {
        return "its webhook is disabled or deleted: enable it before";
    }
    return "what this belongs to is gone";
}

static void explain(const struct op *op, struct error *error)
{
    switch (op->result) {
    case OP_CONFLICT: explain_conflict(op, error); return;
    case OP_LIMIT: explain_limit(op, error); return;
    case OP_GONE: error_set(error, ERR_CONFLICT, "%s", why_gone(op)); return;
    default: break;
    }
    if (op->kind == OP_BACKUP && op->result == OP_FULL && op->as.backup.why != NULL) {
        error_set(error, ERR_DISK_FULL, "%s", op->as.backup.why);
        return;
    }
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (refusals[i].result == op->result) {
            error_set(error, refusals[i].code, "%s", refusals[i].text);
            return;
        }
    }
    error_set(error, ERR_BROKEN, "the store gave an answer that was not expected");
}

void answer_result(struct request *request, const struct op *op)
{
    struct error error = {.code = ERR_BROKEN};
    bool is_login = op->kind == OP_SESSION && op->as.session.verb == VERB_CREATE;

    if (is_login && op->result == OP_NOT_FOUND) {
        error.code = who_refuse(request, &error); // no link of ours, or no longer
    } else {
        explain(op, &error);
    }
    answer_error(request, &error);
}
