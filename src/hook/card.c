#include "hook/card.h"

#include "base/buf.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/audience.h"
#include "hook/filter.h"
#include "hook/profile.h"
#include "hook/proof.h"
#include "hook/seal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_TEXT_MAX = 1 << 19, HEAD_MAX = 4096 };

static const struct profile *find_profile(const struct profile_set *profiles,
                                          const char *name, struct error *error)
{
    const struct profile *profile = profile_set_find(profiles, name);
    if (!profile)
        (void)error_set(error, ERR_DAMAGED, "there is no profile %.40s", name);
    return profile;
}

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

// For doors.

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
    const struct profile *profile = find_profile(profiles, app->profile, error);
    if (!profile)
        return ERR_DAMAGED;
    struct app_card *card = NEW(struct app_card);
    card->refs = 1;
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

struct app_card *app_card_hold(struct app_card *card)
{
    assert(card->refs > 0);
    card->refs++;
    return card;
}

void app_card_drop(struct app_card *card)
{
    if (!card || --card->refs > 0)
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

// For lanes.

static void add_secret(struct hook_card *card, const struct secret_row *row,
                       const struct buf *text)
{
    size_t at = card->secret_count;
    while (at > 0 && card->secrets[at - 1].version < row->version)
        at--;
    struct secret_use *use = &card->secrets[at];
    memmove(use + 1, use, (card->secret_count - at) * sizeof *use);
    card->secret_count++;
    if (!secret_use_init(use, card->profile->plan, row->kind, text->data, text->len))
        card->is_usable = false;
    use->version = row->version;
    use->until_ms = row->until_ms;
}

static void wipe(struct buf *text)
{
    if (text->data)
        memory_wipe(text->data, text->len);
    buf_done(text);
}

// A secret that cannot be read is no reason to lose the webhook: its attempts fail and say
// why, and are made again once the key is back.
static void take_secrets(struct hook_card *card, const struct keyring *keyring,
                         const struct secret_row *rows, size_t count, struct buf *ret_headers)
{
    int headers_version = 0;
    for (size_t i = 0; i < count; i++) {
        struct buf text;
        struct seal_place place = seal_place_of_secret(rows[i].id, rows[i].app_id);
        buf_init(&text, SECRET_TEXT_MAX);
        if (unseal(keyring, &place, rows[i].sealed, &text, NULL) || !buf_ok(&text) ||
            text.len == 0) {
            card->is_usable = false;
        } else if (rows[i].kind != SECRET_HEADERS) {
            add_secret(card, &rows[i], &text);
        } else if (rows[i].until_ms == 0 && rows[i].version > headers_version) {
            headers_version = rows[i].version;
            if (ret_headers->data)
                memory_wipe(ret_headers->data, ret_headers->len);
            buf_clear(ret_headers);
            buf_add(ret_headers, text.data, text.len);
        }
        wipe(&text);
    }
}

static void write_head_start(struct hook_card *card)
{
    struct buf head;
    buf_init(&head, HEAD_MAX);
    buf_add_format(&head,
                   "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n"
                   "Content-Type: %s\r\n",
                   card->target.path, card->target.host_header, card->user_agent,
                   card->profile->plan->content_type);
    assert(buf_ok(&head)); // the URL's ceiling is below
    card->head_start_len = head.len;
    card->head_start = memory_copy(head.data, head.len);
    buf_done(&head);
}

static void take_row(struct hook_card *card, const struct webhook_row *row)
{
    card->id = row->id;
    card->app_id = row->app_id;
    card->version = row->version;
    card->state = row->state;
    card->url = memory_copy(row->url, strlen(row->url));
}

static void take_settings(struct hook_card *card)
{
    const struct settings *settings = &card->settings;
    card->timeout_ms =
        settings->timeout_ms > 0 ? settings->timeout_ms : card->profile->timeout_ms;
    card->per_second_max = settings->per_second_max;
    card->in_flight_max = settings->in_flight_max > 0
                              ? settings->in_flight_max
                              : (int)limit(LIMIT_IN_FLIGHT_PER_WEBHOOK);
}

enum error_code hook_card_new(const struct profile_set *profiles,
                              const struct keyring *keyring, const char *user_agent,
                              const char *profile_name, const struct webhook_row *row,
                              const struct secret_row *secrets, size_t secret_count,
                              struct hook_card **ret, struct error *error)
{
    const struct profile *profile = find_profile(profiles, profile_name, error);
    if (!profile)
        return ERR_DAMAGED;
    struct hook_card *card = NEW(struct hook_card);
    struct buf headers;
    buf_init(&headers, SECRET_TEXT_MAX);
    settings_init(&card->settings);
    card->refs = 1;
    card->profile = profile;
    card->plan = profile->plan;
    card->needs_secret = profile->secret_from != SECRET_FROM_NONE;
    card->is_usable = true;
    take_row(card, row);
    card->secrets = NEW_ARRAY(struct secret_use, secret_count + 1);
    take_secrets(card, keyring, secrets, secret_count, &headers);
    const char *agent = profile->plan->user_agent ? profile->plan->user_agent : user_agent;
    (void)snprintf(card->user_agent, sizeof card->user_agent, "%s", agent);

    enum error_code code =
        settings_from_store(&card->settings, profile, row->settings, headers.data, error);
    wipe(&headers);
    if (!code && target_parse(row->url, strlen(row->url), &card->target, NULL) != ERR_OK)
        code = error_set(error, ERR_DAMAGED, "the stored URL is not allowed");
    if (code) {
        hook_card_drop(card);
        return code;
    }
    take_settings(card);
    write_head_start(card);
    *ret = card;
    return ERR_OK;
}

struct hook_card *hook_card_hold(struct hook_card *card)
{
    assert(card->refs > 0);
    card->refs++;
    return card;
}

void hook_card_drop(struct hook_card *card)
{
    if (!card || --card->refs > 0)
        return;
    for (size_t i = 0; i < card->secret_count; i++)
        secret_use_done(&card->secrets[i]);
    free(card->secrets);
    settings_done(&card->settings);
    free(card->head_start);
    free(card->url);
    free(card);
}
