// What the tests of the hook room share: the embedded profiles, a keyring, a cipher, and
// cards made the way the server makes them.

#ifndef TESTS_HOOK_KIT_H
#define TESTS_HOOK_KIT_H

#include "base/buf.h"
#include "base/memory.h"
#include "hook/app_card.h"
#include "hook/card.h"
#include "hook/event.h"
#include "hook/id.h"
#include "hook/intake.h"
#include "hook/parcel.h"
#include "hook/profile.h"
#include "hook/profile_files.h"
#include "hook/seal.h"
#include "hook/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char kit_key[ID_KEY_LEN] = "a key of 16 byte";
static const char kit_master[] = "k1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";

static const int64_t KIT_WALL_MS = 1718466715260; // 2024-06-15T15:51:55.260Z

struct kit {
    struct profile_set profiles;
    struct keyring *keyring;
    struct id_cipher *cipher;
};

static inline void kit_init(struct kit *kit)
{
    struct error error = {0};
    memset(kit, 0, sizeof *kit);
    for (size_t i = 0; i < profile_files_count; i++) {
        struct profile *profile = NULL;
        if (profile_load(profile_files[i].name, profile_files[i].text, profile_files[i].len,
                         &profile, &error))
            fail_msg("%s: %s", error.field, error.text);
        profile_set_add(&kit->profiles, profile);
    }
    if (keyring_parse(kit_master, strlen(kit_master), &kit->keyring, &error))
        fail_msg("%s", error.text);
    kit->cipher = id_cipher_new(kit_key);
}

static inline void kit_done(struct kit *kit)
{
    profile_set_done(&kit->profiles);
    keyring_free(kit->keyring);
    id_cipher_free(kit->cipher);
}

static inline const struct profile *kit_profile(const struct kit *kit, const char *name)
{
    const struct profile *profile = profile_set_find(&kit->profiles, name);
    if (!profile)
        fail_msg("there is no profile %s", name);
    return profile;
}

// An app with one webhook, 7, that gets everything its profile lets it.
static inline struct app_card *kit_app(const struct kit *kit, const char *profile,
                                       const char *settings)
{
    struct app_row app = {.id = 3, .name = "shop", .profile = profile, .version = 5};
    struct webhook_row webhook = {.id = 7, .app_id = 3, .settings = settings};
    struct app_card *card = NULL;
    struct error error = {0};
    if (app_card_new(&kit->profiles, &app, &webhook, 1, &card, &error))
        fail_msg("%s", error.text);
    return card;
}

struct kit_secret {
    enum secret_kind kind;
    int version;
    int64_t until_ms;
    const char *text;
};

// The webhook 7 at http://127.0.0.1:8000/hook?x=1 with these secrets.
static inline struct hook_card *kit_hook(const struct kit *kit, const char *profile,
                                         const char *settings,
                                         const struct kit_secret *secrets, size_t count)
{
    static const unsigned char nonce[SEAL_NONCE_LEN] = "nonce of 12";
    struct webhook_row row = {.id = 7,
                              .app_id = 3,
                              .version = 2,
                              .url = "http://127.0.0.1:8000/hook?x=1",
                              .settings = settings};
    struct secret_row rows[8] = {{0}};
    struct buf sealed[8];
    struct hook_card *card = NULL;
    struct error error = {0};
    for (size_t i = 0; i < count; i++) {
        struct seal_place place = seal_place_of_secret((int64_t)i + 100, 3);
        buf_init(&sealed[i], 16384);
        seal(kit->keyring, &place, nonce, secrets[i].text, strlen(secrets[i].text),
             &sealed[i]);
        rows[i] = (struct secret_row){.id = (int64_t)i + 100,
                                      .webhook_id = 7,
                                      .app_id = 3,
                                      .kind = secrets[i].kind,
                                      .version = secrets[i].version,
                                      .until_ms = secrets[i].until_ms,
                                      .sealed = sealed[i].data};
    }
    if (hook_card_new(&kit->profiles, kit->keyring, "Posthorn/test", profile, &row, rows,
                      count, &card, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < count; i++)
        buf_done(&sealed[i]);
    return card;
}

// The event 1 << 22, planned as the door does.
static inline enum error_code kit_plan(const struct kit *kit, const char *profile,
                                       const char *type, enum trigger trigger,
                                       const char *payload, struct accept *ret,
                                       struct error *error)
{
    struct app_card *card = kit_app(kit, profile, NULL);
    struct event_request request = {
        .type = type, .type_len = strlen(type), .trigger = trigger, .mode = EVENT_TEST};
    if (json_check(payload, strlen(payload), &request.payload, error))
        fail_msg("%s", error->text);
    enum error_code code =
        intake_plan(card, &request, (int64_t)1 << 22, KIT_WALL_MS, kit->cipher, ret, error);
    app_card_drop(card);
    return code;
}

#endif
