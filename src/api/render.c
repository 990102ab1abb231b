#include "api/render.h"

#include "api/door_parts.h"
#include "base/buf.h"
#include "base/text.h"
#include "hook/outcome.h"
#include "hook/scope.h"
#include "hook/settings.h"

#include <string.h>

// --- small things ---

json_t *render_id(struct door *door, enum id_kind kind, int64_t id, uint16_t n)
{
    char text[ID_TEXT_MAX];
    size_t len = id_text(door->options.cipher, kind, id, n, text);

    return json_stringn(text, len);
}

json_t *render_time(int64_t wall_ms)
{
    char text[TEXT_TIME_MAX];

    return wall_ms == 0 ? json_null() : json_stringn(text, text_time(text, wall_ms, 3));
}

json_t *render_text(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

const char *render_mode(enum event_mode mode)
{
    return mode == EVENT_TEST ? "test" : "live";
}

void render_add_id(struct buf *ret, struct door *door, enum id_kind kind, int64_t id,
                   uint16_t n)
{
    char text[ID_TEXT_MAX];
    size_t len = id_text(door->options.cipher, kind, id, n, text);

    buf_add_char(ret, '"');
    buf_add(ret, text, len);
    buf_add_char(ret, '"');
}

void render_add_time(struct buf *ret, int64_t wall_ms)
{
    char text[TEXT_TIME_MAX];
    size_t len = text_time(text, wall_ms, 3);

    buf_add_char(ret, '"');
    buf_add(ret, text, len);
    buf_add_char(ret, '"');
}

// --- objects ---

json_t *render_app(struct door *door, const struct app_row *row)
{
    return json_pack("{so so so so so sb so}", "id", render_id(door, ID_APP, row->id, 0),
                     "name", render_text(row->name), "uid", render_text(row->uid), "profile",
                     render_text(row->profile), "alert_email", render_text(row->alert_email),
                     "strict", row->is_strict, "created_at", render_time(row->created_ms));
}

json_t *render_app_briefly(struct door *door, const struct app_row *row)
{
    return json_pack("{so so so so}", "id", render_id(door, ID_APP, row->id, 0), "uid",
                     render_text(row->uid), "name", render_text(row->name), "profile",
                     render_text(row->profile));
}

json_t *render_scopes(uint32_t scopes)
{
    json_t *list = json_array();

    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t scope = UINT32_C(1) << bit;
        if ((scopes & scope) != 0 && scope_text((enum scope)scope) != NULL) {
            json_array_append_new(list, json_string(scope_text((enum scope)scope)));
        }
    }
    return list;
}

json_t *render_key(struct door *door, const struct key_row *row)
{
    return json_pack("{so so so ss so so so so si si}", "id",
                     render_id(door, ID_KEY, row->id, 0), "name", render_text(row->name),
                     "scopes", render_scopes(row->scopes), "mode", render_mode(row->mode),
                     "hint", render_text(row->hint), "created_at",
                     render_time(row->created_ms), "expires_at", render_time(row->expires_ms),
                     "last_used_at", render_time(row->last_used_ms), "rate_per_s",
                     row->rate_per_s, "burst", row->burst);
}

json_t *render_session(struct door *door, const struct session_row *row)
{
    return json_pack("{so so so so so so}", "id", render_id(door, ID_SESSION, row->id, 0),
                     "scopes", render_scopes(row->scopes), "address",
                     render_text(row->address), "created_at", render_time(row->created_ms),
                     "last_seen_at", render_time(row->seen_ms), "expires_at",
                     render_time(row->ends_ms));
}

json_t *render_webhook(struct door *door, const struct webhook_row *row,
                       const struct settings *settings, bool shows_headers)
{
    json_t *set = settings_to_api(settings);
    json_t *webhook =
        json_pack("{so so so sb so ss}", "id", render_id(door, ID_WEBHOOK, row->id, 0),
                  "name", render_text(row->name), "url", render_text(row->url), "enabled",
                  row->state == WEBHOOK_ENABLED, "disabled_reason", render_text(row->reason),
                  "mode", render_mode(row->mode));

    if (!shows_headers) {
        json_object_del(set, "headers");
    }
    json_object_update(webhook, set);
    json_decref(set);
    json_object_set_new(webhook, "failing_since", render_time(row->failing_since_ms));
    json_object_set_new(webhook, "created_at", render_time(row->created_ms));
    json_object_set_new(webhook, "updated_at", render_time(row->updated_ms));
    return webhook;
}

static void add_text(struct buf *ret, const char *name, const char *json)
{
    buf_add_format(ret, ",\"%s\":", name);
    buf_add_str(ret, json != NULL ? json : "null");
}

void render_add_webhook(struct buf *ret, json_t *webhook, const struct settings *settings)
{
    json_write(ret, webhook);
    if (buf_ok(ret)) {
        ret->len--; // the brace
    }
    add_text(ret, "metadata", settings->metadata);
    add_text(ret, "filter", settings->filter);
    buf_add_char(ret, '}');
}

// An attempt that is in flight is not a state of the store: it is open and due.
const char *render_state(const struct delivery_row *row, int64_t now_ms)
{
    switch (row->state) {
    case DELIVERY_DELIVERED: return "delivered";
    case DELIVERY_FAILED: return "failed";
    case DELIVERY_CANCELLED: return "cancelled";
    case DELIVERY_HELD: return "waiting";
    default: return row->is_retrying || row->due_ms <= now_ms ? "in_flight" : "waiting";
    }
}

static json_t *render_last_error(int number)
{
    if (number <= OUTCOME_NONE || number >= OUTCOME_ERRORS_COUNT) {
        return json_null();
    }
    enum outcome_error error = (enum outcome_error)number;
    return json_pack("{ss ss}", "code", outcome_error_slug(error), "message",
                     outcome_error_sentence(error));
}

json_t *render_delivery(struct door *door, const struct delivery_row *row, int64_t now_ms)
{
    static const char *const mails[] = {
        [MAIL_NONE] = NULL,
        [MAIL_WAITING] = "waiting",
        [MAIL_SENT] = "sent",
        [MAIL_NO_ADDRESS] = "not_sent: no address",
        [MAIL_NO_SERVER] = "not_sent: no mail server",
        [MAIL_FAILED] = "failed",
    };
    bool is_open = delivery_is_open(row->state);

    return json_pack(
        "{so so so so ss si so so so so so so so}", "id",
        render_id(door, ID_DELIVERY, row->event_id, row->n), "event",
        render_id(door, ID_EVENT, row->event_id, 0), "webhook",
        render_id(door, ID_WEBHOOK, row->webhook_id, 0), "type", render_text(row->type),
        "state", render_state(row, now_ms), "attempts", (int)row->number, "next_attempt_at",
        is_open ? render_time(row->due_ms) : json_null(), "last_status",
        row->last_status > 0 ? json_integer(row->last_status) : json_null(), "last_error",
        render_last_error(row->last_error), "created_at", render_time(row->created_ms),
        "ended_at", is_open ? json_null() : render_time(row->ended_ms), "mail",
        render_text(row->mail <= MAIL_FAILED ? mails[row->mail] : NULL), "sequence",
        row->sequence > 0 ? json_integer(row->sequence) : json_null());
}

void render_event_head(struct buf *ret, struct door *door, const struct event *event)
{
    buf_add_str(ret, "{\"id\":");
    render_add_id(ret, door, ID_EVENT, event->id, 0);
    if (event->uid != NULL) {
        buf_add_str(ret, ",\"uid\":");
        buf_add_json(ret, event->uid, strlen(event->uid));
    }
    buf_add_str(ret, ",\"type\":");
    buf_add_json(ret, event->type, strlen(event->type));
    buf_add_format(ret, ",\"mode\":\"%s\"", render_mode(event->mode));
    if (event->order_key != NULL) {
        buf_add_str(ret, ",\"order_key\":");
        buf_add_json(ret, event->order_key, strlen(event->order_key));
    }
    buf_add_str(ret, ",\"created_at\":");
    render_add_time(ret, event->created_ms);
}

void render_event(struct buf *ret, struct door *door, const struct event_row *row,
                  bool is_whole)
{
    const struct event *event = row->event;

    render_event_head(ret, door, event);
    buf_add_str(ret, event->trigger == TRIGGER_TEST ? ",\"test\":true" : ",\"test\":false");
    buf_add_str(ret, ",\"deliveries_total\":");
    buf_add_int(ret, row->fan);
    if (is_whole) {
        size_t len;
        const char *payload = event_payload(event, &len);
        buf_add_str(ret, ",\"payload\":");
        buf_add(ret, payload, len);
    }
    buf_add_char(ret, '}');
}
