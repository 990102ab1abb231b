#include "hook/intake.h"

#include "base/limits.h"
#include "base/memory.h"
#include "hook/app_card.h"
#include "hook/plan.h"
#include "hook/profile.h"
#include "hook/sense.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_SLACK = 4096 }; // what a profile puts around a payload

static enum error_code check_type(const struct app_card *card,
                                  const struct event_request *request,
                                  char ret_type[EVENT_TYPE_MAX + 1], struct error *error)
{
    if (request->type_len <= EVENT_TYPE_MAX && !memchr(request->type, 0, request->type_len)) {
        memcpy(ret_type, request->type, request->type_len);
        ret_type[request->type_len] = '\0';
        if (app_card_has_type(card, ret_type))
            return ERR_OK;
    }
    return error_at(error, ERR_UNKNOWN_EVENT_TYPE, "type",
                    "neither the profile %s nor the app has such an event type",
                    card->profile->name);
}

// The event as it will be, but for its body: what the variables of the body are asked of.
static void describe(struct event *event, const struct app_card *card,
                     const struct event_request *request, int64_t event_id, int64_t wall_ms)
{
    event->id = event_id;
    event->app_id = card->id;
    event->created_ms = wall_ms;
    event->mode = request->mode;
    event->trigger = request->trigger;
}

static struct event *build(const struct event *like, const struct plan_body *body,
                           const struct event_request *request)
{
    struct event *event = event_new(body->len);
    char *at = event->body;
    event->id = like->id;
    event->app_id = like->app_id;
    event->created_ms = like->created_ms;
    event->mode = like->mode;
    event->trigger = like->trigger;
    memcpy(event->type, like->type, sizeof event->type);
    for (size_t i = 0; i < body->count; i++) {
        if (body->slices[i].len > 0)
            memcpy(at, body->slices[i].at, body->slices[i].len);
        at += body->slices[i].len;
    }
    if (request->uid)
        event->uid = memory_copy(request->uid, request->uid_len);
    if (request->order_key)
        event->order_key = memory_copy(request->order_key, request->order_key_len);
    if (body->is_edited) {
        event->original = memory_copy(request->payload.at, request->payload.len);
        event->original_len = request->payload.len;
    } else {
        event->payload_at = body->payload_at;
        event->payload_len = request->payload.len;
    }
    return event;
}

static enum error_code plan_event(const struct app_card *card,
                                  const struct event_request *request, struct event *like,
                                  struct id_cipher *cipher, struct accept *ret,
                                  struct error *error)
{
    const struct plan *plan = card->profile->plan;
    struct plan_values values;
    struct plan_body body;
    const char *trigger = plan->triggers[request->trigger];
    uint32_t vars = plan->body.vars;
    for (size_t i = 0; i < plan->edit_count; i++)
        vars |= plan->edits[i].to.vars;
    plan_fill_event(&values, vars, like, cipher);
    plan_set(&values, VAR_TRIGGER, trigger, strlen(trigger));
    enum error_code code = plan_body(plan, &values, &request->payload, &body, error);
    if (code)
        return code;
    if (body.len > (size_t)limit(LIMIT_REQUEST_BODY) + BODY_SLACK)
        return error_at(error, ERR_TOO_LARGE, "payload", "the payload is too large");
    ret->event = build(like, &body, request);
    return ERR_OK;
}

static enum error_code check_sense(const struct app_card *card,
                                   const struct json_span *payload, struct accept *ret,
                                   struct error *error)
{
    sense_check(card->profile->plan, payload, ret);
    if (!card->is_strict || ret->warning_count == 0)
        return ERR_OK;
    return error_at(error, ERR_INVALID_FIELD, ret->warnings[0].pointer, "%s",
                    ret->warnings[0].text);
}

enum error_code intake_plan(const struct app_card *card, const struct event_request *request,
                            int64_t event_id, int64_t wall_ms, struct id_cipher *cipher,
                            struct accept *ret, struct error *error)
{
    const struct profile *profile = card->profile;
    memset(ret, 0, sizeof *ret);
    struct event *like = event_new(0);
    describe(like, card, request, event_id, wall_ms);
    enum error_code code = check_type(card, request, like->type, error);
    if (!code)
        code = sense_require(profile_type(profile, like->type), &request->payload, error);
    if (!code)
        code = plan_event(card, request, like, cipher, ret, error);
    if (!code)
        code = check_sense(card, &request->payload, ret, error);
    if (!code) {
        ret->app_version = card->version;
        ret->due_ms = request->due_ms;
        ret->webhook_ids =
            app_card_audience(card, like->type, &request->payload, &ret->target_count);
    } else {
        intake_done(ret);
    }
    event_drop(like);
    return code;
}

void intake_done(struct accept *accept)
{
    event_drop(accept->event);
    free(accept->webhook_ids);
    memset(accept, 0, sizeof *accept);
}
