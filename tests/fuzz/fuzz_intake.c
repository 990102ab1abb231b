// Payloads: under every profile, the body that goes out is JSON, and the payload is kept as
// it came. The first byte chooses the profile.

#include "hook/intake.h"

#include "hook/app_card.h"
#include "hook/id.h"
#include "hook/profile.h"
#include "hook/profile_files.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct profile_set profiles;
static struct id_cipher *cipher;

static void start(void)
{
    static const unsigned char key[ID_KEY_LEN] = "a key of 16 byte";
    cipher = id_cipher_new(key);
    for (size_t i = 0; i < profile_files_count; i++) {
        struct profile *profile = NULL;
        assert(profile_load("file", profile_files[i].text, profile_files[i].len, &profile,
                            NULL) == ERR_OK);
        profile_set_add(&profiles, profile);
    }
}

static void check(const struct profile *profile, const struct json_span *payload)
{
    struct app_row app = {.id = 1, .profile = profile->name};
    struct app_card *card = NULL;
    struct accept accept;
    const char *type = profile->type_count > 0 ? profile->types[0].name : "x";
    struct event_request request = {
        .type = type, .type_len = strlen(type), .payload = *payload};
    assert(app_card_new(&profiles, &app, NULL, 0, &card, NULL) == ERR_OK);
    if (intake_plan(card, &request, 1, 0, cipher, &accept, NULL) == ERR_OK) {
        struct json_span body;
        size_t kept_len = 0;
        const char *kept = event_payload(accept.event, &kept_len);
        assert(kept_len == payload->len && memcmp(kept, payload->at, kept_len) == 0);
        // An envelope is one level more than the payload.
        enum error_code code =
            json_check(accept.event->body, accept.event->body_len, &body, NULL);
        assert(code == ERR_OK || code == ERR_JSON_TOO_DEEP);
    }
    intake_done(&accept);
    app_card_drop(card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct json_span payload;
    if (!cipher)
        start();
    if (len < 1 || json_check((const char *)data + 1, len - 1, &payload, NULL) != ERR_OK)
        return 0;
    check(profiles.profiles[data[0] % profiles.count], &payload);
    return 0;
}
