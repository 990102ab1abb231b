// How the API spells what it shows: ids, times, and the objects of api/*.c handlers. Small
// things as jansson values, for management answers; the events' way writes into a buf.

#ifndef API_RENDER_H
#define API_RENDER_H

#include "base/error.h"
#include "hook/id.h"
#include "hook/rows.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_row;
struct buf;
struct door;
struct settings;

json_t *render_id(struct door *door, enum id_kind kind, int64_t id, uint16_t n);
json_t *render_time(int64_t wall_ms);  // 0: null
json_t *render_text(const char *text); // NULL: null
const char *render_mode(enum event_mode mode);

// The same, quoted, at the end of a buf.
void render_add_id(struct buf *ret, struct door *door, enum id_kind kind, int64_t id,
                   uint16_t n);
void render_add_time(struct buf *ret, int64_t wall_ms);

json_t *render_app(struct door *door, const struct app_row *row);
json_t *render_app_briefly(struct door *door, const struct app_row *row); // whose, in words
json_t *render_scopes(uint32_t scopes);
json_t *render_session(struct door *door, const struct session_row *row);
json_t *render_key(struct door *door, const struct key_row *row);
// shows_headers: false where the sealed headers were not read; the member is then left out.
// Without metadata and filter.
json_t *render_webhook(struct door *door, const struct webhook_row *row,
                       const struct settings *settings, bool shows_headers);
// Appends it with them, in the bytes that they came in; takes webhook.
void render_add_webhook(struct buf *ret, json_t *webhook, const struct settings *settings);
json_t *render_delivery(struct door *door, const struct delivery_row *row, int64_t now_ms);
// Appends what is known of an attempt, without braces. room: bytes of bodies that the answer
// may still hold.
void render_attempt(struct buf *ret, const struct attempt_row *row, const struct event *event,
                    bool is_operator, size_t *room);
// "waiting", "in_flight", "delivered", "failed" or "cancelled".
const char *render_state(const struct delivery_row *row, int64_t now_ms);
// Appends the beginning of the object: what the answer to its POST says, too.
void render_event_head(struct buf *ret, struct door *door, const struct event *event);
// Appends the object; is_whole: with its payload.
void render_event(struct buf *ret, struct door *door, const struct event_row *row,
                  bool is_whole);

#endif
