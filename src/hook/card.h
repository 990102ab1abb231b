// What a lane knows of its webhook, ready to use: how an attempt to it is made. A card is
// immutable, belongs to one thread and is counted within it (not atomically). A changed row
// makes a new card.

#ifndef HOOK_CARD_H
#define HOOK_CARD_H

#include "base/error.h"
#include "hook/rows.h"
#include "hook/settings.h"
#include "hook/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyring;
struct plan;
struct profile;
struct profile_set;
struct secret_use; // one secret, unsealed, with its keyed contexts: hook/proof.h

struct hook_card {
    int refs;
    int64_t id;
    int64_t app_id;
    int version;
    enum webhook_state state;
    const struct profile *profile;
    const struct plan *plan; // the profile's
    bool needs_secret;       // nothing is sent without one that signs
    struct target target;
    char *url;
    struct settings settings;
    int64_t timeout_ms; // the webhook's own, or the profile's
    int in_flight_max;
    int per_second_max; // 0: as many as come
    char *head_start; // request line, Host, User-Agent, … up to the profile's first header
    size_t head_start_len;
    struct secret_use *secrets; // in force or in overlap, newest first
    size_t secret_count;
    bool is_usable; // false: a secret could not be read; attempts fail with KEY_UNAVAILABLE
    char user_agent[64];
};

// user_agent: "Posthorn/0.1.0", unless the profile sets its own. Errors: ERR_DAMAGED.
enum error_code hook_card_new(const struct profile_set *profiles,
                              const struct keyring *keyring, const char *user_agent,
                              const char *profile_name, const struct webhook_row *row,
                              const struct secret_row *secrets, size_t secret_count,
                              struct hook_card **ret, struct error *error) MUST_CHECK;
struct hook_card *hook_card_hold(struct hook_card *card);
void hook_card_drop(struct hook_card *card); // does nothing to NULL; wipes secrets

#endif
