#include "hook/app_card.h"

#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/audience.h"
#include "hook/filter.h"
#include "hook/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static char **copy_texts(char *const *texts)
{
    size_t count = 0;
    while (texts[count])
        count++;
    char **copy = NEW_ARRAY(char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_copy(texts[i], strlen(texts[i]));
    return copy;
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

static enum error_code take_filter(struct app_card_webhook *webhook, const char *text,
                                   struct error *error)
{
    struct json_span list;
    if (!text)
        return ERR_OK;
    if (json_check(text, strlen(text), &list, NULL) ||
        filter_new(&list, &webhook->filter, NULL))
        return error_set(error, ERR_DAMAGED, "a stored filter is not allowed");
    return ERR_OK;
}

static enum error_code add_webhook(struct app_card *card, const struct webhook_row *row,
                                   struct error *error)
{
    struct settings settings;
    assert(row->state != WEBHOOK_DELETED);
    enum error_code code =
        settings_from_store(&settings, card->profile, row->settings, NULL, error);
    if (code)
        return code;
    struct app_card_webhook *webhook = &card->webhooks[card->webhook_count++];
    char **events = settings.events ? settings.events : card->profile->default_events;
    webhook->id = row->id;
    webhook->is_enabled = row->state == WEBHOOK_ENABLED;
    webhook->events = events ? copy_texts(events) : NULL;
    // One type each, and none was stored: it gets nothing.
    if (card->profile->events == EVENTS_ONE && !events)
        webhook->events = NEW_ARRAY(char *, 1);
    code = take_filter(webhook, settings.filter, error);
    settings_done(&settings);
    return code;
}

// The names of what stands in the row; what they mean, only lists of types ask.
static enum error_code take_own_types(struct app_card *card, const char *types,
                                      struct error *error)
{
    struct json_span map = {.kind = JSON_NONE};
    struct json_walk walk;
    struct json_member member;
    size_t count = 0, most = (size_t)limit(LIMIT_OWN_TYPES), len;
    card->own_types = NEW_ARRAY(char *, most + 1);
    if (!types)
        return ERR_OK;
    if (json_check(types, strlen(types), &map, NULL) || map.kind != JSON_MAP)
        return error_set(error, ERR_DAMAGED, "the app's event types are not a JSON object");
    json_walk_init(&walk, &map);
    while (count < most && json_next_member(&walk, &member)) {
        char name[EVENT_TYPE_MAX + 1];
        if (json_text(&member.name, name, sizeof name, &len))
            card->own_types[count++] = memory_copy(name, len);
    }
    return ERR_OK;
}

bool app_card_has_type(const struct app_card *card, const char *type)
{
    if (profile_has_type(card->profile, type))
        return true;
    for (char **own = card->own_types; *own; own++)
        if (strcmp(*own, type) == 0)
            return true;
    return false;
}

enum error_code app_card_new(const struct profile_set *profiles, const struct app_row *app,
                             const struct webhook_row *webhooks, size_t count,
                             struct app_card **ret, struct error *error)
{
    const struct profile *profile = profile_set_find(profiles, app->profile);
    if (!profile)
        return error_set(error, ERR_DAMAGED,
                         "there is no profile %.40s; start the server with the --profiles "
                         "folder that has it",
                         app->profile);
    struct app_card *card = NEW(struct app_card);
    card->id = app->id;
    card->version = app->version;
    card->name = memory_copy(app->name ? app->name : "", app->name ? strlen(app->name) : 0);
    card->profile = profile;
    card->is_strict = app->is_strict;
    card->webhooks = NEW_ARRAY(struct app_card_webhook, count + 1);
    enum error_code code = take_own_types(card, app->types, error);
    for (size_t i = 0; !code && i < count; i++)
        code = add_webhook(card, &webhooks[i], error);
    if (code) {
        app_card_drop(card);
        return code;
    }
    card->audience = audience_new(card->webhooks, card->webhook_count);
    *ret = card;
    return ERR_OK;
}

void app_card_drop(struct app_card *card)
{
    if (!card)
        return;
    audience_free(card->audience);
    for (size_t i = 0; i < card->webhook_count; i++) {
        free_texts(card->webhooks[i].events);
        filter_free(card->webhooks[i].filter);
    }
    free_texts(card->own_types);
    free(card->webhooks);
    free(card->name);
    free(card);
}

int64_t *app_card_audience(const struct app_card *card, const char *type,
                           const struct json_span *payload, size_t *ret_count)
{
    return audience_of(card->audience, type, payload, ret_count);
}
