// What a door knows of an app, ready to use: which webhooks an event of it goes to. A card is
// immutable, belongs to one thread and has one owner there. A changed row makes a new card.

#ifndef HOOK_APP_CARD_H
#define HOOK_APP_CARD_H

#include "base/error.h"
#include "hook/rows.h"
#include "hook/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audience; // who gets an event: hook/audience.h
struct filter;
struct json_span;
struct profile;
struct profile_set;

struct app_card {
    int64_t id;
    int version;
    char *name;
    const struct profile *profile;
    struct app_card_webhook {
        int64_t id;
        bool is_enabled;
        char **events;         // NULL: all
        struct filter *filter; // or NULL
    } * webhooks;
    size_t webhook_count;
    struct audience *audience;
    bool is_strict;   // checks of sense refuse, rather than warn
    char **own_types; // beside the profile's; NULL-terminated
};

// Deleted webhooks must not be among the rows. Errors: ERR_DAMAGED (unknown profile, bad
// settings).
enum error_code app_card_new(const struct profile_set *profiles, const struct app_row *app,
                             const struct webhook_row *webhooks, size_t count,
                             struct app_card **ret, struct error *error) MUST_CHECK;
void app_card_drop(struct app_card *card); // frees it; does nothing to NULL
// May the app have events of that type: its profile's or its own?
bool app_card_has_type(const struct app_card *card, const char *type);
// The ids of the webhooks that get an event of that type and payload, in their order; the
// caller's to free().
int64_t *app_card_audience(const struct app_card *card, const char *type,
                           const struct json_span *payload, size_t *ret_count);

#endif
