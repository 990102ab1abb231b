// Which of an app's webhooks an event goes to: an index by type, made once per card, and the
// webhooks' filters. An app may have thousands of webhooks of which an event concerns three;
// only those are looked at. The order is that of the app's webhooks.

#ifndef HOOK_AUDIENCE_H
#define HOOK_AUDIENCE_H

#include <stddef.h>
#include <stdint.h>

struct app_card_webhook;
struct audience;
struct json_span;

// Borrows the webhooks, which must stay as they are; their filters are bound to its paths.
struct audience *audience_new(struct app_card_webhook *webhooks, size_t count);
void audience_free(struct audience *audience); // does nothing to NULL

// The ids of the webhooks that get the event; the caller's to free().
int64_t *audience_of(const struct audience *audience, const char *type,
                     const struct json_span *payload, size_t *ret_count);

#endif
