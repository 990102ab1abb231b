#include "hook/card.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/profile.h"
#include "hook/proof.h"
#include "hook/seal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_TEXT_MAX = 1 << 19, HEAD_MAX = 4096 };

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
    const struct profile *profile = profile_set_find(profiles, profile_name);
    if (!profile)
        return error_set(error, ERR_DAMAGED,
                         "there is no profile %.40s; start the server with the --profiles "
                         "folder that has it",
                         profile_name);
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
