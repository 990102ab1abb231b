#include "serve/letters.h"

#include "base/buf.h"
#include "base/text.h"
#include "hook/event.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "hook/pointer.h"
#include "hook/profile.h"
#include "hook/rows.h"

#include <string.h>

enum { VALUE_MAX = 256, LABEL_WIDTH = 12 };

// One line of it, whatever it is.
static void add_clean(struct buf *ret, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_step(text + at, len - at);
        unsigned char c = (unsigned char)text[at];

        if (step == 0)
            buf_add_char(ret, '?');
        else if (step == 1 && (c < ' ' || c == 0x7f))
            buf_add_char(ret, ' ');
        else
            buf_add(ret, text + at, step);
        at += step ? step : 1;
    }
}

static void add_text(struct buf *ret, const char *text)
{
    add_clean(ret, text ? text : "", text ? strlen(text) : 0);
}

static void add_label(struct buf *ret, const char *label)
{
    size_t len = strlen(label);

    add_text(ret, label);
    buf_add_char(ret, ':');
    do
        buf_add_char(ret, ' ');
    while (++len < LABEL_WIDTH);
}

static void add_line(struct buf *ret, const char *label, const char *text)
{
    add_label(ret, label);
    add_text(ret, text);
    buf_add_char(ret, '\n');
}

static void add_id(struct buf *ret, struct id_cipher *cipher, const char *label,
                   enum id_kind kind, int64_t id, uint16_t n)
{
    char text[ID_TEXT_MAX];
    size_t len = id_text(cipher, kind, id, n, text);

    add_label(ret, label);
    buf_add(ret, text, len);
    buf_add_char(ret, '\n');
}

// A text without its quotes; a number, true or false as it was written. False: there is none.
static bool read_value(const struct json_span *payload, const char *pointer,
                       char ret[VALUE_MAX], size_t *ret_len)
{
    struct json_span value;

    if (!pointer_find(payload, pointer, &value) || value.kind == JSON_NULL_VALUE ||
        value.kind == JSON_MAP || value.kind == JSON_LIST)
        return false;
    if (value.kind == JSON_TEXT)
        return json_text(&value, ret, VALUE_MAX, ret_len) && *ret_len > 0;
    *ret_len = value.len < VALUE_MAX ? value.len : VALUE_MAX;
    memcpy(ret, value.at, *ret_len);
    return true;
}

// What the profile wants shown of the payload; in the subject its first value.
static void add_payload(const struct failed_delivery *failed, struct buf *subject,
                        struct buf *text)
{
    const struct profile *profile = failed->profile;
    char value[VALUE_MAX];
    struct json_span payload;
    size_t len;
    const char *bytes = event_payload(failed->event, &len);
    bool is_first = true;

    if (json_check(bytes, len, &payload, NULL) != ERR_OK)
        return;
    for (size_t i = 0; i < profile->mail_line_count; i++) {
        if (!read_value(&payload, profile->mail_lines[i].pointer, value, &len))
            continue;
        add_label(text, profile->mail_lines[i].label);
        add_clean(text, value, len);
        buf_add_char(text, '\n');
        if (is_first) {
            buf_add_str(subject, ": ");
            add_clean(subject, value, len);
        }
        is_first = false;
    }
}

static void add_attempt(struct buf *text, const struct attempt_row *attempt)
{
    char time[TEXT_TIME_MAX];
    size_t len = text_time(time, attempt->started_ms, 3);

    buf_add_format(text, "%3d  %.*s  ", attempt->number, (int)len, time);
    if (attempt->status > 0)
        buf_add_format(text, "%d", attempt->status);
    else
        buf_add_str(text, "no answer");
    if (attempt->error > OUTCOME_NONE && attempt->error < OUTCOME_ERRORS_COUNT)
        buf_add_format(text, ": %s",
                       outcome_error_sentence((enum outcome_error)attempt->error));
    if (attempt->trigger == TRIGGER_MANUAL)
        buf_add_str(text, " (asked for by a person)");
    buf_add_format(text, ", after %lld ms\n", (long long)attempt->duration_ms);
}

void letter_of_failed(const struct failed_delivery *failed, struct id_cipher *cipher,
                      struct buf *ret_subject, struct buf *ret_text)
{
    const struct post_row *post = failed->post;

    buf_add_format(ret_subject, "Webhook not delivered after %zu attempts",
                   failed->attempt_count);
    buf_add_str(ret_text, "An event could not be delivered to the webhook of ");
    add_text(ret_text, failed->app->name);
    buf_add_str(ret_text,
                ".\nAll attempts have failed; no further one is made by itself.\n\n");
    add_payload(failed, ret_subject, ret_text);
    add_line(ret_text, "URL", failed->webhook->url);
    add_line(ret_text, "Event type", failed->event->type);
    add_id(ret_text, cipher, "Event", ID_EVENT, post->event_id, 0);
    add_id(ret_text, cipher, "Delivery", ID_DELIVERY, post->event_id, post->n);
    buf_add_str(ret_text, "\nAttempts, by when they began (UTC):\n");
    for (size_t i = 0; i < failed->attempt_count; i++)
        add_attempt(ret_text, &failed->attempts[i]);
    buf_add_str(ret_text,
                "\nOnce the endpoint is repaired, the delivery can be tried again by "
                "hand.\n");
}

static void add_count(struct buf *ret, int count, const char *one, const char *many)
{
    buf_add_format(ret, "%d %s", count, count == 1 ? one : many);
}

void letter_of_alert(const struct post_row *post, const struct app_row *app,
                     struct buf *ret_subject, struct buf *ret_text)
{
    struct buf what;

    buf_init(&what, VALUE_MAX);
    if (post->failed)
        add_count(&what, post->failed, "delivery failed", "deliveries failed");
    if (post->failed && post->disabled)
        buf_add_str(&what, ", ");
    if (post->disabled)
        add_count(&what, post->disabled, "webhook disabled", "webhooks disabled");
    buf_add(ret_subject, what.data, what.len);
    buf_add_str(ret_subject, ": ");
    add_text(ret_subject, app->name);
    buf_add_str(ret_text, "Since the last message about ");
    add_text(ret_text, app->name);
    buf_add_str(ret_text, ": ");
    buf_add(ret_text, what.data, what.len);
    buf_add_str(ret_text,
                ".\n\nA delivery has failed when no attempt is left; a webhook is "
                "disabled when its endpoint\nsays that it is gone. At most one such "
                "message is sent in 15 minutes.\n");
    buf_done(&what);
}
