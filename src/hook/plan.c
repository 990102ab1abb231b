#include "hook/plan.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/event.h"
#include "hook/id.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MSG_WIDTH = 27 }; // of event.msg behind its prefix

struct plan *plan_new(void)
{
    struct plan *plan = NEW(struct plan);
    arena_init(&plan->arena);
    plan->content_type = "application/json";
    for (int i = 0; i < TRIGGERS; i++)
        plan->triggers[i] = trigger_name((enum trigger)i);
    return plan;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    arena_done(&plan->arena);
    free(plan);
}

void plan_set(struct plan_values *values, enum plan_var var, const char *at, size_t len)
{
    values->of[var] = (struct slice){at, len};
}

void plan_number(struct plan_values *values, enum plan_var var, int64_t number)
{
    int len = snprintf(values->own[var], sizeof values->own[var], "%lld", (long long)number);
    assert(len > 0 && (size_t)len < sizeof values->own[var]);
    plan_set(values, var, values->own[var], (size_t)len);
}

// The microseconds of an event: its place among those of its millisecond, so that they rise
// with the ids and are the same whenever they are asked for.
static size_t write_micros(char *ret, const struct event *event)
{
    enum { COUNTER = 0xfff, FRACTION_AT = 23, LAST = 999 };
    size_t len = text_time(ret, event->created_ms, 6);
    int micros = (int)(event->id & COUNTER);
    if (len >= FRACTION_AT + 4)
        (void)snprintf(ret + FRACTION_AT, TEXT_TIME_MAX - FRACTION_AT, "%03dZ",
                       micros > LAST ? LAST : micros);
    return len;
}

void plan_fill_event(struct plan_values *values, uint32_t vars, const struct event *event,
                     struct id_cipher *cipher)
{
    char *own = NULL;
    if (vars & 1u << VAR_EVENT_ID) {
        own = values->own[VAR_EVENT_ID];
        plan_set(values, VAR_EVENT_ID, own, id_text(cipher, ID_EVENT, event->id, 0, own));
    }
    if (vars & 1u << VAR_EVENT_MSG) {
        own = values->own[VAR_EVENT_MSG];
        plan_set(values, VAR_EVENT_MSG, own,
                 id_text_padded(cipher, ID_EVENT, event->id, "msg_", MSG_WIDTH, own));
    }
    if (vars & 1u << VAR_CREATED_MS) {
        own = values->own[VAR_CREATED_MS];
        plan_set(values, VAR_CREATED_MS, own, text_time(own, event->created_ms, 3));
    }
    if (vars & 1u << VAR_CREATED_US) {
        own = values->own[VAR_CREATED_US];
        plan_set(values, VAR_CREATED_US, own, write_micros(own, event));
    }
    if (vars & 1u << VAR_CREATED_UNIX)
        plan_number(values, VAR_CREATED_UNIX, event->created_ms / 1000);
    plan_set(values, VAR_EVENT_TYPE, event->type, strlen(event->type));
    plan_set(values, VAR_EVENT_MODE, event->mode == EVENT_TEST ? "test" : "live", 4);
}

void plan_fill_attempt(struct plan_values *values, uint32_t vars, int64_t wall_ms, int number)
{
    plan_number(values, VAR_ATTEMPT_UNIX, wall_ms / 1000);
    plan_number(values, VAR_ATTEMPT_NUMBER, number);
    if (vars & 1u << VAR_ATTEMPT_ISO) {
        char *own = values->own[VAR_ATTEMPT_ISO];
        plan_set(values, VAR_ATTEMPT_ISO, own, text_time(own, wall_ms, 3));
    }
}

void plan_write(const struct plan_text *text, const struct plan_values *values,
                struct buf *ret)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct piece *piece = &text->pieces[i];
        assert(piece->kind == PIECE_BYTES || piece->kind == PIECE_VAR);
        const struct slice *slice =
            piece->kind == PIECE_BYTES ? &piece->bytes : &values->of[piece->var];
        buf_add(ret, slice->at, slice->len);
    }
}
